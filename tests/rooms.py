"""Closed rounds as a summary finds them: a room of fifteen and a crowd of three views, voted, frozen and curated."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from zlib import crc32

import numpy as np

from app import access
from app.access import sealed_link
from app.actions import analyses, summaries
from app.analysis import landscape
from app.analysis.results_units import organisation_rows
from app.database import execute, executemany, fetch, fetchval, now
from app.tables.consultations import Consultation
from app.tables.participants import ParticipantLink
from deliberation.disclosure import Attribution
from deliberation.phases import Role
from tests import factories
from tests.cast import person

STATEMENTS = (
    "Villages should own the wells they use.",
    "Every well needs a trained mechanic within a day's walk.",
    "Water tests should be published in plain language.",
    "Prices for water should follow what people can pay.",
    "Private companies should be allowed to run pipes.",
    "One agency should coordinate all water projects.",
    "Women should have half of the seats on water boards.",
    "Old pumps should be repaired before new ones are bought.",
    "Rain should be collected at every school.",
    "Farmers should pay for what they take from rivers.",
    "Projects should report once a year, on one page.",
    "Children should learn how water stays clean.",
    "Donors should publish what they spend on water.",
    "A fund should insure villages against drought.",
    "Mediators should help where two villages share a source.",
    "New dams should need the consent of those downstream.",
)
KINDS = ("ngos", "women", "business")
FIRST_ID = 1_000_000
"""Ids are the same in every test, and so are the votes: an analysis is worked out once in a run."""
ANALYSES: dict[str, Any] = {}


async def small_room(n: int = 15, **more: Any) -> Consultation:
    """A few people, one afternoon, the Chatham House Rule; the propose round is closed and frozen."""
    return await _room(n, n_views=1, **more)


async def crowd(n: int = 90, **more: Any) -> Consultation:
    """Three views that differ on half of the statements; the propose round is closed and frozen."""
    return await _room(n, n_views=3, **more)


async def _room(
    n: int, *, n_views: int, attribution: Attribution = Attribution.CHATHAM_HOUSE, slug: str = "water"
) -> Consultation:
    here = await factories.make_consultation(attribution=attribution, slug=slug)
    await execute(
        "update consultations set seed = 11, promise = 'We answer every statement by 1 March.', "
        "questions = '{What works already?}', goals = '{6,17}', venue = 'New York' where id = $1",
        here.id,
    )
    people = await _people(here, n)
    proposals = await _proposals(here, people)
    await _votes(here, people, proposals, n_views)
    await factories.move_to(here, 1, standing="closed")
    await execute(
        "update votes set cast_at = (select min(closes_at) from rounds where consultation = $1) "
        "- interval '1 hour' where consultation = $1",
        here.id,
    )
    await freeze(here)
    found = await Consultation.objects().where(Consultation.id == here.id).first()
    assert found is not None
    return found


async def _people(here: Consultation, n: int) -> list[int]:
    """Chidi and Dana have accounts; the others are rows."""
    start = FIRST_ID + crc32(here.slug.encode()) % 1_000 * 1_000
    people = list(range(start, start + n))
    today = (await now()).date()
    await executemany(
        "insert into participants (id, consultation, constituency, region, language, gender, is_excluded, joined_on) "
        "values ($1, $2, $3, 'african', 'en', '', false, $4)",
        [(one, here.id, KINDS[place % 3], today) for place, one in enumerate(people)],
    )
    for name, one in zip(("chidi", "dana"), people, strict=False):
        who = await person(name)
        link: ParticipantLink = sealed_link(here.id, who.id, one)
        await link.save()
        await execute(
            "insert into memberships (id, consultation, account, role) values (gen_random_uuid(), $1, $2, $3)",
            here.id,
            who.id,
            Role.PARTICIPANT.value,
        )
    return people


async def _proposals(here: Consultation, people: list[int]) -> list[int]:
    moment, start = await now(), FIRST_ID + crc32(here.slug.encode()) % 1_000 * 1_000
    await executemany(
        """
        insert into proposals (id, consultation, number, author, is_starter, author_is_named, statement, details,
          details_html, language, goals, theme, status, reason_code, reason, version, submitted_on, decided_at)
        values ($1, $2, $3, $4, $5, false, $6, '', '', 'en', '{}', '', $7, $8, '', 1, $9, $10)
        """,
        [
            (
                start + place,
                here.id,
                place,
                None if place <= 2 else people[place % len(people)],
                place <= 2,
                text,
                "accepted",
                "",
                moment.date(),
                moment,
            )
            for place, text in enumerate(STATEMENTS, 1)
        ]
        + [
            (
                start + 17,
                here.id,
                17,
                people[0],
                False,
                "Buy our pumps.",
                "declined",
                "advertising",
                moment.date(),
                moment,
            )
        ],
    )
    rows = await fetch(
        "select id from proposals where consultation = $1 and status = 'accepted' order by number", here.id
    )
    return [row["id"] for row in rows]


async def _votes(here: Consultation, people: list[int], proposals: list[int], n_views: int) -> None:
    rng = np.random.default_rng(7)
    contested = np.arange(len(proposals)) >= 7
    lean = np.where(contested[None, :], rng.choice([0.04, 0.5, 0.96], (n_views, len(proposals))), 0.9)
    if n_views == 1:
        lean = np.linspace(0.99, 0.12, len(proposals))[None, :]
    moment = await now() - timedelta(minutes=30)
    rows = []
    for place, one in enumerate(people):
        for column, proposal in enumerate(proposals):
            if rng.random() < 0.06:
                continue
            chance = lean[place % n_views if n_views == 1 else (place * 7 // 3) % n_views, column]
            choice = "pass" if rng.random() < 0.06 else "agree" if rng.random() < chance else "disagree"
            rows.append((here.id, one, proposal, choice, bool(rng.random() < 0.2), moment))
    await executemany(
        "insert into votes (id, consultation, participant, proposal, choice, matters, language, cast_at) "
        "values (gen_random_uuid(), $1, $2, $3, $4, $5, 'en', $6)",
        rows,
    )


async def freeze(here: Consultation, *, size: int = 4) -> None:
    """The full frozen analysis of the closed round, as the worker records it."""
    by = await access.system_actor(here.id)
    closed = by.rounds[0]
    given = await landscape.read_input(by.consultation, closed.closes_at)
    assert given is not None
    key = f"{given.votes.digest()}:{size}"
    if key not in ANALYSES:
        found = landscape.compute(given, seed=by.consultation.seed, evidence="full", previous=None)
        ANALYSES[key] = found, landscape.choose(given, found, seed=by.consultation.seed, size=size)
    found, chosen = ANALYSES[key]
    await analyses.record(
        landscape=found,
        kind="frozen",
        round_id=closed.id,
        votes_until=given.until,
        previous=None,
        n_participants=await fetchval("select count(*) from participants where consultation = $1", here.id),
        slate=chosen.record,
        holdings=chosen.holdings.to_bytes(),
        noise=chosen.noise,
        organisations=await organisation_rows(here.id, given.votes),
        by=by,
    )


REASONS = (("duplicate", "Statement 1 says the same."), ("balance", "Farmers would have had no voice."))


async def curate(here: Consultation) -> None:
    """A published curated slate that drops one stance of the participants' slate and adds another."""
    row = await fetch(
        "select id, slate from analyses where consultation = $1 and kind = 'frozen' and evidence = 'full'", here.id
    )
    chosen = json.loads(row[0]["slate"])["slate"]
    stances = [*(item["stance"] for item in chosen["distinct"]), *chosen["common_ground"]]
    own = [(int(one["statement_id"]), one["choice"]) for one in stances]
    taken = {statement for statement, _ in own}
    others = await fetch(
        "select id from proposals where consultation = $1 and status = 'accepted' order by number", here.id
    )
    new = next(one["id"] for one in reversed(others) if one["id"] not in taken)
    curate_round = (await access.system_actor(here.id)).rounds[1]
    slate = await fetchval(
        "insert into curated_slates (id, consultation, round, analysis, status, version, n_places, report, "
        "published_at) values (gen_random_uuid(), $1, $2, $3, 'published', 1, 4, '{}', clock_timestamp()) returning id",
        here.id,
        curate_round.id,
        row[0]["id"],
    )
    items = [*own[1:], (new, "agree")]
    await executemany(
        "insert into slate_items (id, slate, proposal, choice, position) values (gen_random_uuid(), $1, $2, $3, $4)",
        [(slate, *one, place) for place, one in enumerate(items)],
    )
    await executemany(
        "insert into slate_reasons (id, slate, proposal, choice, reason_code, sentence) "
        "values (gen_random_uuid(), $1, $2, $3, $4, $5)",
        [(slate, *own[0], *REASONS[0]), (slate, new, "agree", *REASONS[1])],
    )


async def shown(here: Consultation, *, minutes: int = 15) -> None:
    """Amara has shown the draft to participants, nobody objected, and the time for it is over."""
    by = await factories.actor("amara", here)
    await summaries.show(minutes=minutes, by=by)
    await time_is_over(here)


async def time_is_over(here: Consultation) -> None:
    await execute(
        "update summaries set shown_until = clock_timestamp() - interval '1 second' "
        "where consultation = $1 and status = 'draft'",
        here.id,
    )
