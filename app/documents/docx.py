"""A summary as a Word file that people edit: real headings, lists and tables; no name and no hour in it."""

from __future__ import annotations

import io
from datetime import datetime, time
from typing import Any

from app.documents import raster
from app.documents.archives import repacked
from app.documents.lettering import width_of
from app.documents.told import Chart, Grid, Run, Runs, Text, Told, plain
from app.language import direction, gettext

FONT, FONT_ARABIC, FONT_CHINESE = "Calibri", "Arial", "Microsoft YaHei"
INK, BLUE, SHADE = "14283C", "00558C", "E8EEF4"
HEADINGS = {1: 22, 2: 15, 3: 12}
"""Sizes in points."""
LINE, TWENTIETH = 9298, 635
"""The width of a line, in twentieths of a point; and what one of them measures in the library's unit."""
SIZE, BOLDER, MARGINS = 220, 1.2, 240
"""The letters of a table and the margins of a cell in the same unit; and how much wider bold letters are."""
BEHIND_BIDI = (
    *("w:adjustRightInd", "w:snapToGrid", "w:spacing", "w:ind", "w:contextualSpacing", "w:mirrorIndents"),
    *("w:suppressOverlap", "w:jc", "w:textDirection", "w:textAlignment", "w:textboxTightWrap", "w:outlineLvl"),
    *("w:divId", "w:cnfStyle", "w:rPr", "w:sectPr", "w:pPrChange"),
)
LEFT_BEHIND = frozenset({"docProps/thumbnail.jpeg"})


def render(told: Told) -> bytes:
    """The file; the same summary in the same language is the same bytes."""
    from docx import Document

    document = Document()
    _metadata(document, told)
    _styles(document, told)
    for block in told.blocks:
        if isinstance(block, Grid):
            _grid(document, block, told)
        elif isinstance(block, Chart):
            _chart(document, block, told)
        else:
            _text(document, block, told)
    _edges(document, told)
    _forget_thumbnail(document)
    content = io.BytesIO()
    document.save(content)
    return repacked(content.getvalue(), without=LEFT_BEHIND)


def _metadata(document: Any, told: Told) -> None:
    core = document.core_properties
    core.title, core.language = told.title, told.locale
    core.author = core.last_modified_by = core.comments = core.subject = core.keywords = core.category = ""
    core.created = core.modified = datetime.combine(told.day, time())
    core.revision = 1


def _forget_thumbnail(document: Any) -> None:
    relations = document.part.package.rels
    for key in [key for key, one in relations.items() if one.reltype.endswith("/thumbnail")]:
        relations.pop(key)


# -------- how it looks


def _styles(document: Any, told: Told) -> None:
    from docx.shared import Cm, Pt, RGBColor

    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.3)
    section.top_margin = section.bottom_margin = Cm(2.2)
    for language in document.styles.element.iter(_name("w:lang")):
        language.set(_name("w:val"), told.locale)
        language.set(_name("w:eastAsia"), "zh-CN")
        language.set(_name("w:bidi"), "ar-SA")
    for name in ("Normal", "Heading 1", "Heading 2", "Heading 3", "List Bullet", "Header", "Footer", "Caption"):
        style = document.styles[name]
        _fonts(style.element.get_or_add_rPr())
        if told.direction == "rtl":
            _right_to_left(style.element.get_or_add_pPr())
    document.styles["Normal"].paragraph_format.space_after = Pt(6)
    caption = document.styles["Caption"]
    caption.font.size, caption.font.bold, caption.font.color.rgb = Pt(9), False, RGBColor.from_string(INK)
    for level, size in HEADINGS.items():
        style = document.styles[f"Heading {level}"]
        style.font.size, style.font.color.rgb = Pt(size), RGBColor.from_string(INK)
        complex_size = style.element.rPr.find(_name("w:szCs"))
        if complex_size is not None:
            complex_size.set(_name("w:val"), str(size * 2))
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(size), Pt(4)
        style.paragraph_format.keep_with_next = True


def _fonts(properties: Any) -> None:
    fonts = properties.get_or_add_rFonts()
    for key in list(fonts.attrib):
        del fonts.attrib[key]
    for kind, font in (("ascii", FONT), ("hAnsi", FONT), ("cs", FONT_ARABIC), ("eastAsia", FONT_CHINESE)):
        fonts.set(_name(f"w:{kind}"), font)


def _edges(document: Any, told: Told) -> None:
    """The pages' header and footer: that it is a draft, which snapshot it is, and the page's number."""
    section = document.sections[0]
    if told.is_draft:
        _fill(section.header.paragraphs[0], [Run(gettext(told.draft_note))], told)
    foot = section.footer.paragraphs[0]
    _fill(foot, [Run(told.title, told.title_language), Run(f" · {told.mark} · ")], told)
    field = _element("w:fldSimple", instr="PAGE")
    field.append(_run(Run("1"), told))
    foot._p.append(field)


# -------- paragraphs


def _text(document: Any, text: Text, told: Told) -> None:
    style = f"Heading {text.level}" if text.level else "List Bullet" if text.is_item else None
    paragraph = document.add_paragraph(style=style)
    _fill(paragraph, text.runs, told, is_bold=text.is_note)


def _fill(paragraph: Any, runs: Runs, told: Told, *, is_bold: bool = False) -> None:
    if told.direction == "rtl":
        _right_to_left(paragraph._p.get_or_add_pPr())
    for run in runs:
        made = _run(run, told, is_bold=is_bold)
        target = f"s{run.statement}" if run.statement else f"f{run.fact}" if run.fact else ""
        if target:
            link = _element("w:hyperlink", anchor=target, history="1")
            link.append(made)
            made = link
        paragraph._p.append(made)


def _run(run: Run, told: Told, *, is_bold: bool = False) -> Any:
    """One run with its language and direction; the order of its properties is the schema's."""
    language = run.language or told.locale
    properties = _element("w:rPr")
    if is_bold:
        properties.extend([_element("w:b"), _element("w:bCs")])
    if run.statement or run.fact:
        properties.append(_element("w:color", val=BLUE))
    if run.fact:
        properties.append(_element("w:vertAlign", val="superscript"))
    if direction(language) == "rtl":
        properties.append(_element("w:rtl"))
        properties.append(_element("w:lang", bidi=language))
    else:
        properties.append(_element("w:lang", **{"eastAsia" if language == "zh" else "val": language}))
    text = _element("w:t")
    text.text = "".join(sign for sign in run.text if sign >= " " or sign in "\t\n")
    text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    made = _element("w:r")
    made.extend([properties, text])
    return made


# -------- charts


def _chart(document: Any, chart: Chart, told: Told) -> None:
    """The chart as a picture with its words for those who do not see it, and its finding as caption above it."""
    from docx.shared import Cm, Inches

    caption = document.add_paragraph(style="Caption")
    caption.paragraph_format.keep_with_next = True
    _fill(caption, [Run(chart.caption)], told)
    content = raster.png(chart.svg)
    paragraph = document.add_paragraph()
    if told.direction == "rtl":
        _right_to_left(paragraph._p.get_or_add_pPr())
    natural = Inches(raster.width_of(content) / raster.DPI)
    shape = paragraph.add_run().add_picture(io.BytesIO(content), width=min(natural, Cm(16.4)))
    properties = shape._inline.docPr
    properties.set("descr", chart.alternative)
    properties.set("name", f"chart {properties.get('id')}")


# -------- tables


def _grid(document: Any, grid: Grid, told: Told) -> None:
    _text(document, Text([Run(grid.caption)], 3), told)
    table = document.add_table(rows=1, cols=len(grid.head), style="Table Grid")
    table.autofit = True
    if told.direction == "rtl":
        table._tbl.tblPr.find(_name("w:tblStyle")).addnext(_element("w:bidiVisual"))
    for cell, words in zip(table.rows[0].cells, grid.head, strict=True):
        _fill(cell.paragraphs[0], [Run(words)], told, is_bold=True)
        cell._tc.get_or_add_tcPr().append(_element("w:shd", val="clear", color="auto", fill=SHADE))
    table.rows[0]._tr.get_or_add_trPr().append(_element("w:tblHeader"))
    for at, row in enumerate(grid.rows):
        made = table.add_row()
        made._tr.get_or_add_trPr().append(_element("w:cantSplit"))
        for cell, runs in zip(made.cells, row, strict=True):
            _fill(cell.paragraphs[0], runs, told)
        if grid.anchors and grid.anchors[at]:
            _anchor(made.cells[0].paragraphs[0], grid.anchors[at], len(document.element.body) * 10_000 + at)
    _widths(table, grid)
    for cell_paragraph in table._tbl.iter(_name("w:pPr")):
        cell_paragraph.append(_element("w:spacing", before="40", after="40"))
    document.add_paragraph()


def _widths(table: Any, grid: Grid) -> None:
    """Columns as wide as their longest words ask for, and never narrower than one word; together the line's width."""
    columns = zip(*grid.rows, strict=True) if grid.rows else [()] * len(grid.head)
    texts = [[head, *(plain(cell) for cell in column)] for head, column in zip(grid.head, columns, strict=True)]
    least = [_least(head, column[1:]) for head, column in zip(grid.head, texts, strict=True)]
    asked = [
        max(min(max(width_of(text, SIZE) for text in column), LINE / 2) - one, 0)
        for one, column in zip(least, texts, strict=True)
    ]
    rest = max(LINE - sum(least), 0)
    shares = [one / (sum(asked) or 1) if sum(asked) else 1 / len(asked) for one in asked]
    scale = min(1.0, LINE / sum(least))
    wide = [int(one * scale + rest * share) for one, share in zip(least, shares, strict=True)]
    for column, part in zip(table._tbl.tblGrid, wide, strict=True):
        column.set(_name("w:w"), str(part))
    for row in table._tbl.tr_lst:
        for cell, part in zip(row.tc_lst, wide, strict=True):
            cell.width = part * TWENTIETH


def _least(head: str, cells: list[str]) -> float:
    """The width below which a word of the head would break, or one of the cells that is not very long."""
    words = [width_of(word, SIZE) for text in cells for word in text.split()]
    return (
        max(max(width_of(word, SIZE) * BOLDER for word in head.split() or [""]), min(max(words, default=0), LINE / 5))
        + MARGINS
    )


def _anchor(paragraph: Any, name: str, number: int) -> None:
    start, end = _element("w:bookmarkStart", id=str(number), name=name), _element("w:bookmarkEnd", id=str(number))
    paragraph._p.append(start)
    paragraph._p.append(end)


# -------- elements


def _name(tag: str) -> str:
    from docx.oxml.ns import qn

    return str(qn(tag))


def _element(tag: str, **attributes: str) -> Any:
    from docx.oxml import OxmlElement

    made: Any = OxmlElement(tag)
    for key, value in attributes.items():
        made.set(_name(f"w:{key}"), value)
    return made


def _right_to_left(properties: Any) -> None:
    """The paragraph or its style runs from right to left; the element stands where the schema has it."""
    if properties.find(_name("w:bidi")) is None:
        properties.insert_element_before(_element("w:bidi"), *BEHIND_BIDI)
