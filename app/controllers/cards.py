"""One's own card: what I bring, what I need, what I must get out of it; and what cards say together or openly."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from app.access import Actor
from app.actions import cards
from app.analysis import cards as bridge
from app.analysis.cards import PARTS, Written
from app.forms import NOT_A_CHOICE, OUT_OF_RANGE, Filled, NoFields, blank, read
from app.language import gettext
from app.refusals import N_
from app.rendering import AnyRequest, page, see_other, url
from app.taxonomies import cards as terms
from app.taxonomies import constituencies, moderation_reasons, regions, sdgs, targets
from deliberation.phases import Action

KINDS = tuple(entry.code for entry in terms.of_kind(terms.RESOURCE))
MOST_SERVED = 20
PER_PAGE = 40
MOST_NAMED, MOST_LETTERS = 20, 160
PART_NAMES = {
    "offers": N_("What I bring"),
    "needs": N_("What I need"),
    "must_get": N_("What I must get out of it"),
    "motivation": N_("Why I would do it"),
    "place": N_("Where"),
    "goals": N_("Goals I would carry"),
    "red_lines": N_("Red lines"),
}
CLOSING_REASONS = ("personal_data", "abuse", "advertising", "legal")

Sentence = Annotated[str, msgspec.Meta(max_length=300)]
Served = Annotated[int, msgspec.Meta(ge=1, le=MOST_SERVED)]
Codes = Annotated[list[str], msgspec.Meta(max_length=60)]


class _Fields(msgspec.Struct):
    """What stands on a card once; each kind of help has its three inputs besides."""

    must_get: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    motivation: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    region: Annotated[str, msgspec.Meta(max_length=40)] = ""
    place: Annotated[str, msgspec.Meta(max_length=120)] = ""
    goals: Annotated[list[int], msgspec.Meta(max_length=17)] = []
    targets: Annotated[str, msgspec.Meta(max_length=200)] = ""
    refused_organisations: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    refused_constituencies: Codes = []
    refused_terms: Codes = []
    required_terms: Codes = []
    red_lines: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    open_parts: Codes = []
    cause: Annotated[str, msgspec.Meta(max_length=40)] = ""
    add_need: bool = False


CardForm = msgspec.defstruct(
    "CardForm",
    [
        *((f"offer_{kind}", Sentence, "") for kind in KINDS),
        *((f"served_{kind}", Served, 1) for kind in KINDS),
        *((f"need_{kind}", Sentence, "") for kind in KINDS),
    ],
    bases=(_Fields,),
)


class CloseForm(msgspec.Struct):
    reason_code: Annotated[str, msgspec.Meta(max_length=40)]


@get("/c/{slug:str}/card", opt={"action": Action.SEE_OWN})
async def show(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    assert actor.participant is not None
    found = await bridge.own_card(actor.participant.id)
    form = blank(**(_typed(found[0]) if found else {"region": actor.participant.region}))
    form.version = found[1] if found else None
    return _edit_page(request, actor, form, has_card=found is not None)


def _typed(card: Written) -> dict[str, Any]:
    """The card as the fields of its form."""
    typed: dict[str, Any] = {name: getattr(card, name) for name in ("must_get", "motivation", "region", "place")}
    typed |= {f"offer_{kind}": sentence for kind, (sentence, _) in card.offers.items()}
    typed |= {f"served_{kind}": str(served) for kind, (_, served) in card.offers.items()}
    typed |= {f"need_{kind}": sentence for kind, sentence in card.needs.items()}
    typed |= {"cause": card.cause, "red_lines": card.red_lines, "goals": [str(goal) for goal in card.goals]}
    typed |= {"targets": ", ".join(card.targets), "refused_organisations": "\n".join(card.refused_organisations)}
    return typed | {
        name: list(getattr(card, name))
        for name in ("refused_constituencies", "refused_terms", "required_terms", "open_parts")
    }


def _edit_page(
    request: AnyRequest, actor: Actor, form: Filled[Any], *, has_card: bool, status: int = 200
) -> Response[Any]:
    return page(
        request,
        "cards/edit.html",
        status=status,
        actor=actor,
        form=form,
        has_card=has_card,
        kinds=[(kind, gettext(terms.label(kind))) for kind in KINDS],
        causes=[(entry.code, gettext(entry.label)) for entry in terms.of_kind(terms.CAUSE)],
        term_options=[(entry.code, gettext(entry.label)) for entry in terms.of_kind(terms.TERM)],
        constituencies=[(code, gettext(label)) for code, label in constituencies.options()],
        regions=[(code, gettext(label)) for code, label in regions.options()],
        goals=[(str(goal.number), f"{goal.number} · {gettext(goal.title)}") for goal in sdgs.GOALS],
        part_names=PART_NAMES,
        refused=actor.why_not(Action.KEEP_CARD),
    )


@post("/c/{slug:str}/card", opt={"action": Action.KEEP_CARD}, status_code=200)
async def keep(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    assert actor.participant is not None
    form: Filled[Any] = await read(request, CardForm)
    for name in [name for name in form.errors if name.startswith("served_")]:
        form.refuse(name, OUT_OF_RANGE, low=1, high=MOST_SERVED)
    card = _card(form) if form.is_valid else None
    if card is None or not form.is_valid:
        has_card = await bridge.own_card(actor.participant.id) is not None
        return _edit_page(request, actor, form, has_card=has_card, status=422)
    said = gettext("Your card is kept. Nobody sees more of it than you have opened.")
    completed = cards.with_cause_as_need(card) if form.parsed is not None and form.data.add_need else card
    if completed != card:
        said += " " + gettext("A need was added; you can put it in your own words.")
    await cards.keep(card=completed, version=form.version, by=actor, form=form)
    return see_other(request, url(f"/c/{actor.consultation.slug}/card"), said=said)


def _card(form: Filled[Any]) -> Written:
    """The card as it was filled in; what cannot be is refused in the form."""
    given = form.data
    _check_codes(form)
    numbers, names = _targets(form), _names(form)
    offers = {kind: (getattr(given, f"offer_{kind}"), getattr(given, f"served_{kind}")) for kind in KINDS}
    needs = {kind: getattr(given, f"need_{kind}") for kind in KINDS}
    return Written(
        offers={kind: offer for kind, offer in offers.items() if offer[0]},
        needs={kind: sentence for kind, sentence in needs.items() if sentence},
        cause=given.cause if needs["finance"] else "",
        must_get=given.must_get,
        motivation=given.motivation,
        region=given.region,
        place=given.place,
        goals=tuple(sorted({*given.goals, *(int(target.partition(".")[0]) for target in numbers)})),
        targets=numbers,
        refused_organisations=names,
        refused_constituencies=tuple(given.refused_constituencies),
        refused_terms=tuple(given.refused_terms),
        required_terms=tuple(given.required_terms),
        red_lines=given.red_lines,
        open_parts=tuple(given.open_parts),
    )


def _targets(form: Filled[Any]) -> tuple[str, ...]:
    """The numbers of targets that were typed; a goal is carried with its target."""
    found = tuple(dict.fromkeys(part.lower() for part in re.split(r"[\s,;]+", form.data.targets) if part))
    for part in found:
        if not targets.is_target(part):
            form.refuse("targets", N_("“%(part)s” is not a target. Targets look like 6.1 or 17.16."), part=part[:20])
            return ()
    return found


def _names(form: Filled[Any]) -> tuple[str, ...]:
    """The organisations that were named, one on each line."""
    lines = (" ".join(line.split()) for line in re.split(r"[\n;]+", form.data.refused_organisations))
    found = tuple(dict.fromkeys(line for line in lines if line))
    if len(found) > MOST_NAMED or any(len(name) > MOST_LETTERS for name in found):
        form.refuse("refused_organisations", N_("At most %(n)s names, one on each line."), n=MOST_NAMED)
    return found


def _check_codes(form: Filled[Any]) -> None:
    given = form.data
    known: dict[str, Iterable[Any]] = {
        "goals": range(1, 18),
        "refused_constituencies": constituencies.codes(),
        "refused_terms": [entry.code for entry in terms.of_kind(terms.TERM)],
        "required_terms": [entry.code for entry in terms.of_kind(terms.TERM)],
        "open_parts": PARTS,
    }
    unknown = [name for name, codes in known.items() if set(getattr(given, name)) - set(codes)]
    unknown += ["region"] if given.region and given.region not in regions.codes() else []
    unknown += ["cause"] if given.cause and given.cause not in terms.MEETS else []
    for name in unknown:
        form.refuse(name, NOT_A_CHOICE)
    if set(given.refused_terms) & set(given.required_terms):
        form.refuse("refused_terms", N_("The same term cannot be needed and refused at once."))


@post("/c/{slug:str}/card/withdraw", opt={"action": Action.KEEP_CARD}, status_code=303)
async def withdraw(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, NoFields)
    await cards.withdraw(by=actor, form=form)
    said = gettext("Your card is deleted, and with it every wish about a contact.")
    return see_other(request, url(f"/c/{actor.consultation.slug}/card"), said=said)


@get("/c/{slug:str}/cards", opt={"action": Action.SEE_CARDS})
async def index(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    number: Annotated[int, QueryParameter(name="page", ge=1, le=10_000)] = 1,
) -> Response[Any]:
    opened = await bridge.open_cards(actor.consultation.id)
    n_pages = max(-(-len(opened) // PER_PAGE), 1)
    place = min(number, n_pages)
    return page(
        request,
        "cards/index.html",
        actor=actor,
        overview=await bridge.overview_of(actor.consultation),
        opened=opened[(place - 1) * PER_PAGE : place * PER_PAGE],
        place=place,
        n_pages=n_pages,
        words=words(),
        can_close=actor.may(Action.MODERATE),
        reasons=[(code, gettext(moderation_reasons.label(code))) for code in CLOSING_REASONS],
    )


def words() -> dict[str, Any]:
    """What the templates need to word the codes of a card."""
    return {
        "kind": {kind: gettext(terms.label(kind)) for kind in KINDS},
        "term": {entry.code: gettext(entry.label) for entry in terms.of_kind(terms.TERM)},
        "cause": {entry.code: gettext(entry.label) for entry in terms.of_kind(terms.CAUSE)},
        "constituency": {code: gettext(label) for code, label in constituencies.options()},
        "region": {code: gettext(label) for code, label in regions.options()},
        "part": {part: gettext(name) for part, name in PART_NAMES.items()},
    }


@post("/c/{slug:str}/cards/{card_id:uuid}/close", opt={"action": Action.MODERATE}, status_code=303)
async def close(request: AnyRequest, actor: NamedDependency[Actor], card_id: FromPath[UUID]) -> Response[Any]:
    form = await read(request, CloseForm)
    back = url(f"/c/{actor.consultation.slug}/cards")
    if not form.is_valid or form.data.reason_code not in CLOSING_REASONS:
        return see_other(request, back, said=gettext("Please choose a reason."))
    await cards.close(card=card_id, reason_code=form.data.reason_code, by=actor, form=form)
    return see_other(request, back, said=gettext("The card is closed, and its owner is told why."))


HANDLERS = [show, keep, withdraw, index, close]
