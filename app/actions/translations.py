"""Translations and simpler words: drafts first, shown once another person has read them, withdrawn with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app import access
from app.access import Actor
from app.actions import news
from app.actions.record import change
from app.database import execute, fetchval
from app.forms import Filled
from app.language import LANGUAGES
from app.queue import enqueue
from app.refusals import N_, Conflict, Invalid, NotFound
from app.settings import get_settings
from app.tables.proposals import Proposal
from app.tables.translations import Translation
from deliberation.phases import Action, Role
from deliberation.texts import has_long_sentence

MAX_TEXT = 400
"""Twice what a statement may have: Russian and French need more room than English."""
SAME_LANGUAGE = N_("Statement %(number)s is written in this language.")
TOO_LONG_SENTENCE = N_("Simpler words have at most 20 words in a sentence. Please make two sentences of a long one.")
CHANGED = N_("Somebody else changed this text in the meantime. Please compare both.")
OWN = N_("Somebody else has to read what you wrote before it counts.")
SAY_WHETHER = N_("People voted on the earlier words. Please say whether the new ones mean the same.")
NO_ENGINE = N_("No translation engine is installed here.")
NOT_OPEN = N_("This statement is not open for translations.")


@dataclass(frozen=True)
class Written:
    """One text somebody wrote; `version` is that of the draft it was written over, 0 where there was none."""

    proposal: Proposal
    text: str
    version: int


async def save(
    *, texts: list[Written], language: str, is_simpler: bool = False, by: Actor, form: Filled[Any] | None = None
) -> list[Written]:
    """Every text is the draft for its statement, but for those returned: somebody else was faster there."""
    async with change("translations.save", Action.TRANSLATE, by=by, form=form) as made:
        faster = [one for one in texts if not await _save(one, language, is_simpler, made.by)]
        saved = [one.proposal.number for one in texts if one not in faster]
        made.payload = {"language": language, "simpler": is_simpler, "statements": saved}
        made.outcome = f"/c/{by.consultation.slug}/translate"
    return faster


async def _save(one: Written, language: str, is_simpler: bool, by: Actor) -> bool:
    proposal = one.proposal
    _check(one, language, is_simpler)
    draft = await _draft(proposal.id, language, is_simpler)
    if (draft.version if draft else 0) != one.version:
        return False
    if draft is not None and draft.text == one.text:
        return True
    participant, account = _writer(by)
    await execute("delete from translations where id = $1", draft.id if draft else 0)
    await Translation(
        proposal=proposal.id,
        language=language,
        is_simpler=is_simpler,
        text=one.text,
        origin=origin_of(proposal, by),
        participant=participant,
        account=account,
        # What a machine began is not all a person's, however much they changed.
        engine=draft.engine if draft else "",
        version=one.version + 1,
        created_at=by.now,
    ).save()
    return True


def _check(one: Written, language: str, is_simpler: bool) -> None:
    if language not in LANGUAGES:
        raise NotFound
    if one.proposal.status not in ("accepted", "waiting"):
        raise Conflict(NOT_OPEN)
    if not is_simpler and one.proposal.language == language:
        raise Invalid(SAME_LANGUAGE, number=one.proposal.number)
    if is_simpler and has_long_sentence(one.text):
        raise Invalid(TOO_LONG_SENTENCE)


def origin_of(proposal: Proposal, by: Actor) -> str:
    """Whose words they are: the author's own, those of an office of the consultation, or a volunteer's."""
    if access.speaks_for(by, proposal):
        return "author"
    return "professional" if by.roles & {Role.CONVENOR, Role.MODERATOR} else "volunteer"


def _writer(by: Actor) -> tuple[int | None, Any]:
    """A participant under the pseudonym; who writes in an office, by the account. Neither is shown to anybody."""
    if by.participant is not None:
        return by.participant.id, None
    return None, by.person.id if by.person else None


async def _draft(proposal: int, language: str, is_simpler: bool) -> Translation | None:
    return (
        await Translation.objects()
        .where(
            (Translation.proposal == proposal)
            & (Translation.language == language)
            & (Translation.is_simpler == is_simpler)
            & (Translation.status == "draft")
        )
        .first()
    )


async def approve(
    *, chosen: list[tuple[int, int]], is_material: bool | None = None, by: Actor, form: Filled[Any] | None = None
) -> int:
    """These drafts (id and version) are shown from now on, each instead of the one of its origin before; how many.

    is_material : whether they mean something else than what people voted on; None where nobody can have. Votes on
    earlier words that meant something else are marked, and their voters asked to look again.
    """
    async with change("translations.approve", Action.TRANSLATE, by=by, form=form) as made:
        made.outcome = f"/c/{by.consultation.slug}/translate"
        numbers = [await _approve(number, version, is_material, made.by) for number, version in chosen]
        made.payload = {"statements": numbers, "material": bool(is_material)}
        if is_material:
            await news.ask_soon("ask_voters", by.consultation.id)
    return len(numbers)


async def _approve(number: int, version: int, is_material: bool | None, by: Actor) -> int:
    draft, proposal = await text_for(by, number)
    if draft.status != "draft" or draft.version != version:
        raise Conflict(CHANGED)
    is_own_seat = by.participant is not None and draft.participant == by.participant.id
    if is_own_seat or (by.person is not None and draft.account == by.person.id):
        raise Invalid(OWN)
    earlier = await fetchval(EARLIER, draft.proposal, draft.language, draft.is_simpler)
    if earlier and not draft.is_simpler and is_material is None:
        raise Invalid(SAY_WHETHER, field="is_material")
    if is_material and not draft.is_simpler:
        await execute(OUTDATE, draft.proposal, draft.language)
    await execute(REPLACE, draft.proposal, draft.language, draft.is_simpler, draft.origin)
    await execute(
        "update translations set status = 'approved', approved_at = clock_timestamp() where id = $1", draft.id
    )
    return int(proposal.number)


EARLIER = """
select exists(select from translations where proposal = $1 and language = $2 and is_simpler = $3
  and approved_at is not null)
"""
OUTDATE = """
update translations set is_outdated = true
where proposal = $1 and language = $2 and not is_simpler and approved_at is not null
"""
REPLACE = """
update translations set status = 'withdrawn', withdrawn_at = clock_timestamp()
where proposal = $1 and language = $2 and is_simpler = $3 and origin = $4 and status = 'approved'
"""


async def withdraw(
    *, number: int, reason: str, is_wrong: bool = False, by: Actor, form: Filled[Any] | None = None
) -> None:
    """The text is not shown any more, for this reason; where its meaning was wrong, its voters are asked once more."""
    async with change("translations.withdraw", Action.MODERATE, by=by, form=form) as made:
        text, proposal = await text_for(made.by, number)
        if not reason.strip():
            raise Invalid(N_("Please say why in a sentence."), field="reason")
        done = await fetchval(
            "update translations set status = 'withdrawn', withdrawn_at = clock_timestamp(), reason = $2, "
            "is_outdated = is_outdated or $3 where id = $1 and status <> 'withdrawn' returning id",
            text.id,
            reason,
            is_wrong and text.status == "approved",
        )
        if done is None:
            raise Conflict(N_("This text is withdrawn already."))
        made.subject = str(proposal.number)
        made.payload = {"language": text.language, "simpler": text.is_simpler, "wrong": is_wrong}
        made.outcome = f"/c/{by.consultation.slug}/statements/{proposal.number}/translate/{text.language}"
        if is_wrong:
            await news.ask_soon("ask_voters", by.consultation.id)


async def text_for(by: Actor, number: int) -> tuple[Translation, Proposal]:
    """A text of this consultation and its statement, if the actor may see that."""
    text = await Translation.objects().where(Translation.id == number).first() if number <= access.MAX_NUMBER else None
    proposal = await Proposal.objects().where(Proposal.id == text.proposal).first() if text else None
    if text is None or proposal is None or proposal.consultation != by.consultation.id:
        raise NotFound
    return text, await access.proposal_for(by, proposal.number)


async def ask_machine(*, language: str, by: Actor, form: Filled[Any] | None = None) -> None:
    """The installed engine drafts, in a while, what is missing in this language. Only an office asks for it: statements
    leave the house."""
    async with change("translations.ask_machine", Action.MODERATE, by=by, form=form) as made:
        engine = get_settings().translator
        if engine is None:
            raise Conflict(NO_ENGINE)
        if language not in LANGUAGES:
            raise NotFound
        made.payload = {"language": language, "engine": engine}
        made.outcome = f"/c/{by.consultation.slug}/translate"
        await enqueue(
            "draft_translations",
            queueing_lock=f"draft:{by.consultation.id}:{language}",
            consultation_id=str(by.consultation.id),
            language=language,
        )


async def keep_drafts(*, texts: dict[int, str], language: str, engine: str, n_failed: int, by: Actor) -> int:
    """What an engine made of statements (by id) is kept as drafts under its name, where nobody wrote one meanwhile."""
    async with change("translations.draft", Action.TRANSLATE, by=by) as made:
        kept = [await fetchval(KEEP_DRAFT, number, language, text, engine[:60]) for number, text in texts.items()]
        n_kept = sum(one is not None for one in kept)
        made.payload = {"language": language, "engine": engine, "drafts": n_kept, "failed": n_failed}
    return n_kept


KEEP_DRAFT = """
insert into translations (proposal, language, is_simpler, text, origin, status, engine, version, is_outdated, reason,
                          created_at)
select p.id, $2::varchar, false, $3, 'machine', 'draft', $4, 1, false, '', clock_timestamp() from proposals p
where p.id = $1 and p.status = 'accepted' and p.language <> $2::varchar and not exists(
  select from translations t where t.proposal = p.id and t.language = $2::varchar and not t.is_simpler
    and t.status in ('draft', 'approved'))
returning id
"""
