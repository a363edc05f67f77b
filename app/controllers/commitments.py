"""Commitments: the lists of a consultation and of a coalition, the page of one, its draft, and what becomes of it."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.access import Actor
from app.actions import commitments
from app.actions.charters import NOT_PARTNER
from app.analysis import commitments as reading
from app.documents import briefs
from app.forms import Filled, NoFields, blank, read
from app.language import gettext
from app.refusals import Denied
from app.rendering import AnyRequest, page, see_other, url
from app.tables.coalitions import Coalition
from app.tables.commitments import Commitment
from app.taxonomies import barriers as barrier_terms
from app.taxonomies import commitments as terms
from app.taxonomies import regions
from deliberation.commitments import NEXT_STATUSES, Status
from deliberation.phases import Action, Role

Line = Annotated[str, msgspec.Meta(max_length=120)]
Words = Annotated[str, msgspec.Meta(max_length=1000)]


class DraftForm(msgspec.Struct):
    title: Annotated[str, msgspec.Meta(min_length=4, max_length=120)]
    what: Words = ""
    indicator: Annotated[str, msgspec.Meta(max_length=200)] = ""
    baseline: Line = ""
    target: Line = ""
    achievable: Words = ""
    starts_on: datetime.date | None = None
    due_on: datetime.date | None = None
    targets: Annotated[str, msgspec.Meta(max_length=200)] = ""
    place: Line = ""
    region: Annotated[str, msgspec.Meta(max_length=20)] = ""
    role: Annotated[str, msgspec.Meta(max_length=20)] = ""
    beneficiaries: Annotated[str, msgspec.Meta(max_length=200)] = ""
    monitoring: Annotated[str, msgspec.Meta(max_length=300)] = ""


class StatusForm(msgspec.Struct):
    status: Literal["made", "paused", "delivered", "withdrawn"]
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""
    paused_until: datetime.date | None = None


@get("/c/{slug:str}/commitments", opt={"action": Action.SEE_COMMITMENTS})
async def index(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return page(
        request,
        "commitments/index.html",
        actor=actor,
        rows=await reading.made_in(actor.consultation.id),
        has_barriers=bool(await reading.barriers_in(actor.consultation.id)),
        names=reading.STATUS_NAMES,
        kinds=reading.STATUS_KINDS,
    )


@get("/c/{slug:str}/coalitions/{number:int}/commitments", opt={"action": Action.SEE_COMMITMENTS})
async def of_coalition(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    coalition, is_insider = await reading.coalition_for(actor, number)
    known = await reading.commitments_of(coalition, with_drafts=is_insider)
    wholes = [await reading.whole_of(actor, coalition, one.number, is_insider=is_insider) for one in known]
    return page(
        request,
        "commitments/of_coalition.html",
        actor=actor,
        coalition=coalition,
        is_insider=is_insider,
        wholes=wholes,
        names=reading.STATUS_NAMES,
        kinds=reading.STATUS_KINDS,
        refused=actor.why_not(Action.COMMIT),
    )


# -------- the draft


async def _partners_only(actor: Actor, number: int) -> Coalition:
    coalition, is_insider = await reading.coalition_for(actor, number)
    if not is_insider:
        raise Denied(NOT_PARTNER)
    return coalition


@get("/c/{slug:str}/coalitions/{number:int}/commitments/new", opt={"action": Action.COMMIT})
async def new(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    return _edit_page(request, actor, await _partners_only(actor, number), blank())


def _edit_page(
    request: AnyRequest,
    actor: Actor,
    coalition: Coalition,
    form: Filled[Any],
    *,
    commitment: Commitment | None = None,
    status: int = 200,
) -> Response[Any]:
    return page(
        request,
        "commitments/edit.html",
        status=status,
        actor=actor,
        coalition=coalition,
        commitment=commitment,
        form=form,
        roles=[(entry.code, gettext(entry.label)) for entry in terms.of_kind("role")],
        regions=[(code, gettext(label)) for code, label in regions.options()],
    )


@post("/c/{slug:str}/coalitions/{number:int}/commitments/new", opt={"action": Action.COMMIT}, status_code=200)
async def create(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    coalition = await _partners_only(actor, number)
    form = await read(request, DraftForm)
    if form.is_valid:
        with form.refusals(at="title"):
            made = await commitments.draft(coalition=coalition, given=_given(form.data), by=actor, form=form)
            said = gettext("The draft is saved. Only partners see it until you make the commitment.")
            return see_other(request, home(actor, coalition, made.number), said=said)
    return _edit_page(request, actor, coalition, form, status=422)


def _given(data: DraftForm) -> dict[str, Any]:
    return msgspec.structs.asdict(data) | {"targets": commitments.targets_in(data.targets)}


def home(actor: Actor, coalition: Coalition, number: int | None = None) -> str:
    """Where a coalition's commitments are, or one of them."""
    base = url(f"/c/{actor.consultation.slug}/coalitions/{coalition.number}/commitments")
    return base if number is None else f"{base}/{number}"


@get("/c/{slug:str}/coalitions/{number:int}/commitments/{which:int}/edit", opt={"action": Action.COMMIT})
async def edit(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int], which: FromPath[int]
) -> Response[Any]:
    coalition = await _partners_only(actor, number)
    whole = await reading.whole_of(actor, coalition, which, is_insider=True)
    values = {name: getattr(whole.commitment, name) for name in commitments.FIELDS}
    values["targets"] = " ".join(values["targets"])
    shown = {name: "" if value is None else str(value) for name, value in values.items()}
    return _edit_page(request, actor, coalition, blank(**shown), commitment=whole.commitment)


@post(
    "/c/{slug:str}/coalitions/{number:int}/commitments/{which:int}/edit",
    opt={"action": Action.COMMIT},
    status_code=200,
)
async def save(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int], which: FromPath[int]
) -> Response[Any]:
    coalition = await _partners_only(actor, number)
    whole = await reading.whole_of(actor, coalition, which, is_insider=True)
    form = await read(request, DraftForm)
    if form.is_valid:
        with form.refusals(at="title"):
            await commitments.revise(
                coalition=coalition,
                commitment=whole.commitment,
                given=_given(form.data),
                version=form.version,
                by=actor,
                form=form,
            )
            return see_other(request, home(actor, coalition, which), said=gettext("The draft is saved."))
    return _edit_page(request, actor, coalition, form, commitment=whole.commitment, status=422)


# -------- one commitment


async def load(actor: Actor, number: int, which: int) -> tuple[Coalition, bool, reading.Whole]:
    """The coalition, whether the reader is its partner, and the commitment as they may see it."""
    coalition, is_insider = await reading.coalition_for(actor, number)
    return coalition, is_insider, await reading.whole_of(actor, coalition, which, is_insider=is_insider)


async def show_page(
    request: AnyRequest,
    actor: Actor,
    number: int,
    which: int,
    form: Filled[Any],
    *,
    at: str = "",
    status: int = 200,
) -> Response[Any]:
    """The page of one commitment; `at` names the form whose errors and words are shown again."""
    coalition, is_insider, whole = await load(actor, number, which)
    is_going_on = Status(whole.commitment.status) not in {Status.DELIVERED, Status.WITHDRAWN}
    return page(
        request,
        "commitments/show.html",
        status=status,
        actor=actor,
        coalition=coalition,
        whole=whole,
        commitment=whole.commitment,
        form=form,
        at=at,
        is_insider=is_insider,
        may_write=is_insider and is_going_on,
        may_follow=(is_insider or Role.CONVENOR in actor.roles) and is_going_on,
        may_become=NEXT_STATUSES[Status(whole.commitment.status)],
        names=reading.STATUS_NAMES,
        kinds=reading.STATUS_KINDS,
        lacks=reading.LACKS,
        term=terms.label,
        barrier_term=barrier_terms.label,
        region=regions.label,
        amount_of=briefs.amount_of,
        options=lambda kind: [(entry.code, gettext(entry.label)) for entry in terms.of_kind(kind)],
        barrier_options=lambda kind: [(entry.code, gettext(entry.label)) for entry in barrier_terms.of_kind(kind)],
        refused=actor.why_not(Action.COMMIT),
    )


@get("/c/{slug:str}/coalitions/{number:int}/commitments/{which:int}", opt={"action": Action.SEE_COMMITMENTS})
async def show(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int], which: FromPath[int]
) -> Response[Any]:
    return await show_page(request, actor, number, which, blank())


@post(
    "/c/{slug:str}/coalitions/{number:int}/commitments/{which:int}/make",
    opt={"action": Action.COMMIT},
    status_code=303,
)
async def make(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int], which: FromPath[int]
) -> Response[Any]:
    coalition, _, whole = await load(actor, number, which)
    form = await read(request, NoFields)
    await commitments.make(coalition=coalition, commitment=whole.commitment, by=actor, form=form)
    said = gettext("The commitment is made, from today on and for everybody to read.")
    return see_other(request, home(actor, coalition, which), said=said)


@post(
    "/c/{slug:str}/coalitions/{number:int}/commitments/{which:int}/status",
    opt={"action": Action.COMMIT},
    status_code=200,
)
async def set_status(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int], which: FromPath[int]
) -> Response[Any]:
    coalition, _, whole = await load(actor, number, which)
    form = await read(request, StatusForm)
    if form.is_valid:
        given = form.data
        with form.refusals(at="status"):
            await commitments.set_status(
                coalition=coalition,
                commitment=whole.commitment,
                status=Status(given.status),
                reason=given.reason,
                paused_until=given.paused_until,
                by=actor,
                form=form,
            )
            return see_other(request, home(actor, coalition, which), said=gettext("Saved, for everybody to read."))
    return await show_page(request, actor, number, which, form, at=f"status-{form.get('status')}", status=422)


HANDLERS = [index, of_coalition, new, create, edit, save, show, make, set_status]
