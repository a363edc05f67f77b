"""Every chart of the pages of results, power balance and summary as SVG and as PNG, for those who see the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from app.access import Actor
from app.analysis import power_page, results, results_views
from app.analysis.alert_words import ATTRIBUTE_NAMES
from app.analysis.results import Standing
from app.controllers import files, summary_files
from app.documents import page_pictures, raster, summary_pictures
from app.documents.pictures import Picture
from app.language import current_locale, date, gettext, num, use_locale
from app.refusals import NotFound
from app.rendering import AnyRequest
from deliberation.phases import Action
from deliberation.snapshots import digest

Number = Annotated[str, QueryParameter(name="s")]
N_DIGITS = 9
TYPES = {"svg": "image/svg+xml", "png": "image/png"}


def _asked(file: str) -> tuple[str, str]:
    """The chart's name and its format. Raises NotFound for any other."""
    name, _, ending = file.rpartition(".")
    if ending not in TYPES:
        raise NotFound
    return name, ending


def locale_of(ending: str) -> str:
    """The reader's language; of a PNG English, where no font of this machine has the letters of the reader's."""
    locale = current_locale()
    return locale if ending == "svg" or raster.can_write(locale) else "en"


def _of(found: Mapping[str, Picture], name: str) -> Picture:
    if name not in found:
        raise NotFound
    return found[name]


async def _answer(
    request: AnyRequest, actor: Actor, picture: Picture, key: tuple[str, ...], ending: str, source: str
) -> Response[Any]:
    locale = current_locale()

    def make() -> bytes:
        with use_locale(locale):
            svg = picture.svg(source=source)
        return raster.png(svg) if ending == "png" else svg.encode()

    content = await files.made((*key, picture.name, ending, locale), make)
    name = f"{actor.consultation.slug}-{picture.name}-{locale}.{ending}"
    return files.tagged(request, content, name, TYPES[ending])


@get("/c/{slug:str}/results/charts/{file:str}", opt={"action": Action.SEE_RESULTS})
async def chart_of_results(
    request: AnyRequest, actor: NamedDependency[Actor], file: FromPath[str], s: Number = ""
) -> Response[Any]:
    """A chart of the results; `s` is the statement that is shown where it lands."""
    name, ending = _asked(file)
    sight = await results.look(actor)
    stored = sight.analysis
    if stored is None or sight.standing is not Standing.READY:
        raise NotFound
    number = int(s) if s.isascii() and s.isdigit() and len(s) <= N_DIGITS else None
    with use_locale(locale_of(ending)):
        built = await results_views.page_of(actor, stored)
        if built is None:
            raise NotFound
        landed = await results_views.landed_of(actor, stored, number) if name == "lands" and number else None
        picture = _of(page_pictures.of_results(built, landed), name)
        key = ("results", *await results_views.key_of(actor, stored), str(number) if landed else "")
        source = gettext("%(title)s, votes until %(day)s, analysis %(digest)s") % {
            "title": actor.consultation.title,
            "day": date(stored.votes_until),
            "digest": stored.digest[:12],
        }
        return await _answer(request, actor, picture, key, ending, source)


@get("/c/{slug:str}/power/charts/{file:str}", opt={"action": Action.SEE_POWER})
async def chart_of_power(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    file: FromPath[str],
    by: Annotated[str, QueryParameter(name="by")] = "",
) -> Response[Any]:
    """A chart of the power balance, by the attribute that the page shows."""
    name, ending = _asked(file)
    with use_locale(locale_of(ending)):
        balance = await power_page.balance_of(actor, by if by in ATTRIBUTE_NAMES else "constituency")
        if balance is None:
            raise NotFound
        picture = _of(page_pictures.of_power(balance), name)
        source = gettext("%(title)s, on %(day)s") % {"title": actor.consultation.title, "day": date(actor.now)}
        # The figures change with every look, and the picture is small: the picture itself is its key.
        return await _answer(request, actor, picture, ("power", repr(picture), source), ending, source)


@get("/c/{slug:str}/summary/charts/{file:str}", opt={"action": Action.SEE_SUMMARY})
async def chart_of_summary(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    file: FromPath[str],
    number: summary_files.Number = "",
    is_draft: summary_files.IsDraft = "",
) -> Response[Any]:
    """A chart of a summary, published or, for those who may see it, still a draft."""
    name, ending = _asked(file)
    record = await summary_files.asked_for(actor, number, is_draft)
    body = record.get("snapshot", record)
    with use_locale(locale_of(ending)):
        picture = _of(summary_pictures.named(body), name)
        hash_ = str(record.get("hash", ""))[:12] or gettext("draft")
        source = gettext("%(title)s, summary %(number)s, %(hash)s") % {
            "title": body["consultation"]["title"],
            "number": num(body["number"]),
            "hash": hash_,
        }
        return await _answer(request, actor, picture, ("summary", digest(record)), ending, source)


HANDLERS = [chart_of_results, chart_of_power, chart_of_summary]
