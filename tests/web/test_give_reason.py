"""POST /c/{slug}/desk/reasons/{number}: every difference gets a code and a sentence, and nothing typed is lost."""

from __future__ import annotations

import json

from app.database import fetchval
from app.taxonomies import curation_reasons
from deliberation.curation import ReasonCode
from tests import slates
from tests.cast import signed_in

DESK = "/en/c/water/desk"
HTMX = {"hx-request": "true"}


async def with_one_dropped(client):
    here = await slates.curating()
    gus = await signed_in(client, "gus")
    await gus.get(DESK)
    frozen, draft = await slates.stored(here)
    stance = frozen.slate.stances[0]
    number = (await slates.proposal_of(stance)).number
    await gus.post(f"{DESK}/items/{number}/remove", await slates.fields(draft, stance))
    _, draft = await slates.stored(here)
    return here, gus, draft, stance, number


async def test_a_reason_is_kept_shown_and_on_record(client):
    here, gus, draft, stance, number = await with_one_dropped(client)
    assert "Reason needed" in (await gus.get(DESK)).text
    sent = await slates.fields(draft, stance, reason_code="legal", sentence="The treaty does not allow it.")
    answer = await gus.post(f"{DESK}/reasons/{number}", sent, headers=HTMX)
    assert answer.status_code == 200
    before = slates.section(answer.text, "h-before")
    assert curation_reasons.label("legal") in before and "The treaty does not allow it." in before
    assert "Reason needed" not in answer.text
    assert "Every difference has its reason." in answer.text
    _, after = await slates.stored(here)
    assert after.reasons[stance].code is ReasonCode.LEGAL
    payload = json.loads(await fetchval("select payload from audit_events where action = 'curation.give_reason'"))
    assert payload["reason_code"] == "legal"


async def test_a_reason_without_its_code_or_sentence_is_refused_and_the_rest_kept(client):
    here, gus, draft, stance, number = await with_one_dropped(client)
    sent = await slates.fields(draft, stance, reason_code="", sentence="We could not agree on it.")
    answer = await gus.post(f"{DESK}/reasons/{number}", sent)
    assert answer.status_code == 422
    assert "We could not agree on it." in answer.text
    assert "Please choose one of the reasons." in answer.text
    sent = await slates.fields(draft, stance, reason_code="legal", sentence="   ")
    answer = await gus.post(f"{DESK}/reasons/{number}", sent)
    assert answer.status_code == 422
    assert "Please give the reason in a sentence." in answer.text
    assert '<option value="legal" selected>' in answer.text
    for odd in ("none_of_these", "x" * 100):
        sent = await slates.fields(draft, stance, reason_code=odd, sentence="Because.")
        assert (await gus.post(f"{DESK}/reasons/{number}", sent)).status_code == 422
    _, after = await slates.stored(here)
    assert after.reasons == {}


async def test_a_stale_reason_is_handed_back(client):
    _here, gus, draft, stance, number = await with_one_dropped(client)
    sent = await slates.fields(draft, stance, reason_code="legal", sentence="The treaty forbids it.")
    answer = await gus.post(f"{DESK}/reasons/{number}", sent | {"_version": "1"})
    assert answer.status_code == 409
    assert "What you wrote was not saved" in answer.text and "The treaty forbids it." in answer.text


async def test_after_the_close_the_sentence_is_handed_back(client):
    here, gus, draft, stance, number = await with_one_dropped(client)
    await slates.end_round(here, 2)
    sent = await slates.fields(draft, stance, reason_code="legal", sentence="The treaty forbids it.")
    answer = await gus.post(f"{DESK}/reasons/{number}", sent)
    assert answer.status_code == 410


async def test_a_reason_cannot_be_given_for_what_is_on_neither_slate(client):
    here, gus, draft, _stance, _number = await with_one_dropped(client)
    frozen, _ = await slates.stored(here)
    other = await slates.left_out(frozen, draft)
    sent = await slates.fields(draft, other, reason_code="legal", sentence="It never was.")
    path = f"{DESK}/reasons/{(await slates.proposal_of(other)).number}"
    assert (await gus.post(path, sent)).status_code == 409


async def test_script_in_a_sentence_stays_text(client):
    _here, gus, draft, stance, number = await with_one_dropped(client)
    sent = await slates.fields(draft, stance, reason_code="unclear", sentence="<script>alert(1)</script>")
    await gus.post(f"{DESK}/reasons/{number}", sent)
    page = (await gus.get(DESK)).text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
