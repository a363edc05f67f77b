"""A summary as a tagged PDF, where WeasyPrint and the Pango library it draws with are installed (extra `[pdf]`).

It is drawn by a process of its own, which this module is when it is run: some seconds of work, while pages go on.
"""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from app.documents.told import Told
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
    return template.render(told=told, direction=direction)


def draw(page: str) -> bytes:
    """The page as a PDF, from text and our own sheet alone: nothing is fetched, from anywhere."""
    import weasyprint

    html_ = weasyprint.HTML(string=page, url_fetcher=_refuse)
    sheet = weasyprint.CSS(string=SHEET.read_text(encoding="utf-8"), url_fetcher=_refuse)
    made: Any = html_.write_pdf(stylesheets=[sheet], pdf_variant="pdf/ua-1")
    return bytes(made)


def _refuse(url: str, *_: Any, **__: Any) -> NoReturn:
    raise ValueError(f"a summary holds no address that is fetched: {url}")


if __name__ == "__main__":
    sys.stdout.buffer.write(draw(sys.stdin.buffer.read().decode()))
