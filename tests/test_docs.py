"""The documents name only what exists: paths, commands, settings, pages, pictures; and nothing of anybody's machine."""

from __future__ import annotations

import re
import struct
import subprocess
from pathlib import Path

import click
import pytest

from app.cli import main
from tests import inventory

PROJECT = Path(__file__).parents[1]
DOCUMENTS = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").glob("*.md")])
SCREENSHOTS = sorted((PROJECT / "docs" / "screenshots").glob("*.png"))
MAX_BYTES = 300_000
# Names that appear while things run, and the general shapes that the documents speak of.
MADE_LATER = {".venv", ".data", "keys/", "summary.json", "VENDOR.json", "migrations/"}
FILE = re.compile(r"^\.{0,2}/?[\w.\-]+(/[\w.\-]+)*/?$")
SUFFIXES = (".py", ".md", ".html", ".toml", ".yaml", ".lock", ".cfg", ".css", ".js", ".txt", ".woff2", ".png")
TYPED = re.compile(r"(?:^|[\s`(/])plenary(?: [a-z][a-z\-]*)+", re.MULTILINE)
EXAMPLES = re.compile(r"^(?: {4}|`)(?:.*?&& )?make ([a-z]+)", re.MULTILINE)
# Put together from parts, so that this file does not contain what it looks for.
FOREIGN = re.compile(
    "/" + "work/|/tmp/" + "plenary|shared/" + "(reference|prototypes|mockups)|extra-" + "index-url", re.IGNORECASE
)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def name_of(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def quoted(text: str) -> list[str]:
    """What stands between backticks, blocks aside."""
    return re.findall(r"`([^`\n]+)`", text)


def looks_like_a_path(word: str) -> bool:
    return bool(FILE.match(word)) and (word.endswith(SUFFIXES) or ("/" in word and not word.startswith("/")))


def missing_paths(document: Path) -> list[str]:
    """Paths in backticks and links that lead nowhere; a path counts from the project, a link from its document."""
    text = read(document)
    words = [word for word in quoted(text) if looks_like_a_path(word) and word not in MADE_LATER]
    # Files of an export or record are named without a folder; those of the house stand in one or on top.
    words = [word for word in words if "/" in word or word.endswith((".py", ".md", ".lock", ".toml", ".cfg"))]
    lost = [word for word in words if not (PROJECT / word).exists()]
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    return lost + [link for link in links if link and not (document.parent / link).exists()]


def commands_in(text: str) -> list[tuple[str, ...]]:
    """Words after `plenary` where it is typed: in backticks or in an indented block."""
    # A backslash marks a string of bytes, such as the prefix of a digest.
    marked = [word for word in quoted(text) if "\\" not in word]
    typed = "\n".join([*marked, *re.findall(r"^ {4}.*$", text, re.MULTILINE)])
    lines = [line for line in typed.splitlines() if re.search(r"(^|[\s/])plenary [a-z]", line)]
    return [tuple(found.split()[1:]) for line in lines for found in TYPED.findall(line)]


def resolves(words: tuple[str, ...]) -> bool:
    """The words begin with a command of `plenary`, and with one of its commands where it has some."""
    command: click.Command | None = main
    for depth, word in enumerate(words):
        if not isinstance(command, click.Group):
            return True
        command = command.commands.get(word)
        if command is None:
            return False
        if depth == len(words) - 1:
            return True
    return False


def route_patterns() -> list[re.Pattern[str]]:
    return [re.compile(re.sub(r"{\w+:\w+}", "[^/]+", route.path) + "$") for route in inventory.routes()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_path_that_a_document_names_exists(document: Path) -> None:
    assert missing_paths(document) == []


def test_a_path_that_does_not_exist_is_found(tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text("See `app/nowhere.py`, `app/cli.py`, [this](away.md) and [that](https://example.org).")
    assert missing_paths(document) == ["app/nowhere.py", "away.md"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_command_that_a_document_names_exists(document: Path) -> None:
    text = read(document)
    assert [" ".join(words) for words in commands_in(text) if not resolves(words)] == []
    targets = set(re.findall(r"^([a-z]+):", read(PROJECT / "Makefile"), re.MULTILINE))
    assert set(EXAMPLES.findall(text)) <= targets


def test_a_command_that_does_not_exist_is_found() -> None:
    found = commands_in("Type `plenary serve`, `plenary user invent`, or\n\n    .venv/bin/plenary conjure FILE\n")
    assert [words for words in found if not resolves(words)] == [("user", "invent"), ("conjure",)]


def test_every_command_of_plenary_is_told_to_operators() -> None:
    told = {words[0] for words in commands_in(read(PROJECT / "docs" / "operators.md"))}
    assert told >= set(main.commands)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_option_that_a_document_names_is_one_of_the_command(document: Path) -> None:
    unknown = []
    for line in [*quoted(read(document)), *re.findall(r"^ {4}.*$", read(document), re.MULTILINE)]:
        typed = re.search(r"plenary ((?:[a-z][a-z\-]* ?)+)(.*)", line)
        if typed is None or not (options := re.findall(r"(?<!\S)--[a-z\-]+", typed[2])):
            continue
        command: click.Command = main
        for word in typed[1].split():
            command = command.commands.get(word, command) if isinstance(command, click.Group) else command
        known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
        unknown += [option for option in options if option not in known]
    assert unknown == []


def test_the_readme_names_the_two_commands_and_its_screenshots() -> None:
    text = read(PROJECT / "README.md")
    assert {"demo", "test"} <= set(EXAMPLES.findall(text))
    shown = {Path(link).name for link in re.findall(r"!\[[^\]]+\]\(docs/screenshots/([^)]+)\)", text)}
    assert len(shown) == 3


def test_every_screenshot_is_shown_and_said_in_words() -> None:
    shown = {
        Path(link).name
        for document in DOCUMENTS
        for link in re.findall(r"!\[[^\]]{10,}\]\((?:docs/)?screenshots/([^)]+)\)", read(document))
    }
    assert shown == {path.name for path in SCREENSHOTS}


@pytest.mark.parametrize("picture", SCREENSHOTS, ids=name_of)
def test_a_screenshot_is_a_small_png_of_a_page(picture: Path) -> None:
    head = picture.read_bytes()[:24]
    width, height = struct.unpack(">II", head[16:24])
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert picture.stat().st_size < MAX_BYTES
    assert width >= (390 if "phone" in picture.stem else 700)
    assert height >= 700


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_setting_that_a_document_names_is_read(document: Path) -> None:
    source = read(PROJECT / "app" / "settings.py") + read(PROJECT / "compose.yaml")
    # The three keys are read under a name that is put together; the tests read the last two.
    keys = {"PLENARY_SESSION_SECRET", "PLENARY_LINK_KEY", "PLENARY_SIGNING_KEY"}
    keys |= {"PLENARY_REAL_DATA", "PLENARY_SCREENSHOTS"}
    named = {word.removesuffix("_FILE") for word in re.findall(r"\bPLENARY_[A-Z_]+", read(document))}
    assert {word for word in named if word not in keys and word not in source} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_page_that_a_document_names_has_a_route(document: Path) -> None:
    patterns = route_patterns()
    pages = [word for word in quoted(read(document)) if re.fullmatch(r"/[\w.\-/]+", word)]
    lost = [page for page in pages if not any(pattern.match(page.rstrip("/")) for pattern in patterns)]
    # A folder of pages is named with a slash at its end.
    assert [page for page in lost if not (page.endswith("/") and _is_folder(page))] == []


def _is_folder(page: str) -> bool:
    return any(route.path.startswith(page) for route in inventory.routes())


def test_the_words_are_one_for_each_thing() -> None:
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|", read(PROJECT / "docs" / "words.md"), re.MULTILINE)[2:]
    words = [word.strip() for left, _ in rows for word in left.split(",")]
    assert len(words) > 40
    assert len(words) == len(set(words))
    assert all(meaning.strip() for _, meaning in rows)


def test_nothing_tracked_names_a_machine_or_a_place_that_readers_do_not_have() -> None:
    command = ["git", "-C", str(PROJECT), "ls-files", "-z"]
    listed = subprocess.run(command, capture_output=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git repository: the list of tracked files is unknown")
    found = []
    for name in listed.stdout.decode().split("\0"):
        path = PROJECT / name
        if name and path.is_file():
            content = path.read_bytes()
            if b"\0" not in content[:1000] and (hit := FOREIGN.search(content.decode("utf-8", "replace"))):
                found.append(f"{name}: {hit[0]}")
    assert found == []
