"""GET /c/{slug}/meeting…: a concept note and an agenda from the summary, to be edited, every figure with its source."""

from __future__ import annotations

import io
import re

import docx
import pytest

from app.actions import summaries
from app.controllers import summary
from app.documents import meeting
from app.documents.agenda import LONGEST, SHORTEST
from app.documents.meeting import DRAFT, Source
from app.language import gettext, use_locale
from tests import factories, rooms
from tests.cast import signed_in

pytestmark = pytest.mark.slow  # a consultation is led through its rounds

PATH = "/c/water/meeting"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


async def body_of(make=rooms.crowd):
    here = await make()
    amara = await factories.actor("amara", here)
    return summary.body_of(await summaries.draft_of(amara), amara)


def opened(content: bytes):
    document = docx.Document(io.BytesIO(content))
    return document, "\n".join(one.text for one in document.paragraphs)


async def test_convenors_prepare_a_meeting_and_nobody_else(client):
    await rooms.crowd()
    amara = await signed_in(client, "amara")
    page = await amara.get(f"/en{PATH}")
    assert page.status_code == 200
    assert "No summary has been published yet" in page.text
    assert f'href="/en{PATH}"' in (await amara.get("/en/c/water/summary")).text
    for name in ("chidi", "ben", "eve", "fatima"):
        other = await signed_in(client, name)
        for path in (PATH, f"{PATH}/note.docx", f"{PATH}/agenda.md"):
            assert (await other.get(f"/en{path}")).status_code == 403


async def test_the_page_plans_the_length_that_is_asked_for(client):
    await rooms.crowd()
    amara = await signed_in(client, "amara")
    page = (await amara.get(f"/en{PATH}?minutes=90&start=09:30")).text
    rows = re.findall(r"<tr><th[^>]*>(\d\d:\d\d)</th><td>([^<]+)</td><td[^>]*>(\d+)</td>", page)
    assert rows[0][0] == "09:30"
    assert sum(int(minutes) for _, _, minutes in rows) == 90
    assert f"/en{PATH}/agenda.docx?minutes=90&amp;start=09%3A30" in page


@pytest.mark.parametrize("asked", ["minutes=91", "minutes=5", "minutes=many", "minutes=900", "start=25:00", "start=9"])
async def test_what_cannot_be_planned_is_said_and_stays_typed(client, asked):
    await rooms.small_room()
    amara = await signed_in(client, "amara")
    answer = await amara.get(f"/en{PATH}?{asked}")
    assert answer.status_code == 422
    assert f'value="{asked.partition("=")[2]}"' in answer.text


async def test_the_agenda_adds_up_for_every_length(database):
    for make in (rooms.crowd, rooms.small_room):
        source = Source.of(await body_of(lambda make=make: make(slug=make.__name__)))
        for minutes in range(SHORTEST, LONGEST + 1, 5):
            slots = meeting.slots(source, minutes)
            assert sum(one.minutes for one in slots) == minutes
            assert [one.starts for one in slots] == [sum(s.minutes for s in slots[:at]) for at in range(len(slots))]
            assert any(one.title == "Break" for one in slots) == (minutes > 150)


async def test_every_figure_of_the_note_leads_to_its_source(database):
    body = await body_of()
    told = meeting.concept_note(body)
    known = {fact["id"] for fact in body["document"]["facts"]}
    assert {fact.id for fact in told.facts} <= known
    marks = {run.fact for one in told.blocks for run in getattr(one, "runs", []) if run.fact}
    anchors = told.blocks[-1].anchors
    assert len(marks) > 20
    assert {f"f{mark}" for mark in marks} <= set(anchors)
    assert [row[1][0].text for row in told.blocks[-1].rows] == [fact.id for fact in told.facts]


@pytest.mark.parametrize("language", ["en", "ar", "zh"])
async def test_the_drafts_can_be_edited_and_say_what_they_are(client, language):
    await rooms.crowd()
    amara = await signed_in(client, "amara")
    with use_locale(language):
        wanted = {
            "note": [gettext(one) for one in ("The question", "Who is at the table", "Common ground to confirm",
                                              "Divides to discuss", "What is on the slate", "Questions to the room")],
            "agenda": [],
        }  # fmt: skip
        draft = gettext(DRAFT)
    for name, headings in wanted.items():
        answer = await amara.get(f"/{language}{PATH}/{name}.docx?minutes=120")
        assert answer.status_code == 200
        assert re.search(r'filename="water-[a-z0-9-]+-draft\.docx"', answer.headers["content-disposition"])
        document, text = opened(answer.content)
        assert draft in text
        assert draft in document.sections[0].header.paragraphs[0].text
        assert "What would bring clean water to every village?" in text
        found = [one.text for one in document.paragraphs if one.style.name == "Heading 2"]
        assert set(headings) <= set(found)
        targets = {one.get(f"{W}anchor") for one in document.element.body.iter(f"{W}hyperlink")}
        bookmarks = {one.get(f"{W}name") for one in document.element.body.iter(f"{W}bookmarkStart")}
        assert targets
        assert targets <= bookmarks
        core = document.core_properties
        assert (core.author, core.last_modified_by, core.comments) == ("", "", "")
        right = [one for one in document.element.body.iter(f"{W}p") if one.find(f"{W}pPr/{W}bidi") is not None]
        assert bool(right) == (language == "ar")
        lines = (await amara.get(f"/{language}{PATH}/{name}.md?minutes=120")).text.splitlines()
        assert any(line.startswith("# ") for line in lines)
        assert f"**{draft}**" in lines
    assert (await amara.get(f"/{language}{PATH}/other.docx")).status_code == 404


async def test_a_published_summary_is_the_source(client):
    here = await rooms.small_room()
    await rooms.shown(here)
    await summaries.sign(by=await factories.actor("amara", here))
    await summaries.sign(by=await factories.actor("gus", here))
    amara = await signed_in(client, "amara")
    record = (await amara.get("/en/c/water/summary.json")).json()
    document, text = opened((await amara.get(f"/en{PATH}/note.docx")).content)
    assert record["hash"][:12] in text
    assert record["hash"][:12] in document.sections[0].footer.paragraphs[0].text
    assert not re.search(r"\d+\s?%", text), "a small room is told in words"
