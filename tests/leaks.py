"""Looking for canaries: unique marks of people, in all the shapes in which a page could give them away."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import html
import io
import json
import re
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Canary:
    """One mark: whose it is, and what of them it is."""

    owner: str
    kind: str
    text: str


def _in_base64(data: bytes) -> set[bytes]:
    """The text within base64, whatever stands before it: the parts that its neighbours cannot change."""
    found = set()
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + data)
        first, last = (0, 2, 3)[shift], len(whole) - (0 if (len(data) + shift) % 3 == 0 else 4)
        found.add(whole[first:last])
        found.add(base64.urlsafe_b64encode(b"\0" * shift + data)[first:last])
    return found


def bare(text: str) -> str:
    """Letters and digits alone: whatever marks, blanks and signs stand between them, or upon them."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKD", text).casefold())


def shapes(text: str) -> dict[str, bytes]:
    """The bytes to look for, by the name of the shape; all in lower case but those of base64."""
    data, folded = text.encode(), text.casefold()
    found = {
        "raw": folded.encode(),
        "html": html.escape(text).casefold().encode(),
        "url": quote(text, safe="").casefold().encode(),
        "form": quote_plus(text).casefold().encode(),
        "json": json.dumps(text)[1:-1].casefold().encode(),
        "hex": data.hex().encode(),
        "reversed": folded[::-1].encode(),
        "bare": bare(text).encode(),
    }
    for form in ("NFC", "NFD"):
        found[form] = unicodedata.normalize(form, folded).encode()
    for name in ("md5", "sha1", "sha256"):
        for case, said in (("", folded), (" as it is", text)):
            found[name + case] = hashlib.new(name, said.encode(), usedforsecurity=False).hexdigest().encode()
    if text.isdigit():
        found["number in hex"] = f"{int(text):x}".encode()
    for place, part in enumerate(sorted(_in_base64(data))):
        found[f"base64 {place}"] = part
    return found


STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
PDF_TEXT = re.compile(rb"<([0-9A-Fa-f\s]{8,})>")


def unpacked(body: bytes) -> Iterator[bytes]:
    """What a reader of the file can get out of it: members of archives with their names and notes, streams of PDFs."""
    if body[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            yield archive.comment
            for member in archive.infolist():
                yield member.filename.encode() + b"\n" + member.comment + b"\n" + member.extra
                yield from unpacked(archive.read(member))
        return
    if body[:2] == b"\x1f\x8b":
        yield from unpacked(gzip.decompress(body))
        return
    yield body
    if body[:5] == b"%PDF-":
        for stream in STREAM.findall(body):
            with contextlib.suppress(zlib.error):
                yield from _texts_of_pdf(zlib.decompressobj().decompress(stream))
        yield from _texts_of_pdf(body)


def _texts_of_pdf(data: bytes) -> Iterator[bytes]:
    """A part of a PDF, with texts that are written in UTF-16 as they are read."""
    yield data
    for digits in PDF_TEXT.findall(data):
        with contextlib.suppress(ValueError):
            yield bytes.fromhex(digits.decode()).decode("utf-16").encode()


class Scanner:
    """Finds any of the canaries in any shape, in a millisecond or two for a page.

    A table tells for every four bytes of a page whether some needle might stand there; only those places are compared.
    """

    def __init__(self, canaries: Iterable[Canary]) -> None:
        needles = [(needle, one, shape) for one in canaries for shape, needle in shapes(one.text).items()]
        common = Counter(four for needle, _, _ in needles for four in set(_fours(needle)))
        self.by_four: dict[bytes, list[tuple[int, bytes, Canary, str]]] = {}
        for needle, canary, shape in needles:
            assert len(needle) >= 8, (canary, shape)
            # Many names begin alike: a needle is looked for by what the fewest others share with it.
            four = min(_fours(needle), key=lambda four: common[four])
            self.by_four.setdefault(four, []).append((needle.index(four), needle, canary, shape))
        self.table = np.zeros(1 << 20, bool)
        self.table[_places(b"".join(self.by_four))[::4]] = True

    def find(self, body: bytes, headers: Mapping[str, str] | None = None) -> set[tuple[Canary, str]]:
        """Every canary in a response with the shape it stands in."""
        head = "\n".join(f"{name}: {value}" for name, value in (headers or {}).items())
        found = set()
        for part in (*unpacked(body), head.encode()):
            text = part.decode("utf-8", "replace")
            plain = html.unescape(text).casefold()
            haystacks = {text, text.casefold(), plain, bare(plain), bare(re.sub(r"<[^>]*>", "", plain))}
            found |= {hit for haystack in haystacks for hit in self._hits(haystack.encode())}
        return found

    def _hits(self, data: bytes) -> Iterator[tuple[Canary, str]]:
        for place in np.flatnonzero(self.table[_places(data)]).tolist():
            for offset, needle, canary, shape in self.by_four.get(data[place : place + 4], ()):
                if place >= offset and data.startswith(needle, place - offset):
                    yield canary, shape


def _fours(needle: bytes) -> list[bytes]:
    return [needle[place : place + 4] for place in range(len(needle) - 3)]


def _places(data: bytes) -> NDArray[np.uint32]:
    """A number below 2^20 for each four bytes that follow one another, the same for the same bytes."""
    one = np.frombuffer(data, np.uint8).astype(np.uint32)
    if one.size < 4:
        return np.zeros(0, np.uint32)
    four = one[:-3] | one[1:-2] << 8 | one[2:-1] << 16 | one[3:] << 24
    hashed: NDArray[np.uint32] = (four * np.uint32(2654435761)) >> np.uint32(12)
    return hashed
