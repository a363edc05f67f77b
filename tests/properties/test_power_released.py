"""What the monitor and the summary say of whatever consultation: nothing below a row's size, nothing unrounded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analysis import power_agenda_page, power_page, power_pictures, power_rows
from app.analysis.indicators import released_indicators
from app.analysis.participation_page import _crossed, _table
from app.analysis.power_figures import figures_of
from app.analysis.power_released import Figures, Picture
from app.analysis.power_rows import Read
from app.language import use_locale
from deliberation.disclosure import Attribution
from deliberation.power import Participation, Status

LABELS = ("ngos", "women", "business", None)


@st.composite
def consultations(draw: st.DrawFn) -> Read:
    """A consultation of 5 to 120 people, with proposals, co-sponsors and two slates, as the rows of one look."""
    n = draw(st.integers(5, 120))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_proposals = draw(st.integers(0, 60))
    people = Participation(
        attributes={
            "constituency": rng.choice(np.array(LABELS, object), n).tolist(),
            "region": rng.choice(np.array(["african", "grulac", None], object), n).tolist(),
            "language": rng.choice(["ar", "en"], n, p=[0.2, 0.8]).tolist(),
            "gender": [None] * n,
        },
        organisations=[f"{name:08d}" for name in rng.integers(0, max(n // 5, 1), n)],
        n_votes=rng.poisson(draw(st.sampled_from([0.3, 20.0])), n).tolist(),
        authors=rng.integers(-1, n, n_proposals).tolist(),
        statuses=rng.choice(np.array(list(Status), object), n_proposals).tolist(),
        co_sponsors=[rng.integers(0, n, rng.integers(0, 3)).tolist() for _ in range(n_proposals)],
        in_slate=(rng.random(n_proposals) < 0.2).tolist(),
        proposal_languages=rng.choice(["ar", "en"], n_proposals).tolist(),
        targets={"constituency": {"ngos": 0.4, "women": 0.4, "business": 0.1}},
    )
    curated = replace(people, in_slate=(rng.random(n_proposals) < 0.2).tolist())
    sizes = sum(people.in_slate), sum(curated.in_slate)
    hours = tuple(float(one) for one in rng.exponential(20, n_proposals))
    return Read(people, curated, tuple(range(n)), hours, *sizes, "draft", (), (), (), frozenset())


def pictures(read: Read, mode: Attribution) -> tuple[Figures, list[Picture]]:
    figures = Figures(figures_of(read, mode, {}, seed=1), mode)
    standings = power_page._standings(figures, "constituency")
    found = [
        power_pictures.spread_picture(figures),
        power_pictures.network_picture(figures),
        power_page._gap_picture(figures, "constituency", standings),
        power_agenda_page._additions(figures),
        _table(figures, "constituency", {}),
    ]
    for attribute in ("language", "constituency"):
        rows = power_pictures.moderation(figures, attribute)
        found.append(Picture("", (), tuple((row.n, row.declined, row.wait) for row in rows)))
    crossed = _crossed(figures)
    return figures, [*found, *([crossed] if crossed else [])]


def shares_in(picture: Picture, *, without: set[str]) -> Iterator[int]:
    for text in (picture.sentence, *(cell for row in picture.rows for cell in row)):
        for found in re.findall(r"(\d+(?:\.\d+)?)%", text):
            if found not in without:
                yield int(found)


@settings(max_examples=40, deadline=None)
@given(consultations())
def test_under_the_chatham_house_rule_every_share_is_in_steps_and_no_small_room_has_figures(read: Read) -> None:
    with use_locale("en"):
        figures, found = pictures(read, Attribution.CHATHAM_HOUSE)
        for picture in found:
            assert all(share % 5 == 0 for share in shares_in(picture, without=set())), picture
        indicators = released_indicators(figures.data, Attribution.CHATHAM_HOUSE)
    if figures.n < 30:
        assert indicators == ()
        rows = [cell for picture in found for row in picture.rows for cell in row if picture.sentence]
        assert not [cell for cell in rows if re.search(r"\d", cell) and "%" in cell and cell not in ("40%", "10%")]


@settings(max_examples=40, deadline=None)
@given(consultations(), st.sampled_from(list(Attribution)))
def test_no_number_of_people_below_a_row_s_size_is_told(read: Read, mode: Attribution) -> None:
    with use_locale("en"):
        figures = Figures(figures_of(read, mode, {}, seed=1), mode)
        for name in ("participants", "voters", "authors"):
            table = figures.table(f"constituency/{name}")
            for row in table.categories if table else ():
                members = read.participation.attributes["constituency"]
                if row.code != "other":
                    assert sum((label or "") == row.code for label in members) >= 5
        crossed = _crossed(figures)
        cells = [cell for row in crossed.rows for cell in row[1:]] if crossed else []
    assert all(cell in ("–", "0") or int(cell) >= 5 for cell in cells)
    if mode is Attribution.CHATHAM_HOUSE:
        assert crossed is None


@settings(max_examples=25, deadline=None)
@given(consultations())
def test_no_organisation_and_no_person_is_named_by_a_picture(read: Read) -> None:
    with use_locale("en"):
        _, found = pictures(read, Attribution.CHATHAM_HOUSE)
    told = repr(found)
    assert not [body for body in read.participation.organisations if body and body in told]


def test_the_rows_behind_the_balance_hold_nobody_s_choice() -> None:
    """How somebody voted cannot leave what never reads it: votes are counted by person, by day and by window."""
    queries = [value for name, value in vars(power_rows).items() if name.isupper() and isinstance(value, str)]
    assert any("votes" in query for query in queries)
    assert not [query for query in queries if "v.choice" in query or "choice from" in query or "select choice" in query]


@pytest.mark.parametrize("n", [5, 14])
def test_below_fifteen_people_sentences_stand_in_the_place_of_figures(n: int) -> None:
    few = Participation(
        attributes={name: ["ngos"] * n for name in ("constituency", "region", "language", "gender")},
        organisations=[None] * n,
        n_votes=[20] * n,
    )
    read = Read(few, few, tuple(range(n)), (), 0, 0, "", (), (), (), frozenset())
    with use_locale("en"):
        figures = Figures(figures_of(read, Attribution.OPEN, {}, seed=1), Attribution.OPEN)
        picture = power_pictures.spread_picture(figures)
        kpis = power_page._spread_kpis(figures)
    assert "15 people and 30 votes or proposals are needed" in picture.sentence
    assert picture.rows == ()
    assert all(kpi.value == "–" for kpi in kpis)
