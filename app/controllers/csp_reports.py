"""What browsers say that the content policy refused: a line in the log, without addresses and without content.

Nothing on our pages should ever be refused: a line here is an injection that was stopped, or a mistake of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec
from litestar import post

from app.logs import log
from app.rendering import AnyRequest
from deliberation.phases import Action

MOST, DIRECTIVE = 3, re.compile(r"[a-z-]{1,40}")


@post("/csp-reports", opt={"action": Action.SEE_SITE, "is_report": True}, status_code=204)
async def receive(request: AnyRequest) -> None:
    for directive, origin in list(refusals(await request.body()))[:MOST]:
        log().warning("policy_refused", directive=directive, origin=origin)


def refusals(body: bytes) -> Iterator[tuple[str, str]]:
    """Directive and origin of each refusal, as `report-uri` (CSP 2) or the Reporting API writes it."""
    try:
        sent = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    for one in sent if isinstance(sent, list) else [sent]:
        found = (one.get("csp-report") or one.get("body")) if isinstance(one, dict) else None
        if not isinstance(found, dict):
            continue
        directive = str(found.get("effective-directive") or found.get("effectiveDirective") or "")
        if DIRECTIVE.fullmatch(directive):
            yield directive, _origin(str(found.get("blocked-uri") or found.get("blockedURL") or ""))


def _origin(address: str) -> str:
    """`inline`, `eval`, or scheme and host; a path might hold a token."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "malformed"
    if parts.hostname:
        return f"{parts.scheme}://{parts.hostname}"[:80]
    return address[:12] if address.isalpha() else "other"


HANDLERS = [receive]
