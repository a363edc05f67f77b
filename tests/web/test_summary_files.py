"""GET /c/{slug}/summary.docx, .pdf, .xlsx, .zip, .md: each file is opened and compared with the page."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
import unicodedata
import zipfile
import zlib
from html.parser import HTMLParser
from xml.etree import ElementTree

import docx
import pytest

from app.actions import summaries
from app.controllers import files, summary
from app.documents import data, pdf, raster, summary_pictures, told, wording, xlsx
from app.documents import docx as word
from app.documents.model import Document
from app.language import gettext, use_locale
from tests import factories, rooms
from tests.cast import signed_in

pytestmark = pytest.mark.slow  # a consultation is led through its rounds

LANGUAGES = ("en", "ar")
FORMS = ("docx", "xlsx", "zip", "md")
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
CANARIES = ("Chidi", "chidi@example.org", "Amara", "amara@example.org", "Gus", "Buy our pumps", "python-docx")


async def body_of(make=rooms.crowd):
    here = await make()
    draft = await summaries.draft_of(await factories.actor("amara", here))
    return summary.body_of(draft, await factories.actor("amara", here))


def flat(text: str) -> str:
    """Text with blanks of any kind as one."""
    return re.sub(r"\s+", " ", text)


def sentences(body) -> list[str]:
    """Every sentence the page says by itself; those of lists are said once for several statements."""
    found = []
    for section in Document.from_json(body["document"]).sections:
        for run in wording.runs(section):
            said = [run.passages[0].sentences] if not run.is_list else [wording.item(one)[1] for one in run.passages]
            found += [flat(wording.text(sentence)) for several in said for sentence in several]
            found += [flat(run.lead), flat(run.dissent)] if run.is_list else []
    return [one for one in found if one]


def tables(body) -> list[list[list[str]]]:
    """Every table of the page, head first."""
    return [
        [[wording.head(label) for label in one.head]]
        + [[flat(wording.place_text(cell)) for cell in row] for row in one.rows]
        for section in Document.from_json(body["document"]).sections
        for one in section.tables
    ]


class Words(HTMLParser):
    """The words of the page, without what only screen readers hear."""

    def __init__(self):
        super().__init__()
        self.found, self.hidden = [], 0

    def handle_starttag(self, tag, attrs):
        if self.hidden or dict(attrs).get("class") == "sr":
            self.hidden += 1

    def handle_endtag(self, tag):
        self.hidden = max(0, self.hidden - 1)

    def handle_data(self, data):
        if not self.hidden:
            self.found.append(data)


def words_of(page: str) -> str:
    parser = Words()
    parser.feed(page)
    return flat("".join(parser.found))


def paragraph(element) -> str:
    """The words of a paragraph of a Word file, without its raised numbers."""
    runs = [run for run in element.iter(f"{W}r") if run.find(f"{W}rPr/{W}vertAlign") is None]
    return flat("".join(text.text or "" for run in runs for text in run.iter(f"{W}t")))


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def workbook(content: bytes) -> dict[str, list[list[str]]]:
    """The sheets by name, each as rows of what a person reads in the cells."""
    files = members(content)
    names = [one.get("name") for one in ElementTree.fromstring(files["xl/workbook.xml"]).iter(f"{S}sheet")]
    found = {}
    for at, name in enumerate(names, 1):
        root = ElementTree.fromstring(files[f"xl/worksheets/sheet{at}.xml"])
        assert next(root.iter(f"{S}f"), None) is None, "a formula"
        rows = {}
        for cell in root.iter(f"{S}c"):
            column = ord(cell.get("r")[0]) - ord("A")
            rows.setdefault(int(re.sub(r"\D", "", cell.get("r"))), {})[column] = flat("".join(cell.itertext()))
        found[name] = [[rows[at].get(one, "") for one in range(max(rows[at]) + 1)] for at in sorted(rows)]
    return found


def rows_of(files: dict[str, bytes], name: str) -> list[list[str]]:
    return [[flat(cell) for cell in row] for row in csv.reader(io.StringIO(files[name].decode()))]


async def test_the_word_file_says_what_the_page_says(client):
    body = await body_of()
    amara = await signed_in(client, "amara")
    for language in LANGUAGES:
        page = words_of((await amara.get(f"/{language}/c/water/summary")).text)
        answer = await amara.get(f"/{language}/c/water/summary.docx?draft=1")
        assert answer.status_code == 200
        assert 'filename="water-summary-1-draft.docx"' in answer.headers["content-disposition"]
        document = docx.Document(io.BytesIO(answer.content))
        text = " ".join(paragraph(one._p) for one in document.paragraphs)
        with use_locale(language):
            assert len(sentences(body)) > 30
            for sentence in sentences(body):
                assert sentence in page
                assert sentence in text
            expected = tables(body)
            headings = [one.text for one in document.paragraphs if one.style.name == "Heading 2"]
            titles = [gettext(section["title"]) for section in body["document"]["sections"]]
            assert headings[: len(titles)] == titles
        found = [[[paragraph(c._tc) for c in row.cells] for row in one.rows] for one in document.tables]
        assert [one for one in found[:-1] if one in expected] == expected
        assert len(found[-1]) == 1 + len(body["document"]["facts"])
        assert all(one.rows[0]._tr.find(f"{W}trPr/{W}tblHeader") is not None for one in document.tables)


WP, PICTURES = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}", ("common", "divides", "gaps")


async def test_charts_stand_in_the_word_file_with_their_sentence_and_their_table(database):
    body = await body_of()
    for language in LANGUAGES:
        with use_locale(language):
            content = word.render(told.tell(body))
            drawn = [one for several in summary_pictures.of_summary(body).values() for one in several]
        assert {one.name for one in drawn} == {"people-constituency", *PICTURES}
        document = docx.Document(io.BytesIO(content))
        shown = list(document.element.body.iter(f"{WP}docPr"))
        assert sorted(one.get("descr") for one in shown) == sorted(one.alternative for one in drawn)
        assert len({one.get("id") for one in shown}) == len(shown)
        captions = [one for one in document.paragraphs if one.style.name == "Caption"]
        assert [flat(one.text) for one in captions] == [flat(f"{one.title}. {one.sentence}") for one in drawn]
        for caption in captions:
            behind = [one.tag for one in caption._p.itersiblings()][:4]
            assert behind[0] == f"{W}p"
            assert f"{W}tbl" in behind
        width = document.sections[0].page_width - document.sections[0].left_margin - document.sections[0].right_margin
        assert all(shape.width <= width for shape in document.inline_shapes)
        media = [data for name, data in members(content).items() if name.startswith("word/media/")]
        assert all(data.startswith(raster.SIGNATURE) for data in media)
        assert len(media) == len(drawn)
        footer = paragraph(document.sections[0].footer._element)
        assert body["analysis"]["digest"][:12] in footer


async def test_the_word_file_in_arabic_runs_from_right_to_left(database):
    body = await body_of()
    for language, is_rtl in (("en", False), ("ar", True)):
        with use_locale(language):
            document = docx.Document(io.BytesIO(word.render(told.tell(body))))
        body_paragraphs = list(document.element.body.iter(f"{W}p"))
        marked = [one for one in body_paragraphs if one.find(f"{W}pPr/{W}bidi") is not None]
        filled = [one for one in body_paragraphs if paragraph(one)]
        assert len(marked) >= len(filled) if is_rtl else not marked
        assert all((one._tbl.tblPr.find(f"{W}bidiVisual") is not None) == is_rtl for one in document.tables)
        quoted = next(one for one in document.element.body.iter(f"{W}t") if one.text.startswith("Villages should own"))
        assert quoted.getparent().find(f"{W}rPr/{W}rtl") is None
        assert document.core_properties.language == language


async def test_every_citation_of_the_word_file_leads_somewhere(database):
    document = docx.Document(io.BytesIO(word.render(told.tell(await body_of()))))
    anchors = [one.get(f"{W}name") for one in document.element.body.iter(f"{W}bookmarkStart")]
    numbers = [one.get(f"{W}id") for one in document.element.body.iter(f"{W}bookmarkStart")]
    cited = {one.get(f"{W}anchor") for one in document.element.body.iter(f"{W}hyperlink")}
    assert len(cited) > 30
    assert cited <= set(anchors)
    assert len(set(anchors)) == len(anchors)
    assert len(set(numbers)) == len(numbers)


async def test_the_workbook_says_what_the_page_says(client):
    body = await body_of()
    amara = await signed_in(client, "amara")
    for language in LANGUAGES:
        answer = await amara.get(f"/{language}/c/water/summary.xlsx?draft=1")
        sheets = list(workbook(answer.content).values())
        notes, said, facts, statements, *shown = sheets
        with use_locale(language):
            assert shown == tables(body)
            every = [flat(wording.text(one)) for one in Document.from_json(body["document"]).sentences()]
        assert [row[2] for row in said[1:]] == every
        assert {row[0] for row in facts[1:]} == {one["id"] for one in body["document"]["facts"]}
        first = body["statements"][0]
        assert statements[1][:5] == ["1", first["text"], "en", first["votes"]["agree"]["share"], "about"]
        assert {"agree", "is_withheld", "facts"} <= {row[2] for row in notes if len(row) > 2}
        right = b'rightToLeft="1"' in members(answer.content)["xl/worksheets/sheet1.xml"]
        assert right == (language == "ar")


async def test_what_begins_like_a_formula_is_text_in_every_table(database):
    body = await body_of()
    body["statements"][0]["text"] = '=HYPERLINK("http://evil.example","x")'
    sheets = workbook(xlsx.render(body, told.tell(body)))
    assert '=HYPERLINK("http://evil.example","x")' in [cell for rows in sheets.values() for row in rows for cell in row]
    files = members(data.zipped(body, told.tell(body)))
    assert rows_of(files, "statements.csv")[1][1].startswith("'=HYPERLINK")


async def test_the_data_are_described_column_by_column(client):
    body = await body_of()
    amara = await signed_in(client, "amara")
    for language in LANGUAGES:
        files = members((await amara.get(f"/{language}/c/water/summary.zip?draft=1")).content)
        package = json.loads(files.pop("datapackage.json"))
        assert sorted(one["path"] for one in package["resources"]) == sorted(files)
        described = {(row[0], row[2]) for row in rows_of(files, "dictionary.csv")[1:]}
        for resource in package["resources"]:
            head, *rows = rows_of(files, resource["path"])
            fields = resource["schema"]["fields"]
            assert head == [flat(field["name"]) for field in fields]
            assert all(field["description"] for field in fields)
            assert all(len(row) == len(head) for row in rows)
            if resource["name"] != "dictionary":
                assert {(resource["name"], field["name"]) for field in fields} <= described
        with use_locale(language):
            expected = tables(body)
        shown = [rows_of(files, name) for name in sorted(files) if name.startswith("table_")]
        assert [table[1:] for table in shown] == [table[1:] for table in expected]
        number = rows_of(files, "statements.csv")[1]
        assert (number[0], number[3]) == ("1", body["statements"][0]["votes"]["agree"]["share"])


def needs_pdf() -> None:
    if not pdf.is_possible():
        assert not os.environ.get("CI"), "WeasyPrint and Pango must be there"
        pytest.skip("needs WeasyPrint (extra [pdf]) and the library Pango")


async def test_what_is_printed_says_what_the_page_says(database):
    body = await body_of()
    for language in LANGUAGES:
        with use_locale(language):
            printed = pdf.html(told.tell(body))
            text = words_of(re.sub(r"<sup>.*?</sup>", "", printed))
            assert all(sentence in text for sentence in sentences(body))
            cells = [flat(cell) for table in tables(body) for row in table for cell in row]
            assert all(cell in text for cell in cells)
        assert printed.count("<ul>") == printed.count("</ul>") > 1
        assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in printed
        assert set(re.findall(r'href="#(\w+)"', printed)) <= set(re.findall(r' id="(\w+)"', printed))


def inflated(content: bytes) -> bytes:
    """A PDF with its compressed streams opened."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    # Of a stream whose last byte is a line's end, the expression takes that byte away; its content is whole even so.
    opened = [zlib.decompressobj().decompress(one) for one in streams if one.startswith(b"x")]
    return b"\n".join([content, *opened])


async def test_the_pdf_is_tagged_and_says_its_language_and_the_same_as_the_page(client):
    needs_pdf()
    body = await body_of(rooms.small_room)
    amara = await signed_in(client, "amara")
    for language in LANGUAGES:
        answer = await amara.get(f"/{language}/c/water/summary.pdf?draft=1")
        assert answer.status_code == 200
        assert answer.content.startswith(b"%PDF-")
        opened = inflated(answer.content)
        assert b"/StructTreeRoot" in opened
        assert re.search(rb"/Marked true", opened)
        assert f"/Lang ({language})".encode() in opened
        for kind in (b"/H1", b"/H2", b"/Table", b"/TH", b"/LI"):
            assert kind in opened
        assert b"/Author" not in opened
        assert re.findall(rb"/(?:CreationDate|ModDate) \(D:\d{8}(\d+)", opened) == []
        assert not re.search(rb"\d{4}-\d\d-\d\dT\d\d", opened)
        if shutil.which("pdftotext"):
            read = subprocess.run(["pdftotext", "-", "-"], input=answer.content, capture_output=True, check=True)
            words = set(re.findall(r"\w+", unicodedata.normalize("NFKC", read.stdout.decode())))
            with use_locale(language):
                expected = re.findall(r"\w+", " ".join(sentences(body)))
            assert len(expected) > 200
            there = [one for one in expected if unicodedata.normalize("NFKC", one) in words]
            numbers = [one for one in expected if one.isdecimal()]
            assert [one for one in numbers if one not in words] == []
            # A word may be parted at the end of a line, and ligatures of Arabic are read back in other letters.
            assert len(there) > (0.8 if language == "ar" else 0.95) * len(expected)


def read_back(content: bytes, *more: str) -> str:
    read = subprocess.run(["pdftotext", *more, "-", "-"], input=content, capture_output=True, check=True)
    return unicodedata.normalize("NFKC", read.stdout.decode())


async def test_the_pdf_is_read_in_its_order_and_each_page_says_what_it_is_from(database):
    needs_pdf()
    if not shutil.which("pdftotext"):
        pytest.skip("needs pdftotext (Poppler) to read a PDF back")
    body = await body_of()
    for language in ("en", "ar", "zh"):
        with use_locale(language):
            content = pdf.render(told.tell(body))
            titles = [gettext(section["title"]) for section in body["document"]["sections"]]
            drawn = [one for several in summary_pictures.of_summary(body).values() for one in several]
        text = flat(read_back(content))
        # Each title is looked for behind the one before. Joined letters of Arabic are read back as other signs: about
        # half of its titles have none.
        place, n_found = 0, 0
        for title in titles:
            there = text.find(unicodedata.normalize("NFKC", title), place)
            place, n_found = (there, n_found + 1) if there >= 0 else (place, n_found)
        assert n_found >= (0.4 if language == "ar" else 0.9) * len(titles)
        pages = [one for one in read_back(content).split("\f") if one.strip()]
        mark = body["analysis"]["digest"][:12]
        assert all(mark in one for one in pages)
        assert all(re.search(rf"{at}/{len(pages)}", one) for at, one in enumerate(pages, 1))
        assert inflated(content).count(b"/Figure") >= len(drawn)
        assert inflated(content).count(b"/Alt ") >= len(drawn)


async def test_the_workbook_is_laid_out_for_reading(database):
    body = await body_of(rooms.small_room)
    for language in LANGUAGES:
        with use_locale(language):
            files = members(xlsx.render(body, told.tell(body)))
        sheets = [one.decode() for name, one in sorted(files.items()) if name.startswith("xl/worksheets/sheet")]
        for sheet in sheets:
            widths = [float(one) for one in re.findall(r'<col [^>]*width="([\d.]+)"', sheet)]
            assert widths
            assert all(8 < width < 90 for width in widths)
            assert ('rightToLeft="1"' in sheet) == (language == "ar")
            assert 'orientation="landscape"' in sheet
        frozen = [one for one in sheets if 'state="frozen"' in one]
        assert len(frozen) == len(sheets) - 1, "all but the notes"


async def test_without_pango_the_page_says_so_and_the_rest_works(client, monkeypatch):
    await rooms.small_room()
    monkeypatch.setattr(pdf, "is_possible", lambda: False)
    amara = await signed_in(client, "amara")
    page = (await amara.get("/en/c/water/summary")).text
    assert "summary.pdf" not in page
    assert pdf.MISSING in page
    answer = await amara.get("/en/c/water/summary.pdf?draft=1")
    assert answer.status_code == 409
    assert pdf.MISSING in answer.text
    assert (await amara.get("/en/c/water/summary.docx?draft=1")).status_code == 200


async def test_all_forms_cite_the_same_facts(database):
    body = await body_of()
    expected = {one["id"] for one in body["document"]["facts"]}
    for language in LANGUAGES:
        with use_locale(language):
            summary_told = told.tell(body)
            document = docx.Document(io.BytesIO(word.render(summary_told)))
            sheets = list(workbook(xlsx.render(body, summary_told)).values())
            files = members(data.zipped(body, summary_told))
            printed = pdf.html(summary_told)
        raised = {one.get(f"{W}anchor") for one in document.element.body.iter(f"{W}hyperlink")}
        names = [paragraph(row.cells[1]._tc) for row in document.tables[-1].rows][1:]
        assert set(names) == expected
        cited = {names[int(one[1:]) - 1] for one in raised if one.startswith("f")}
        assert cited == {fact for row in sheets[1][1:] for fact in row[3].split()}
        assert cited == {fact for row in rows_of(files, "sentences.csv")[1:] for fact in row[3].split()}
        assert cited == {names[int(one) - 1] for one in re.findall(r'href="#f(\d+)"', printed)}
        assert {row[0] for row in sheets[2][1:]} == {row[0] for row in rows_of(files, "facts.csv")[1:]} == expected


async def test_no_file_says_who_made_it_or_at_what_hour(client):
    here = await rooms.small_room()
    chidi = await factories.actor("chidi", here)
    amara = await signed_in(client, "amara")
    for form in ("docx", "xlsx", "zip"):
        first = (await amara.get(f"/en/c/water/summary.{form}?draft=1")).content
        files.kept.clear()
        again = (await amara.get(f"/en/c/water/summary.{form}?draft=1")).content
        assert first == again
        with zipfile.ZipFile(io.BytesIO(first)) as archive:
            assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert not any(one.comment or one.extra for one in archive.infolist())
        content = members(first)
        assert "docProps/thumbnail.jpeg" not in content
        text = "\n".join(one.decode(errors="replace") for one in content.values())
        for canary in (*CANARIES, str(chidi.participant.id)):
            assert canary not in text
        core = content.get("docProps/core.xml", b"").decode()
        assert all(hour == "00:00:00Z" for hour in re.findall(r"T(\d\d:\d\d:\d\dZ)", core))
        assert re.findall(r"<(?:dc:creator|cp:lastModifiedBy)>[^<]+<", core) == []


async def test_a_draft_s_files_are_for_those_who_may_see_the_draft(client):
    here = await rooms.small_room()
    for form in (*FORMS, "pdf"):
        for name in ("chidi", "eve"):
            visitor = await signed_in(client, name)
            assert (await visitor.get(f"/en/c/water/summary.{form}?draft=1")).status_code == 403
            assert (await visitor.get(f"/en/c/water/summary.{form}")).status_code == 404
    await rooms.shown(here)
    await summaries.sign(by=await factories.actor("amara", here))
    await summaries.sign(by=await factories.actor("gus", here))
    page = (await client.get("/en/c/water/summary")).text
    record = (await client.get("/en/c/water/summary.json")).json()
    for form in FORMS:
        assert f"/en/c/water/summary.{form}?number=1" in page
        answer = await client.get(f"/en/c/water/summary.{form}?number=1")
        assert answer.status_code == 200
        assert f'filename="water-summary-1.{form}"' in answer.headers["content-disposition"]
        assert (await client.get(f"/en/c/water/summary.{form}?number=2")).status_code == 404
    text = members((await client.get("/en/c/water/summary.docx")).content)["word/document.xml"].decode()
    assert record["hash"] in text
    assert gettext(told.DRAFT) not in text
