"""What stands behind a commitment and against it: deliverables, resources, pledges, evidence, barriers."""

from __future__ import annotations

import datetime
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.access import Actor
from app.actions import backing, commitments
from app.controllers.commitments import home, load, show_page
from app.forms import Filled, NoFields, read
from app.language import gettext
from app.refusals import Invalid
from app.rendering import AnyRequest, see_other
from deliberation.phases import Action

Code = Annotated[str, msgspec.Meta(max_length=20)]
Line = Annotated[str, msgspec.Meta(max_length=120)]
Words = Annotated[str, msgspec.Meta(max_length=300)]
Needed = Annotated[str, msgspec.Meta(min_length=4, max_length=300)]
BASE = "/c/{slug:str}/coalitions/{number:int}/commitments/{which:int}"
MAY = {"action": Action.COMMIT}


class DeliverableForm(msgspec.Struct):
    words: Needed
    due_on: datetime.date


class SettleForm(msgspec.Struct):
    status: Literal["done", "dropped", "open"]
    note: Words = ""


class ResourceForm(msgspec.Struct):
    kind: Code
    amount: Decimal | None = None
    unit: Code = ""
    words: Annotated[str, msgspec.Meta(max_length=200)] = ""
    from_role: Line = ""


class PledgeForm(msgspec.Struct):
    office: Annotated[str, msgspec.Meta(min_length=4, max_length=120)]
    level: Code
    asset: Code
    due_on: datetime.date
    words: Words = ""
    is_open: bool = False


class PledgeAnswerForm(msgspec.Struct):
    what: Literal["renew", "changed", "kept", "withdraw", "open", "close"]


class EvidenceForm(msgspec.Struct):
    about: Code
    claim: Needed
    source: Words = ""
    kind: Code = ""
    place: Line = ""
    year: Annotated[int, msgspec.Meta(ge=1900, le=2999)] | None = None


class CheckForm(msgspec.Struct):
    checked_by: Annotated[str, msgspec.Meta(min_length=4, max_length=120)]


class BarrierForm(msgspec.Struct):
    kind: Code
    words: Needed
    owner_kind: Code
    ask: Annotated[str, msgspec.Meta(min_length=4, max_length=500)]
    owner: Line = ""
    place: Line = ""


class FollowForm(msgspec.Struct):
    what: Literal["asked", "answered", "lifted", "reopen"]
    reply_due: datetime.date | None = None
    answer: Annotated[str, msgspec.Meta(max_length=1000)] = ""


async def _carried_out(
    request: AnyRequest,
    actor: Actor,
    number: int,
    which: int,
    form: Filled[Any],
    act: Callable[..., Awaitable[None]],
    *,
    at: str,
    said: str,
    more: Mapping[str, Any] | None = None,
) -> Response[Any]:
    """The action with what the form says, and back to the commitment; or the page again with what was typed."""
    coalition, _, whole = await load(actor, number, which)
    if form.is_valid:
        given = msgspec.structs.asdict(form.data) | dict(more or {})
        try:
            await act(coalition=coalition, commitment=whole.commitment, by=actor, form=form, **given)
            section = at.partition("-")[0]
            return see_other(request, f"{home(actor, coalition, which)}#{section}", said=said)
        except Invalid as refusal:
            form.errors[refusal.field or next(iter(form.typed), "")] = refusal
    return await show_page(request, actor, number, which, form, at=at, status=422)


@post(f"{BASE}/deliverables", opt=MAY, status_code=200)
async def add_deliverable(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int], which: FromPath[int]
) -> Response[Any]:
    form = await read(request, DeliverableForm)
    said = gettext("The deliverable is there.")
    return await _carried_out(
        request, actor, number, which, form, commitments.add_deliverable, at="deliverables", said=said
    )


@post(f"{BASE}/deliverables/{{item:int}}/remove", opt=MAY, status_code=200)
async def remove_deliverable(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    number: FromPath[int],
    which: FromPath[int],
    item: FromPath[int],
) -> Response[Any]:
    form = await read(request, NoFields)
    act, said = commitments.remove_deliverable, gettext("The deliverable is taken out.")
    return await _carried_out(
        request, actor, number, which, form, act, at="deliverables", said=said, more={"number": item}
    )


@post(f"{BASE}/deliverables/{{item:int}}", opt=MAY, status_code=200)
async def settle_deliverable(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    number: FromPath[int],
    which: FromPath[int],
    item: FromPath[int],
) -> Response[Any]:
    form = await read(request, SettleForm)
    act, at = commitments.settle_deliverable, f"deliverables-{item}"
    return await _carried_out(
        request,
        actor,
        number,
        which,
        form,
        act,
        at=at,
        said=gettext("The deliverable is updated."),
        more={"number": item},
    )


@post(f"{BASE}/resources", opt=MAY, status_code=200)
async def add_resource(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int], which: FromPath[int]
) -> Response[Any]:
    form = await read(request, ResourceForm)
    said = gettext("The resource is there.")
    return await _carried_out(request, actor, number, which, form, commitments.add_resource, at="resources", said=said)


@post(f"{BASE}/resources/{{item_id:uuid}}/remove", opt=MAY, status_code=200)
async def remove_resource(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    number: FromPath[int],
    which: FromPath[int],
    item_id: FromPath[UUID],
) -> Response[Any]:
    form = await read(request, NoFields)
    act, said = commitments.remove_resource, gettext("The resource is taken out.")
    return await _carried_out(
        request, actor, number, which, form, act, at="resources", said=said, more={"resource": item_id}
    )


@post(f"{BASE}/pledges", opt=MAY, status_code=200)
async def pledge(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int], which: FromPath[int]
) -> Response[Any]:
    form = await read(request, PledgeForm)
    said = gettext("The pledge is there. It is due again in six months, or when the office changes hands.")
    return await _carried_out(request, actor, number, which, form, backing.pledge, at="pledges", said=said)


@post(f"{BASE}/pledges/{{item_id:uuid}}", opt=MAY, status_code=200)
async def answer_pledge(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    number: FromPath[int],
    which: FromPath[int],
    item_id: FromPath[UUID],
) -> Response[Any]:
    form = await read(request, PledgeAnswerForm)
    act, said = backing.answer_pledge, gettext("The pledge is updated.")
    return await _carried_out(
        request, actor, number, which, form, act, at="pledges", said=said, more={"pledge": item_id}
    )


@post(f"{BASE}/evidence", opt=MAY, status_code=200)
async def add_evidence(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int], which: FromPath[int]
) -> Response[Any]:
    form = await read(request, EvidenceForm)
    said = gettext("The claim is there. Another partner can check its source.")
    return await _carried_out(request, actor, number, which, form, backing.add_evidence, at="evidence", said=said)


@post(f"{BASE}/evidence/{{item_id:uuid}}/check", opt=MAY, status_code=200)
async def check_evidence(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    number: FromPath[int],
    which: FromPath[int],
    item_id: FromPath[UUID],
) -> Response[Any]:
    form = await read(request, CheckForm)
    act, said = backing.check_evidence, gettext("You have checked the claim.")
    return await _carried_out(
        request, actor, number, which, form, act, at=f"evidence-{item_id}", said=said, more={"card": item_id}
    )


@post(f"{BASE}/evidence/{{item_id:uuid}}/remove", opt=MAY, status_code=200)
async def remove_evidence(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    number: FromPath[int],
    which: FromPath[int],
    item_id: FromPath[UUID],
) -> Response[Any]:
    form = await read(request, NoFields)
    act, said = backing.remove_evidence, gettext("You have taken the claim back.")
    return await _carried_out(
        request, actor, number, which, form, act, at="evidence", said=said, more={"card": item_id}
    )


@post(f"{BASE}/barriers", opt=MAY, status_code=200)
async def add_barrier(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int], which: FromPath[int]
) -> Response[Any]:
    form = await read(request, BarrierForm)
    said = gettext("The barrier is there, and on the list of its owner.")
    return await _carried_out(request, actor, number, which, form, backing.add_barrier, at="barriers", said=said)


@post(f"{BASE}/barriers/{{item:int}}", opt=MAY, status_code=200)
async def follow_barrier(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    number: FromPath[int],
    which: FromPath[int],
    item: FromPath[int],
) -> Response[Any]:
    form = await read(request, FollowForm)
    act, at = backing.follow_barrier, f"barriers-{item}-{form.get('what')}"
    return await _carried_out(
        request, actor, number, which, form, act, at=at, said=gettext("The barrier is updated."), more={"number": item}
    )


HANDLERS = [
    add_deliverable,
    remove_deliverable,
    settle_deliverable,
    add_resource,
    remove_resource,
    pledge,
    answer_pledge,
    add_evidence,
    check_evidence,
    remove_evidence,
    add_barrier,
    follow_barrier,
]
