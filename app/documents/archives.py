"""Archives that say nothing of when or by whom they were made: the same content is the same file."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

MOMENT = (1980, 1, 1, 0, 0, 0)
"""The earliest time an archive can hold: it is nobody's."""


def archive(files: Mapping[str, bytes]) -> bytes:
    """The files in their order, compressed, all of one moment, with no owner and no comment."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        for name, data in files.items():
            member = zipfile.ZipInfo(name, MOMENT)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            made.writestr(member, data)
    return content.getvalue()


def repacked(content: bytes, *, without: frozenset[str] = frozenset()) -> bytes:
    """An archive another library made, without its times."""
    with zipfile.ZipFile(io.BytesIO(content)) as made:
        return archive({name: made.read(name) for name in made.namelist() if name not in without})
