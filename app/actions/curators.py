"""Curators of a round: appointed and removed, their interests declared, candidates scored alone and then discussed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from app.access import Actor, as_now, check_still, short_code
from app.actions import consultations, curation
from app.actions.record import Change, change
from app.analysis import curation as reading
from app.analysis import ledger, scoring
from app.analysis.scoring import DECLARED, RECUSED, Conflict, Mine
from app.auth import normalised_email
from app.database import execute, fetchrow, transaction
from app.forms import NOT_A_CHOICE, Filled
from app.refusals import N_, Denied, Invalid, NotFound
from app.refusals import Conflict as Refused
from app.tables.proposals import Proposal
from app.tables.rounds import Round
from app.taxonomies import conflict_grounds
from deliberation.phases import Action, Phase, Role
from deliberation.scoring import HIGHEST, LOWEST, Part, Viewer

NOT_ALONE = N_("Scores are final once you have finished, or when scoring is closed.")
"""Nobody changes a score after having seen those of others."""


async def appoint(*, email: str, numbers: Sequence[int], by: Actor, form: Filled[Any] | None = None) -> None:
    """The person behind an address curates these rounds; without numbers, every curate round."""
    async with transaction():
        await consultations.appoint(email=email, role=Role.CURATOR, by=by, form=form)
        await limit(email=email, numbers=numbers, by=by)


async def limit(*, email: str, numbers: Sequence[int], by: Actor) -> None:
    """The curator with this address curates these rounds only; without numbers, every curate round."""
    async with change("curators.limit", Action.APPOINT, by=by) as made:
        allowed = {item.number for item in made.by.rounds if item.phase == Phase.CURATE}
        if not set(numbers) <= allowed:
            raise Invalid(N_("Curators are appointed for curate rounds."), field="rounds")
        row = await _membership(made.by, email)
        await execute("update memberships set rounds = $2 where id = $1", row["id"], sorted(set(numbers)))
        made.payload = {"account": short_code(row["account"]), "rounds": sorted(set(numbers))}
        made.payload |= await _settle(made.by)


async def remove(*, email: str, by: Actor, form: Filled[Any] | None = None) -> None:
    """The person is no curator here any more, from this moment on; what they saved stays."""
    async with change("curators.remove", Action.APPOINT, by=by, form=form) as made:
        row = await _membership(made.by, email)
        await execute("delete from memberships where id = $1", row["id"])
        made.payload = {"account": short_code(row["account"]), "rounds": list(row["rounds"])}
        made.payload |= await _settle(made.by)


async def declare(*, interests: Mapping[int, Conflict], by: Actor, form: Filled[Any] | None = None) -> None:
    """The curator has said where their interests lie, by statement id; with it the round opens to them.

    Their own proposals are among them whatever they said. A recusal stands until the round closes: interests can be
    added later, and not exchanged for a say.
    """
    async with _curating("declare", by=by, form=form) as (made, mine, item):
        for one in interests.values():
            if one.kind not in {RECUSED, DECLARED} or one.ground not in conflict_grounds.codes():
                raise Invalid(NOT_A_CHOICE, field="interests")
        known = await scoring.known_interests(made.by)
        wrote = {one: held for one, held in known.items() if await scoring.is_author(made.by, one)}
        kept = {one: held for one, held in mine.conflicts.items() if held.kind == RECUSED}
        said = {**interests, **kept, **wrote}
        await _store_interests(item, mine.code, said)
        restored = await _restored(made.by, item)
        kinds = [held.kind for held in said.values()]
        made.payload = {"recused": kinds.count(RECUSED), "declared": kinds.count(DECLARED), **restored}


async def score(
    *, proposal: Proposal, scores: Sequence[int | None], by: Actor, form: Filled[Any] | None = None
) -> None:
    """The curator's own scores of a candidate, criterion by criterion; None where they cannot judge."""
    async with _curating("score", by=by, form=form, subject=str(proposal.number)) as (_, mine, item):
        _refuse_unless_scoring(mine)
        if mine.is_recused(proposal.id):
            raise Denied(curation.RECUSED, number=proposal.number)
        if proposal.status != "accepted":
            raise Refused(N_("This statement is not open any more: it needs no score."))
        if len(scores) != len(scoring.criteria_of(item)) or any(
            given is not None and not LOWEST <= given <= HIGHEST for given in scores
        ):
            raise Invalid(N_("Please answer for every criterion."), field="score_1")
        await execute(
            """
            insert into curator_scores (id, round, curator, proposal, scores)
            values (gen_random_uuid(), $1, $2, $3, $4)
            on conflict (round, curator, proposal) do update set scores = excluded.scores
            """,
            item.id,
            mine.code,
            proposal.id,
            list(scores),
        )


async def finish(*, by: Actor, form: Filled[Any] | None = None) -> None:
    """The curator's scores are final, and the others' open to them."""
    async with _curating("finish", by=by, form=form) as (_, mine, item):
        _refuse_unless_scoring(mine)
        await execute(
            "update curator_declarations set finished_at = clock_timestamp() where round = $1 and curator = $2",
            item.id,
            mine.code,
        )


async def close_scoring(*, by: Actor, form: Filled[Any] | None = None) -> None:
    """Nobody scores any more, and all who declared see the scores side by side."""
    await curation.open_desk(by=by)
    async with _curating("close_scoring", by=by, form=form) as (made, _, item):
        if Role.CONVENOR not in made.by.roles:
            raise Denied(N_("Only convenors can do this."))
        slate = await reading.draft_of_round(item)
        if slate is None or not scoring.criteria_of(item) or slate.scoring_closed_at is not None:
            raise Refused(N_("There is no scoring to be closed."))
        await execute("update curated_slates set scoring_closed_at = clock_timestamp() where id = $1", slate.id)
        curators = await scoring.curators_of(item)
        made.payload = {"finished": curators.n_finished, "curators": curators.n}


async def note(*, proposal: Proposal, text: str, by: Actor, form: Filled[Any] | None = None) -> None:
    """What the curators' discussion of a candidate came to, added below what was noted before."""
    async with _curating("note", by=by, form=form, subject=str(proposal.number)) as (_, mine, item):
        if not mine.sees(Part.NOTES):
            raise Denied(curation.SCORE_FIRST)
        if mine.is_recused(proposal.id):
            raise Denied(curation.RECUSED, number=proposal.number)
        await execute(
            """
            insert into curation_notes (id, round, curator, proposal, text, written_at)
            values (gen_random_uuid(), $1, $2, $3, $4, clock_timestamp())
            """,
            item.id,
            mine.code,
            proposal.id,
            text,
        )


@asynccontextmanager
async def _curating(
    verb: str, *, by: Actor, form: Filled[Any] | None, subject: str = ""
) -> AsyncIterator[tuple[Change, Mine, Round]]:
    """A change by somebody who curates the open round at this moment, under lock."""
    async with change(f"curators.{verb}", Action.CURATE, by=by, form=form, subject=subject) as made:
        made.by = await as_now(made.by)
        await check_still(made.by, Action.CURATE)
        item = made.by.round
        assert item is not None
        made.outcome = f"/c/{by.consultation.slug}/desk/scores"
        mine = await scoring.mine_of(made.by)
        if mine.viewer is Viewer.UNDECLARED and verb != "declare":
            raise Denied(curation.DECLARE_FIRST)
        yield made, mine, item


def _refuse_unless_scoring(mine: Mine) -> None:
    if mine.viewer is not Viewer.SCORING:
        raise Refused(NOT_ALONE)


async def _membership(by: Actor, email: str) -> Any:
    row = await fetchrow(
        "select m.id, m.account, m.rounds from memberships m join accounts a on a.id = m.account "
        "where m.consultation = $1 and m.role = 'curator' and a.email = $2",
        by.consultation.id,
        normalised_email(email),
    )
    if row is None:
        raise NotFound(N_("There is no curator with this e-mail address."))
    return row


async def _settle(by: Actor) -> dict[str, Any]:
    """With other curators it may be that nobody is left to decide on something."""
    item = by.round
    if item is not None and by.state == "curate:open":
        return await _restored(by, item)
    return {}


async def _restored(by: Actor, item: Round) -> dict[str, Any]:
    """How many statements stand again as the participants' slate has them, and the slate after it, for the ledger."""
    n = await curation.restore_undecidable(by=by, item=item)
    slate = await reading.draft_of_round(item) if n else None
    return {"restored": n} if slate is None else {"restored": n, "stands": await ledger.standing(slate.id)}


async def _store_interests(item: Round, code: str, said: Mapping[int, Conflict]) -> None:
    await execute(
        """
        insert into curator_declarations (id, round, curator, declared_at)
        values (gen_random_uuid(), $1, $2, clock_timestamp()) on conflict (round, curator) do nothing
        """,
        item.id,
        code,
    )
    await execute("delete from curator_conflicts where round = $1 and curator = $2", item.id, code)
    await execute(
        """
        insert into curator_conflicts (id, round, curator, proposal, kind, ground)
        select gen_random_uuid(), $1, $2, p.id, said.kind, said.ground
        from unnest($3::int[], $4::text[], $5::text[]) as said (proposal, kind, ground)
        join proposals p on p.id = said.proposal and p.consultation = $6
        """,
        item.id,
        code,
        list(said),
        [one.kind for one in said.values()],
        [one.ground for one in said.values()],
        item.consultation,
    )
