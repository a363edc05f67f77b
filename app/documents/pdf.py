"""A summary as a tagged PDF, where WeasyPrint and the Pango library it draws with are installed (extra `[pdf]`).

It is drawn by a process of its own, which this module is when it is run: some seconds of work, while pages go on.
"""

from __future__ import annotations

import base64
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup

from app.documents import raster
from app.documents.lettering import is_right_to_left
from app.documents.told import Chart, Told
from app.language import direction
from app.refusals import N_, Busy
from app.rendering import environment

MISSING = N_(
    "PDF is not installed on this server. The rest can be downloaded; a word processor saves the Word file as PDF."
)
FAILED = N_("The PDF could not be made. Please try again; the other files hold the same.")
SHEET = Path(__file__).with_name("print.css")
SECONDS = 120
"""Ten times what the summary of a large consultation takes on a slow machine."""


@cache
def is_possible() -> bool:
    """Whether this installation can make PDFs; asked once. It waits for a process: not for the event loop."""
    tried = subprocess.run([sys.executable, "-c", "import weasyprint"], capture_output=True, timeout=SECONDS)
    return tried.returncode == 0


def render(told: Told) -> bytes:
    """The file. It waits for a process: not for the event loop. Raises Busy where that fails."""
    command = [sys.executable, "-m", "app.documents.pdf"]
    try:
        made = subprocess.run(command, input=html(told).encode(), capture_output=True, timeout=SECONDS, check=True)
    except subprocess.SubprocessError as error:
        raise Busy(FAILED) from error
    return made.stdout


def html(told: Told) -> str:
    """The page that is printed."""
    template = environment().get_template("summary/print.html")
    return template.render(told=told, direction=direction, picture=_drawn)


def _drawn(chart: Chart) -> Markup:
    """The chart as it is printed: in lines, but in dots where words run from right to left, which WeasyPrint 70 would
    set letter by letter, unjoined and in the wrong order."""
    if not is_right_to_left(chart.svg):
        return Markup(chart.svg)  # noqa: S704  # written by app.documents.standalone, which escapes what people wrote
    data = base64.b64encode(raster.png(chart.svg)).decode()
    return Markup('<img src="data:image/png;base64,{}" alt="{}">').format(data, chart.alternative)


def draw(page: str) -> bytes:
    """The page as a PDF, from itself and our own sheet alone: nothing is fetched, from anywhere."""
    import weasyprint
    from weasyprint.urls import URLFetcher

    held = URLFetcher(allowed_protocols=("data",))
    html_ = weasyprint.HTML(string=page, url_fetcher=held)
    sheet = weasyprint.CSS(string=SHEET.read_text(encoding="utf-8"), url_fetcher=held)
    made: Any = html_.write_pdf(stylesheets=[sheet], pdf_variant="pdf/ua-1")
    return bytes(made)


if __name__ == "__main__":
    sys.stdout.buffer.write(draw(sys.stdin.buffer.read().decode()))
