"""The summary: its page and versions, its editor, and its two signatures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

import msgspec
from litestar import MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from app.access import Actor
from app.actions import summaries
from app.analysis import governance, holding, integrity, replies
from app.analysis.summary import gather
from app.controllers.files import attached, has_pdf
from app.documents import compare, snapshot, wording
from app.documents.added import AUDIENCES, OPEN_TO_ADDITIONS, Added, FollowUp
from app.documents.balance import BalanceTest, failed, in_words
from app.documents.model import Document, Passage, Section
from app.documents.summary import introduction
from app.documents.summary_pictures import bars_of, of_summary
from app.forms import Filled, NoFields, blank, read
from app.language import gettext
from app.refusals import N_, Conflict, Denied, Invalid, NotFound, Refusal
from app.rendering import AnyRequest, page, see_other, url
from app.settings import get_settings
from deliberation.phases import Action, Role
from deliberation.snapshots import key_id_of, public_key_of

Number = Annotated[str, QueryParameter(name="number")]
Other = Annotated[str, QueryParameter(name="with")]
IsDraft = Annotated[str, QueryParameter(name="draft")]
STAFF = frozenset({Role.CONVENOR, Role.CURATOR, Role.MODERATOR, Role.AUDITOR})
N_FOLLOW_UP = 5
NOT_AS_SIGNED = N_("The slate does not stand as it was signed. The curation ledger says what differs.")
NOTHING_YET = N_("No summary has been published yet.")

Text = Annotated[str, msgspec.Meta(max_length=2000)]
Line = Annotated[str, msgspec.Meta(max_length=300)]


def _edit_form() -> type[msgspec.Struct]:
    """One field for each section and each line of the follow-up, so that unknown fields are refused by name."""
    fields: list[tuple[str, Any, Any]] = [("introduction", Text, "")]
    fields += [(f"section_{code}", Text, "") for code in OPEN_TO_ADDITIONS]
    fields += [(f"version_{code}", Text, "") for code in AUDIENCES]
    for place in range(1, N_FOLLOW_UP + 1):
        fields += [(f"what_{place}", Line, ""), (f"who_{place}", Line, ""), (f"by_when_{place}", Line, "")]
    fields += [("balance_reason", Text, ""), ("correction", Text, "")]
    return msgspec.defstruct("EditForm", fields)


EditForm = _edit_form()


# -------- reading


async def may_see_draft(actor: Actor) -> bool:
    """Whether a draft is theirs to read: staff's, and the drawn participant's once it is signed first."""
    if actor.roles & STAFF:
        return True
    if actor.participant is None:
        return False
    row = await summaries.latest(actor.consultation.id, "draft")
    is_signed = row is not None and "first_role" in summaries.plain(row.document)
    return is_signed and row is not None and actor.participant.id == await summaries.drawn(actor, row.number)


async def _published(actor: Actor, number: str) -> tuple[dict[str, Any] | None, list[tuple[int, bool]]]:
    """The published record that was asked for, else the newest; and all numbers with whether each was corrected."""
    rows = await summaries.published(actor.consultation.id)
    wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else None
    if number and wanted not in {row.number for row in rows}:
        raise NotFound
    chosen = next((row for row in rows if wanted in (None, row.number)), None)
    numbers = [(row.number, row.is_corrected) for row in rows]
    return (None if chosen is None else summaries.plain(chosen.snapshot)), numbers


def body_of(draft: summaries.Draft, actor: Actor) -> dict[str, Any]:
    """The draft as it is signed, if it is signed already; else as it would be now."""
    held = summaries.plain(draft.row.document) if draft.row else {}
    if "first_role" in held:
        body: dict[str, Any] = held["body"]
        return body
    return summaries.body_of(draft, actor)


def _view(record: Mapping[str, Any]) -> dict[str, Any]:
    """What the templates need of a snapshot or of a draft's body."""
    body = record.get("snapshot", record)
    document, added = Document.from_json(body["document"]), Added.from_json(body["added"])
    return {
        "body": body,
        "record": record if "hash" in record else None,
        "document": document,
        # Summaries of earlier versions have it beside their document.
        "opening": []
        if document.section("introduction")
        else introduction({one.id: one for one in document.facts}, added),
        "bars": bars_of(document),
        "pictures": of_summary(body),
        "words": wording,
        "tests": [(BalanceTest(**one), *in_words(BalanceTest(**one))) for one in body["balance"]["tests"]],
        "balance_reason": body["balance"]["reason"],
    }


@get("/c/{slug:str}/summary", opt={"action": Action.SEE_SUMMARY})
async def show_summary(
    request: AnyRequest, actor: NamedDependency[Actor], number: Number = "", is_draft: IsDraft = ""
) -> Response[Any]:
    record, numbers = await _published(actor, number)
    sees_draft = await may_see_draft(actor)
    asked_until = await summaries.asked_until(actor)
    if sees_draft and (record is None or is_draft == "1"):
        draft = await summaries.draft_of(actor)
        if draft is None:
            return page(request, "summary/none.html", actor=actor, why=gettext(summaries.NOT_READY), asked_until=None)
        return page(
            request,
            "summary/show.html",
            actor=actor,
            is_draft=True,
            has_pdf=await has_pdf(),
            numbers=numbers,
            problems=draft.problems,
            sees_draft=True,
            draft=draft,
            asked_until=asked_until,
            link=partial(_passage_link, actor) if _may_change(actor, draft) else None,
            **_view(body_of(draft, actor)),
        )
    if record is None:
        return page(request, "summary/none.html", actor=actor, why=gettext(NOTHING_YET), asked_until=asked_until)
    return page(
        request,
        "summary/show.html",
        actor=actor,
        is_draft=False,
        has_pdf=await has_pdf(),
        numbers=numbers,
        problems=(),
        sees_draft=sees_draft,
        has_reply=await replies.is_told(actor.consultation.id),
        draft=None,
        link=None,
        asked_until=asked_until,
        **_view(record),
    )


def _may_change(actor: Actor, draft: summaries.Draft) -> bool:
    return actor.why_not(Action.WRITE_SUMMARY) is None and not draft.is_open


def _passage_link(actor: Actor, _section: Section, passage: Passage) -> tuple[str, str] | None:
    """Where a convenor changes this passage; what they wrote themselves is changed in the editor."""
    if not passage.key:
        return None
    path = url(f"/c/{actor.consultation.slug}/summary/passage", passage=passage.key)
    return path, gettext("Change this passage")


@get("/c/{slug:str}/summary/compare", opt={"action": Action.SEE_SUMMARY})
async def compare_summaries(
    request: AnyRequest, actor: NamedDependency[Actor], number: Number = "", other: Other = ""
) -> Response[Any]:
    """One published summary beside another, by default the one before it."""
    after = await record_of(actor, number)
    wanted = other or str(after["snapshot"]["number"] - 1)
    before = await record_of(actor, wanted)
    return page(
        request,
        "summary/compare.html",
        actor=actor,
        before=before["snapshot"]["number"],
        after=after["snapshot"]["number"],
        reason=after["snapshot"]["added"].get("correction", ""),
        differences=compare.differences(before["snapshot"], after["snapshot"]),
    )


async def record_of(actor: Actor, number: str) -> dict[str, Any]:
    """The published record that was asked for, else the newest. Raises NotFound where there is none."""
    record, _ = await _published(actor, number)
    if record is None:
        raise NotFound
    return record


@get("/c/{slug:str}/slate.json", opt={"action": Action.SEE_SLATES})
async def slate_as_json(actor: NamedDependency[Actor]) -> Response[str]:
    material = await gather(actor)
    if material is None or material.slates.curated is None:
        raise NotFound
    findings = await integrity.examine(actor.consultation.id)
    if any(not one.holds and one.table.startswith(("slate_", "curated_")) for one in findings):
        # What was changed behind the platform's back is not signed anew.
        raise Conflict(NOT_AS_SIGNED)
    head = await governance.head_of(str(actor.consultation.id))
    record = snapshot.curated_slate(
        material, actor.consultation, actor.rounds, signers=material.slates.signers, head=snapshot.Head(*head)
    )
    text = json.dumps(record, ensure_ascii=False, indent=1)
    return attached(text, f"{actor.consultation.slug}-slate.json", MediaType.JSON)


@get("/.well-known/plenary-key.json", opt={"action": Action.SEE_SITE}, sync_to_thread=False)
def public_key() -> dict[str, Any]:
    """The key by which anybody can check what was published here."""
    key = public_key_of(get_settings().signing_key)
    return {"keys": [{"key_id": key_id_of(key), "algorithm": "ed25519", "public_key": key}]}


# -------- writing


def _typed(added: Added) -> dict[str, str]:
    typed = {"introduction": added.introduction, "balance_reason": added.balance_reason, "correction": added.correction}
    typed |= {f"version_{code}": added.versions.get(code, "") for code in AUDIENCES}
    typed |= {f"section_{code}": added.sentences.get(code, "") for code in OPEN_TO_ADDITIONS}
    for place in range(1, N_FOLLOW_UP + 1):
        one = added.follow_up[place - 1] if place <= len(added.follow_up) else FollowUp("", "", "")
        typed |= {f"what_{place}": one.what, f"who_{place}": one.who, f"by_when_{place}": one.by_when}
    return typed


def _added(form: Filled[Any], kept: Added, language: str) -> Added:
    """What the form holds; changes of single passages have pages of their own and stay."""
    data = msgspec.structs.asdict(form.data)
    lines = [
        FollowUp(data[f"what_{place}"], data[f"who_{place}"], data[f"by_when_{place}"])
        for place in range(1, N_FOLLOW_UP + 1)
    ]
    for place, one in enumerate(lines, 1):
        if (one.who or one.by_when) and not one.what:
            form.refuse(f"what_{place}", N_("Please say what follows, or leave the whole line empty."))
    return replace(
        kept,
        introduction=data["introduction"],
        follow_up=tuple(one for one in lines if one.what),
        sentences={code: data[f"section_{code}"] for code in OPEN_TO_ADDITIONS if data[f"section_{code}"]},
        versions={code: data[f"version_{code}"] for code in AUDIENCES if data[f"version_{code}"]},
        balance_reason=data["balance_reason"],
        correction=data["correction"],
        language=language,
    )


async def _edit_page(
    request: AnyRequest,
    actor: Actor,
    form: Filled[Any] | None = None,
    *,
    status: int = 200,
    theirs: Mapping[str, str] | None = None,
) -> Response[Any]:
    draft = await summaries.draft_for(actor)
    sections = [(one.code, one.title) for one in draft.document.sections if one.code in OPEN_TO_ADDITIONS]
    return page(
        request,
        "summary/edit.html",
        status=status,
        actor=actor,
        draft=draft,
        form=form or blank(**_typed(draft.added)),
        version=draft.version,
        sections=sections,
        audiences=AUDIENCES,
        n_follow_up=N_FOLLOW_UP,
        theirs=theirs,
        names=_field_names(sections),
        tests=[(one, *in_words(one)) for one in draft.tests],
        has_failed=bool(failed(draft.tests)),
    )


def _field_names(sections: list[tuple[str, str]]) -> dict[str, str]:
    names = {"introduction": gettext("Introduction"), "balance_reason": gettext("Public reason")}
    names |= {f"section_{code}": gettext(title) for code, title in sections}
    names |= {f"version_{code}": gettext(title) for code, title in AUDIENCES.items()}
    return names | {f"what_{place}": gettext("Follow-up") for place in range(1, N_FOLLOW_UP + 1)}


@get("/c/{slug:str}/summary/edit", opt={"action": Action.WRITE_SUMMARY})
async def show_editor(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return await _edit_page(request, actor)


@post("/c/{slug:str}/summary/edit", opt={"action": Action.WRITE_SUMMARY}, status_code=200)
async def write_summary(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, EditForm)
    draft = await summaries.draft_for(actor)
    added = _added(form, draft.added, actor.consultation.language) if form.is_valid else None
    if added is None or not form.is_valid:
        return await _edit_page(request, actor, form, status=422)
    try:
        await summaries.write(added=added, version=form.version or 0, by=actor, form=form)
    except Conflict:
        return await _edit_page(request, actor, form, status=409, theirs=_typed(draft.added))
    path = f"/c/{actor.consultation.slug}/summary"
    return see_other(request, url(path, draft="1"), said=gettext("The draft is saved."))


# -------- signing


async def _sign_page(
    request: AnyRequest, actor: Actor, *, status: int = 200, refused: Refusal | None = None
) -> Response[Any]:
    draft = await summaries.draft_for(actor)
    is_held = bool(draft.first_role)
    body = body_of(draft, actor)
    return page(
        request,
        "summary/sign.html",
        status=status,
        actor=actor,
        draft=draft,
        is_held=is_held,
        held=await holding.held(actor.consultation.id),
        refused=refused or await _why_not(actor, draft),
        tests=[(BalanceTest(**one), *in_words(BalanceTest(**one))) for one in body["balance"]["tests"]],
        names=_field_names([(one.code, one.title) for one in draft.document.sections]),
    )


async def _why_not(actor: Actor, draft: summaries.Draft) -> Refusal | None:
    """Why this person cannot sign now, in the sentence that the action would refuse with."""
    if draft.problems:
        return draft.problems[0]
    signed = await summaries.signed_by(draft.row) if draft.row else set()
    if actor.person is not None and actor.person.id in signed:
        return Denied(summaries.OTHER_PERSON)
    try:
        await summaries.signing_role(actor, draft.number, is_first=not signed)
    except Denied as refusal:
        return refusal
    return await holding.held(actor.consultation.id) if signed else None


@get("/c/{slug:str}/summary/sign", opt={"action": Action.PUBLISH_SUMMARY})
async def show_signing(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    if not await may_see_draft(actor):
        raise Denied(summaries.NOT_YOURS)
    return await _sign_page(request, actor)


@post("/c/{slug:str}/summary/sign", opt={"action": Action.PUBLISH_SUMMARY}, status_code=200)
async def sign_summary(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    if not await may_see_draft(actor):
        raise Denied(summaries.NOT_YOURS)
    form = await read(request, NoFields)
    try:
        row = await summaries.sign(by=actor, version=form.version or 0, form=form)
    except Invalid as refusal:
        return await _sign_page(request, actor, status=422, refused=refusal)
    path = url(f"/c/{actor.consultation.slug}/summary")
    if row.status == "published":
        return see_other(request, path, said=gettext("The summary is published. Everybody who took part hears of it."))
    said = gettext("You have signed. It is published when a second person signs.")
    return see_other(request, url(f"/c/{actor.consultation.slug}/summary/sign"), said=said)


HANDLERS = [
    show_summary,
    compare_summaries,
    slate_as_json,
    public_key,
    show_editor,
    write_summary,
    show_signing,
    sign_summary,
]
