"""A coalition's charter: its clauses one by one, other wordings, the signing sheet, and how long it holds."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.access import Actor
from app.actions import charters
from app.analysis import charters as reading
from app.analysis import coalitions as bridge
from app.controllers.files import attached
from app.forms import Filled, blank, read
from app.language import gettext
from app.refusals import NotFound
from app.rendering import AnyRequest, page, see_other, url
from app.tables.charters import Charter
from app.tables.coalitions import Coalition
from deliberation.charters import CLAUSES, ClauseState, Consent, words_in
from deliberation.commitments import months_after
from deliberation.phases import Action

N_MONTHS = 12
"""What the review date is filled in with; partners choose."""


class ReviewForm(msgspec.Struct):
    review_on: datetime.date


class WordsForm(msgspec.Struct):
    clause: Annotated[str, msgspec.Meta(max_length=20)]
    words: Annotated[str, msgspec.Meta(min_length=8, max_length=charters.MAX_WORDS)]


class ConsentForm(msgspec.Struct):
    clause: Annotated[str, msgspec.Meta(max_length=20)]
    number: Annotated[int, msgspec.Meta(ge=1, le=99)]
    answer: Literal["agree", "live_with", "object"]
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""


class SignForm(msgspec.Struct):
    digest: Annotated[str, msgspec.Meta(max_length=64)]
    opens: bool = False


class OpennessForm(msgspec.Struct):
    opens: bool = False


class RenewalForm(msgspec.Struct):
    until: datetime.date


class RenewalAnswerForm(msgspec.Struct):
    answer: Literal["renew", "end"]


async def _coalition(actor: Actor, number: int) -> Coalition:
    found = next((one for one in await bridge.listed(actor) if one.number == number), None)
    if found is None:
        raise NotFound
    return found


def _home(actor: Actor, coalition: Coalition) -> str:
    return url(f"/c/{actor.consultation.slug}/coalitions/{coalition.number}/charter")


@get("/c/{slug:str}/coalitions/{number:int}/charter", opt={"action": Action.SEE_COMMITMENTS})
async def show(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    return await _page(request, actor, await _coalition(actor, number), blank())


async def _page(
    request: AnyRequest, actor: Actor, coalition: Coalition, form: Filled[Any], *, status: int = 200
) -> Response[Any]:
    """The charter for a partner; for anybody else the signed text, if every signer has opened it."""
    known = await reading.charters_of(coalition.id)
    versions = [await reading.version_of(one) for one in known]
    is_partner = await reading.is_partner(actor, coalition)
    signed = next((one for one in versions if one.charter.status == "signed" and (is_partner or one.is_open)), None)
    if signed is None and not is_partner:
        raise NotFound
    current = versions[0] if versions else None
    return page(
        request,
        "charters/show.html",
        status=status,
        actor=actor,
        coalition=coalition,
        is_partner=is_partner,
        is_formed=coalition.status == "formed",
        view=await reading.view_of(actor, current) if is_partner and current else None,
        signed=signed,
        term=await reading.term_of(actor, signed.charter) if signed else None,
        form=form,
        names=reading.CLAUSE_NAMES,
        hints=reading.CLAUSE_HINTS,
        clauses=CLAUSES,
        states=ClauseState,
        max_words=charters.MAX_WORDS,
        words=words_in(signed.charter.text) if signed else {},
        in_a_year=months_after(actor.now.date(), N_MONTHS).isoformat(),
        refused=actor.why_not(Action.AGREE_CHARTER),
    )


@get("/c/{slug:str}/coalitions/{number:int}/charter/{version:int}", opt={"action": Action.SEE_COMMITMENTS})
async def text(actor: NamedDependency[Actor], number: FromPath[int], version: FromPath[int]) -> Response[str]:
    """The frozen text, byte for byte what was signed, so that anybody who may read it can recompute its hash."""
    coalition = await _coalition(actor, number)
    found = (
        await Charter.objects()
        .where(
            (Charter.coalition == coalition.id)
            & (Charter.version == min(version, 2**31 - 1))
            & (Charter.status == "signed")
        )
        .first()
    )
    if found is None:
        raise NotFound
    if not await reading.is_partner(actor, coalition) and not (await reading.version_of(found)).is_open:
        raise NotFound
    name = f"{actor.consultation.slug}-charter-{coalition.number}-{found.version}.txt"
    return attached(found.text, name, MediaType.TEXT)


@post("/c/{slug:str}/coalitions/{number:int}/charter", opt={"action": Action.AGREE_CHARTER}, status_code=200)
async def begin(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    coalition = await _coalition(actor, number)
    form = await read(request, ReviewForm)
    if form.is_valid:
        with form.refusals(at="review_on"):
            await charters.begin(coalition=coalition, review_on=form.data.review_on, by=actor, form=form)
            said = gettext("The charter has begun. Write the first words of a clause; the others answer.")
            return see_other(request, _home(actor, coalition), said=said)
    return await _page(request, actor, coalition, form, status=422)


@post("/c/{slug:str}/coalitions/{number:int}/charter/review", opt={"action": Action.AGREE_CHARTER}, status_code=200)
async def set_review(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    coalition = await _coalition(actor, number)
    form = await read(request, ReviewForm)
    if form.is_valid:
        with form.refusals(at="review_on"):
            await charters.set_review(coalition=coalition, review_on=form.data.review_on, by=actor, form=form)
            return see_other(request, _home(actor, coalition), said=gettext("The review date is saved."))
    return await _page(request, actor, coalition, form, status=422)


@post("/c/{slug:str}/coalitions/{number:int}/charter/words", opt={"action": Action.AGREE_CHARTER}, status_code=200)
async def write(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    coalition = await _coalition(actor, number)
    form = await read(request, WordsForm)
    if form.is_valid:
        given = form.data
        with form.refusals(at="words"):
            await charters.write(coalition=coalition, clause=given.clause, words=given.words, by=actor, form=form)
            where = f"{_home(actor, coalition)}#clause-{given.clause}"
            return see_other(request, where, said=gettext("Your words are there. The other partners answer them."))
    return await _page(request, actor, coalition, form, status=422)


@post("/c/{slug:str}/coalitions/{number:int}/charter/answer", opt={"action": Action.AGREE_CHARTER}, status_code=200)
async def answer(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    coalition = await _coalition(actor, number)
    form = await read(request, ConsentForm)
    if form.is_valid:
        given = form.data
        with form.refusals(at="reason"):
            await charters.answer(
                coalition=coalition,
                clause=given.clause,
                number=given.number,
                consent=Consent(given.answer),
                reason=given.reason,
                by=actor,
                form=form,
            )
            where = f"{_home(actor, coalition)}#clause-{given.clause}"
            return see_other(
                request, where, said=gettext("Your answer is saved. You can change it until all have signed.")
            )
    return await _page(request, actor, coalition, form, status=422)


@post("/c/{slug:str}/coalitions/{number:int}/charter/sign", opt={"action": Action.AGREE_CHARTER}, status_code=200)
async def sign(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    coalition = await _coalition(actor, number)
    form = await read(request, SignForm)
    if not form.is_valid:
        return await _page(request, actor, coalition, form, status=422)
    given = form.data
    is_frozen = await charters.sign(coalition=coalition, digest=given.digest, opens=given.opens, by=actor, form=form)
    said = (
        gettext("Everybody has signed. The text is frozen; its hash stands below it.")
        if is_frozen
        else gettext("You have signed. The text is frozen once every partner has.")
    )
    return see_other(request, _home(actor, coalition), said=said)


@post("/c/{slug:str}/coalitions/{number:int}/charter/openness", opt={"action": Action.AGREE_CHARTER}, status_code=200)
async def set_openness(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    coalition = await _coalition(actor, number)
    form = await read(request, OpennessForm)
    if not form.is_valid:
        return await _page(request, actor, coalition, form, status=422)
    await charters.set_openness(coalition=coalition, opens=form.data.opens, by=actor, form=form)
    return see_other(request, _home(actor, coalition), said=gettext("Your choice is saved."))


@post("/c/{slug:str}/coalitions/{number:int}/charter/renewal", opt={"action": Action.AGREE_CHARTER}, status_code=200)
async def propose_renewal(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    coalition = await _coalition(actor, number)
    form = await read(request, RenewalForm)
    if form.is_valid:
        with form.refusals(at="until"):
            await charters.propose_renewal(coalition=coalition, until=form.data.until, by=actor, form=form)
            return see_other(request, _home(actor, coalition), said=gettext("The partners are asked."))
    return await _page(request, actor, coalition, form, status=422)


@post(
    "/c/{slug:str}/coalitions/{number:int}/charter/renewal/answer",
    opt={"action": Action.AGREE_CHARTER},
    status_code=200,
)
async def answer_renewal(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    coalition = await _coalition(actor, number)
    form = await read(request, RenewalAnswerForm)
    if not form.is_valid:
        return await _page(request, actor, coalition, form, status=422)
    outcome = await charters.answer_renewal(
        coalition=coalition, renews=form.data.answer == "renew", by=actor, form=form
    )
    said = {
        "open": gettext("Your answer is saved."),
        "carried": gettext("More than half of the partners renew: the charter holds longer."),
        "fallen": gettext("The partners do not renew: the charter ends on its day."),
    }
    return see_other(request, _home(actor, coalition), said=said[outcome])


HANDLERS = [
    show,
    text,
    begin,
    set_review,
    write,
    answer,
    sign,
    set_openness,
    propose_renewal,
    answer_renewal,
]
