"""What stands behind a commitment and against it: deliverables, resources, pledges, evidence, barriers.

Each is a form of the commitment's page, and all are received alike: what sets them apart is the table `STEPS`.
"""

from __future__ import annotations

import datetime
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from app.access import Actor
from app.actions import backing, commitments
from app.controllers.commitments import home, load, show_page
from app.forms import NoFields, read
from app.language import gettext
from app.refusals import N_
from app.rendering import AnyRequest, see_other
from deliberation.phases import Action

Code = Annotated[str, msgspec.Meta(max_length=20)]
Line = Annotated[str, msgspec.Meta(max_length=120)]
Words = Annotated[str, msgspec.Meta(max_length=300)]
Needed = Annotated[str, msgspec.Meta(min_length=4, max_length=300)]
BASE = "/c/{slug:str}/coalitions/{number:int}/commitments/{which:int}"


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


@dataclass(frozen=True)
class Step:
    """A form of the page. Below the commitment's address, the first part of `path` is the section it belongs to.

    item : what the action calls the thing that the path names, if it names one
    at : the place in the page that shows the form again when it is refused, where it is not its section's first
    """

    path: str
    shape: type[msgspec.Struct]
    act: Callable[..., Awaitable[None]]
    said: str
    item: str = ""
    at: str = ""


STEPS = (
    Step("deliverables", DeliverableForm, commitments.add_deliverable, N_("The deliverable is there.")),
    Step(
        "deliverables/{item:int}",
        SettleForm,
        commitments.settle_deliverable,
        N_("The deliverable is updated."),
        item="number",
        at="deliverables-{item}",
    ),
    Step(
        "deliverables/{item:int}/remove",
        NoFields,
        commitments.remove_deliverable,
        N_("The deliverable is taken out."),
        item="number",
    ),
    Step("resources", ResourceForm, commitments.add_resource, N_("The resource is there.")),
    Step(
        "resources/{item_id:uuid}/remove",
        NoFields,
        commitments.remove_resource,
        N_("The resource is taken out."),
        item="resource",
    ),
    Step(
        "pledges",
        PledgeForm,
        backing.pledge,
        N_("The pledge is there. It is due again in six months, or when the office changes hands."),
    ),
    Step(
        "pledges/{item_id:uuid}", PledgeAnswerForm, backing.answer_pledge, N_("The pledge is updated."), item="pledge"
    ),
    Step(
        "evidence",
        EvidenceForm,
        backing.add_evidence,
        N_("The claim is there. Another partner can check its source."),
    ),
    Step(
        "evidence/{item_id:uuid}/check",
        CheckForm,
        backing.check_evidence,
        N_("You have checked the claim."),
        item="card",
        at="evidence-{item}",
    ),
    Step(
        "evidence/{item_id:uuid}/remove",
        NoFields,
        backing.remove_evidence,
        N_("You have taken the claim back."),
        item="card",
    ),
    Step("barriers", BarrierForm, backing.add_barrier, N_("The barrier is there, and on the list of its owner.")),
    Step(
        "barriers/{item:int}",
        FollowForm,
        backing.follow_barrier,
        N_("The barrier is updated."),
        item="number",
        at="barriers-{item}-{what}",
    ),
)


def _handler(step: Step) -> HTTPRouteHandler:
    section = step.path.partition("/")[0]

    @post(f"{BASE}/{step.path}", opt={"action": Action.COMMIT, "form": step.shape}, status_code=200)
    async def take(
        request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int], which: FromPath[int]
    ) -> Response[Any]:
        """The action with what the form says, and back to the commitment; or the page again with what was typed."""
        item = request.path_params.get("item") or request.path_params.get("item_id")
        form = await read(request, step.shape)
        coalition, _, whole = await load(actor, number, which)
        if form.is_valid:
            given = msgspec.structs.asdict(form.data) | ({step.item: item} if step.item else {})
            with form.refusals(at=next(iter(form.typed), "")):
                await step.act(coalition=coalition, commitment=whole.commitment, by=actor, form=form, **given)
                return see_other(request, f"{home(actor, coalition, which)}#{section}", said=gettext(step.said))
        at = step.at.format(item=item, **form.typed) or section
        return await show_page(request, actor, number, which, form, at=at, status=422)

    return take


HANDLERS = [_handler(step) for step in STEPS]
