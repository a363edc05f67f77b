"""Votes left out of the results, in the reader's language: how many, by whom and why, and both results side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.access import Actor
from app.analysis.exclusions import Told, told_of
from app.analysis.results import audience_of
from app.database import fetch, fetchval
from app.language import band, gettext, ngettext, num
from app.refusals import N_
from deliberation.exclusions import ReleasedComparison, ReleasedExclusion

STEP_NAMES: dict[str, str] = {
    "propose": N_("Proposed that these votes be left out"),
    "confirm": N_("Confirmed: the votes are left out"),
    "refuse": N_("Refused: the votes count"),
    "propose_lifting": N_("Proposed that these votes count again"),
    "lift": N_("Confirmed: the votes count again"),
    "keep": N_("Refused: the votes stay left out"),
}
STATUS_NAMES: dict[str, str] = {
    "holds": N_("no large enough group is left without a place"),
    "fails": N_("a large enough group has fewer places than its due"),
    "pass": N_("completed by the model, the votes speak for it"),
    "unclear": N_("completed by the model, the votes do not decide"),
    "fail": N_("completed by the model, the votes speak against it"),
}


def told_in_words(told: ReleasedExclusion) -> str:
    """How many votes of how many people, as far as it may be told."""
    if told.n_people is None:
        return gettext("The votes of a few participants")
    people = num(told.n_people) if isinstance(told.n_people, int) else band(told.n_people)
    n_votes = told.n_votes or 0
    return ngettext(
        "%(votes)s vote of %(people)s participants", "%(votes)s votes of %(people)s participants", n_votes
    ) % {"votes": num(n_votes), "people": people}


async def sentence_of(actor: Actor, analysis: UUID) -> str:
    """The sentence that stands above an analysis, for this reader."""
    excluded = await fetchval("select excluded from analyses where id = $1", analysis)
    return sentence(await told_of(excluded, actor, audience_of(actor))) if excluded else ""


async def sentences_of_slates(actor: Actor) -> tuple[str, ...]:
    """The same for the analyses that curated slates of this consultation rest on, each once."""
    rows = await fetch(
        "select distinct analysis from curated_slates where consultation = $1 order by analysis", actor.consultation.id
    )
    said = [await sentence_of(actor, row["analysis"]) for row in rows]
    return tuple(dict.fromkeys(one for one in said if one))


def sentence(told: Told | None) -> str:
    """What stands above every result from which votes are left out; empty where all count."""
    if told is None:
        return ""
    who = gettext("a moderator and a convenor") if told.by_convenor else gettext("two moderators")
    said = gettext("%(votes)s are left out of these results by %(who)s (%(reason)s). They stay stored.") % {
        "votes": told_in_words(told.told),
        "who": who,
        "reason": "; ".join(gettext(reason) for reason in told.reasons),
    }
    if told.rows_kept:
        kept = gettext(
            "Counts that were released before stay as they were: groups, common ground and the slate are worked out "
            "without these votes."
        )
        said = f"{said} {kept}"
    return said


@dataclass(frozen=True)
class ComparedWords:
    """Both results: what, with everybody's votes, and without those left out; and what is said of their lists."""

    rows: tuple[tuple[str, str, str], ...]
    sentences: tuple[str, ...]


def compared_in_words(released: ReleasedComparison | None) -> ComparedWords | None:
    """None before there are two results; nothing in it where they may not stand side by side."""
    if released is None:
        return None
    if not released.is_shown:
        return ComparedWords((), ())
    (groups, groups_counted), (certificate, certificate_counted) = released.n_groups, released.certificates
    said = [
        {
            True: gettext("Common ground is alike in both."),
            False: gettext("Common ground is not the same in both."),
            None: "",
        }[released.common_ground],
        {
            True: gettext("The participants' slate is alike in both."),
            False: gettext("The participants' slate is not the same in both."),
            None: "",
        }[released.slate],
    ]
    rows = (
        (gettext("Opinion groups"), num(groups), num(groups_counted)),
        (gettext("Certificate"), _statuses(certificate), _statuses(certificate_counted)),
    )
    return ComparedWords(rows, tuple(one for one in said if one))


def _statuses(codes: Sequence[str]) -> str:
    return "; ".join(gettext(STATUS_NAMES[code]) for code in codes) or "–"
