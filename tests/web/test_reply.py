"""GET and POST /c/{slug}/reply…: we asked, you said, we did, in versions that all stay and in every format."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import timedelta
from html.parser import HTMLParser

import docx
import pytest

from app.actions import replies, summaries
from app.analysis import replies as reading
from app.controllers import replies as controller
from app.database import execute, fetch, fetchval
from app.documents import pdf, reply
from app.documents.reply import Line
from app.language import use_locale
from app.refusals import Conflict, Denied
from deliberation.snapshots import digest
from tests import factories, rooms
from tests.cast import signed_in

pytestmark = pytest.mark.slow  # a consultation is led through its rounds

PATH = "/en/c/water/reply"
LINE = {"statements": "1", "decision": "will_do", "reason": "Each village gets its papers.", "who": "Water agency"}


async def published():
    """A small room whose summary is published."""
    here = await rooms.small_room()
    await rooms.shown(here)
    await summaries.sign(by=await factories.actor("amara", here))
    await summaries.sign(by=await factories.actor("gus", here))
    return here


class Forms(HTMLParser):
    """What a browser would send from the first form of a page that leads to `path`."""

    def __init__(self, path: str):
        super().__init__()
        self.path, self.inside, self.done, self.found, self.area = path, False, False, {}, ""

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form" and not self.done:
            self.inside = given.get("action") == self.path
        name = given.get("name")
        if not (self.inside and name):
            return
        if tag == "textarea":
            self.found[name], self.area = "", name
        elif tag == "input" and (given.get("type") not in ("radio", "checkbox") or "checked" in given):
            self.found[name] = given.get("value") or ""

    def handle_data(self, data):
        if self.inside and self.area:
            self.found[self.area] += data

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.area = ""
        if tag == "form" and self.inside:
            self.inside, self.done = False, True


def form_of(page: str, path: str) -> dict[str, str]:
    forms = Forms(path)
    forms.feed(page)
    return forms.found


async def send(person, path: str, page: str, **fields: str):
    shown = await person.get(page)
    return await person.post(path, data={**form_of(shown.text, path), **fields})


async def answered(amara, **more: str):
    return await send(amara, f"{PATH}/line", f"{PATH}/line?statement=1", **{**LINE, **more})


async def heading(amara, **more: str):
    fields = {"body": "Water agency", "introduction": "Thank you.", "due_on": "", **more}
    return await send(amara, f"{PATH}/edit", f"{PATH}/edit", **fields)


async def test_a_reply_answers_a_published_summary(client):
    await rooms.small_room()
    amara = await signed_in(client, "amara")
    assert (await amara.get(f"{PATH}/edit")).status_code == 403
    assert "Please publish a summary first." in (await amara.get(PATH)).text


async def test_only_convenors_write_and_only_they_see_the_draft(client):
    await published()
    amara = await signed_in(client, "amara")
    assert (await answered(amara)).status_code == 303
    assert "Each village gets its papers." in (await amara.get(f"{PATH}?draft=1")).text
    for name in ("chidi", "ben", "eve"):
        other = await signed_in(client, name)
        assert (await other.get(f"{PATH}/edit")).status_code == 403
        assert (await other.get(f"{PATH}?draft=1")).status_code == 403
        assert (await other.get(f"{PATH}.docx?draft=1")).status_code == 403
        page = await other.get(PATH)
        assert page.status_code == 200
        assert "Each village" not in page.text


async def test_what_is_written_is_published_for_good_and_everybody_hears_of_it(client):
    here = await published()
    amara, eve = await signed_in(client, "amara"), await signed_in(client, "eve")
    await answered(amara, by_when="2099-01-31", theme="finance")
    await heading(amara)
    answer = await send(amara, f"{PATH}/publish", f"{PATH}/edit")
    assert answer.status_code == 303
    page = (await eve.get(PATH)).text
    for words in ("Villages should own the wells they use.", "We will do it", "Each village gets its papers.",
                  "Finance", "Water agency", "31 January 2099", "Thank you.", "Not answered yet"):  # fmt: skip
        assert words in page
    row = (await fetch("select id, record from replies where consultation = $1", here.id))[0]
    record = json.loads(row["record"])
    assert record["hash"] == digest({key: value for key, value in record.items() if key != "hash"})
    assert f'href="{PATH}"' in (await eve.get("/en/c/water/summary")).text
    await replies.announce(reply_id=row["id"])
    with pytest.raises(Conflict):
        await replies.announce(reply_id=row["id"])
    told = await fetch('select "to" from messages where kind = $1', "reply_published")
    assert {one["to"] for one in told} == {"chidi@example.org", "dana@example.org"}
    said = await fetchval("select payload::text from audit_events where action = 'replies.publish'")
    assert record["hash"] in said


async def test_each_version_stays_and_says_what_has_changed(client):
    await published()
    amara, eve = await signed_in(client, "amara"), await signed_in(client, "eve")
    await answered(amara)
    await heading(amara)
    await send(amara, f"{PATH}/publish", f"{PATH}/edit")
    await answered(amara, statements="2, 3", decision="will_not", reason="There is no money.")
    refused = await send(amara, f"{PATH}/publish", f"{PATH}/edit")
    assert refused.status_code == 422
    assert "Please say what has changed" in refused.text
    await heading(amara, correction="Two more answers.")
    assert (await send(amara, f"{PATH}/publish", f"{PATH}/edit")).status_code == 303
    first, second = (await eve.get(f"{PATH}?number=1")).text, (await eve.get(PATH)).text
    assert "There is no money." not in first
    assert "There is no money." in second
    assert "New answer" in second
    assert "Two more answers." in second
    assert (await eve.get(f"{PATH}?number=3")).status_code == 404


async def test_a_line_is_changed_and_taken_out(client):
    here = await published()
    amara = await signed_in(client, "amara")
    await answered(amara)
    id = replies.lines_of(await reading.draft_of(here.id))[0].id
    page = f"{PATH}/line?line={id}"
    shown = await amara.get(page)
    assert "Each village gets its papers." in shown.text
    changed = {**form_of(shown.text, f"{PATH}/line"), "decision": "in_part", "reason": "Half of them."}
    assert (await amara.post(f"{PATH}/line", data=changed)).status_code == 303
    lines = replies.lines_of(await reading.draft_of(here.id))
    assert [(one.id, one.decision, one.reason) for one in lines] == [(id, "in_part", "Half of them.")]
    assert (await send(amara, f"{PATH}/line/remove", f"{PATH}/edit")).status_code == 303
    assert replies.lines_of(await reading.draft_of(here.id)) == []


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("statements", "one", "numbers of statements"),
        ("statements", "99", "no statement 99"),
        ("decision", "", "Please"),
        ("reason", "", "Please fill this in."),
        ("theme", "weather", "one of the answers offered"),
    ],
)
async def test_what_cannot_be_used_is_said_and_what_was_typed_stays(client, field, value, words):
    await published()
    amara = await signed_in(client, "amara")
    answer = await answered(amara, **{"who": "The mayor's office", field: value})
    assert answer.status_code == 422
    assert words in answer.text
    assert "The mayor&#39;s office" in answer.text


async def test_two_people_at_once_do_not_overwrite_each_other(client):
    here = await published()
    amara = await factories.actor("amara", here)
    line = Line((1,), "will_do", "Yes.")
    await replies.answer(line=line, version=0, by=amara)
    with pytest.raises(Conflict):
        await replies.answer(line=line, version=0, by=amara)
    with pytest.raises(Denied):
        await replies.answer(line=line, version=1, by=await factories.actor("ben", here))


async def test_what_is_late_says_so(client):
    here = await published()
    amara, eve = await signed_in(client, "amara"), await signed_in(client, "eve")
    today = await fetchval("select current_date")
    await heading(amara, due_on=(today - timedelta(days=3)).isoformat())
    before = (await eve.get(PATH)).text
    assert "overdue" in before
    assert "Answers were promised by" in before
    await answered(amara, by_when=(today - timedelta(days=1)).isoformat())
    await send(amara, f"{PATH}/publish", f"{PATH}/edit")
    page = (await eve.get(PATH)).text
    assert page.count(">overdue<") == 2
    record = (await reading.published(here.id))[0]
    late = record["lines"][0]
    assert reply.is_overdue(late, today)
    assert not reply.is_overdue({**late, "is_done": True}, today)
    assert not reply.is_overdue({**late, "decision": "will_not"}, today)


async def test_coalitions_commitments_stand_with_the_statements_they_work_on():
    statement = {"number": 1, "text": "Wells.", "language": "en", "votes": None}
    fact = {"id": "commitment.1.1", "kind": "commitment", "statements": [1], "value": {"title": "Forty", "due": None}}
    snapshot = {
        "number": 1,
        "published_on": "2026-03-01",
        "statements": [statement],
        "slate": {"curated": None, "common_ground": [], "participants": [{"statement": 1, "choice": "agree"}]},
        "document": {"facts": [fact]},
        "consultation": {"slug": "w", "title": "W", "question": "?", "language": "en"},
    }
    rest = {"number": 1, "body": "", "introduction": "", "correction": "", "due_on": None}
    made = reply.build({"snapshot": snapshot, "hash": "0" * 64}, [Line((1,), "will_do", "Yes.")], **rest)
    assert made["lines"][0]["commitments"] == [{"title": "Forty", "due": ""}]
    assert made["unanswered"] == []
    assert [one["number"] for one in reply.build({"snapshot": snapshot, "hash": ""}, [], **rest)["unanswered"]] == [1]


async def test_the_reply_is_in_every_format_and_language(client):
    await published()
    amara, eve = await signed_in(client, "amara"), await signed_in(client, "eve")
    await answered(amara, who="=1+1")
    await heading(amara)
    await send(amara, f"{PATH}/publish", f"{PATH}/edit")
    for language in ("en", "ar", "zh"):
        base = f"/{language}/c/water/reply"
        for ending in controller.ENDINGS:
            if ending == "pdf" and not pdf.is_possible():
                continue
            answer = await eve.get(f"{base}.{ending}?number=1")
            assert answer.status_code == 200, ending
            assert f'filename="water-reply-1.{ending}"' in answer.headers["content-disposition"]
            again = await eve.get(f"{base}.{ending}", headers={"If-None-Match": answer.headers["etag"]})
            assert again.status_code == 304
        document = docx.Document(io.BytesIO((await eve.get(f"{base}.docx")).content))
        text = "\n".join(one.text for one in document.paragraphs)
        assert "Each village gets its papers." in text
        assert "Villages should own the wells they use." in text
        is_bidi = all(one._p.find(f"{{{one._p.nsmap['w']}}}pPr/{{{one._p.nsmap['w']}}}bidi") is not None
                      for one in document.paragraphs if one.text)  # fmt: skip
        assert is_bidi == (language == "ar")
        with use_locale(language):
            headings = [one.text for one in document.paragraphs if one.style.name == "Heading 2"]
            assert headings
        lines = (await eve.get(f"{base}.md")).text.splitlines()
        assert any(line.startswith("# ") for line in lines)
        assert any("Each village gets its papers." in line for line in lines)
        archive = zipfile.ZipFile(io.BytesIO((await eve.get(f"{base}.zip")).content))
        rows = list(csv.reader(io.StringIO(archive.read("table_01.csv").decode())))
        assert rows[1][2] == "'=1+1"
        package = json.loads(archive.read("datapackage.json"))
        assert package["name"] == "plenary-reply"
    record = (await eve.get(f"{PATH}.json")).json()
    assert record["lines"][0]["reason"] == "Each village gets its papers."
    for canary in ("Amara", "amara@example.org", "Chidi"):
        assert canary not in json.dumps(record)


async def test_an_archived_consultation_is_answered_no_more(client):
    here = await published()
    await execute("update consultations set lifecycle = 'archived' where id = $1", here.id)
    amara = await signed_in(client, "amara")
    assert (await amara.get(f"{PATH}/edit")).status_code == 403
    assert (await amara.get(PATH)).status_code == 200
