"""The executable examples as a public page: `python -m tests.method` writes templates/method/_spec.html anew.

A chapter is a module of tests/spec, its title the module's first line, its sentences the tests' names, and its pictures
the tables of votes that stand in them.
"""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SPECS = ROOT / "tests" / "spec"
PAGE = ROOT / "templates" / "method" / "_spec.html"
TABLE = re.compile(r"^\s*\.(\s+\d+)+\s*$")
"""The first row of a table of votes: a dot, then statement ids."""


def chapters() -> Iterator[tuple[str, str, list[tuple[str, list[str]]]]]:
    """Name, introduction and examples of every module; an example is a sentence with its tables of votes."""
    for file in sorted(SPECS.glob("test_*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        tests = [
            (sentence_of(node.name), tables_in(node))
            for node in ast.walk(tree)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_")
        ]
        if tests:
            yield file.stem.removeprefix("test_").replace("_", " "), ast.get_docstring(tree) or "", tests


def sentence_of(name: str) -> str:
    """A test's name as the sentence it is."""
    words = name.removeprefix("test_").replace("_", " ")
    return words[:1].upper() + words[1:] + "."


def tables_in(node: ast.AST) -> list[str]:
    """The tables of votes that stand in a test, without their indentation."""
    found = []
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            lines = [line.strip() for line in part.value.strip().splitlines() if line.strip()]
            if len(lines) > 1 and TABLE.match(lines[0]):
                found.append("\n".join(lines))
    return found


def render() -> str:
    """The page's fragment. Braces are written so that the template engine leaves them alone."""
    lines = ["{# Written by `python -m tests.method` from tests/spec; a test fails when it is out of date. #}"]
    for name, introduction, tests in chapters():
        lines.append(f'<details class="alt"><summary>{_safe(name)} <span class="muted">({len(tests)})</span></summary>')
        lines.append(f"<p>{_safe(introduction.split(chr(10) * 2)[0])}</p><ul>")
        for sentence, tables in tests:
            shown = "".join(f'<pre class="votes">{_safe(table)}</pre>' for table in tables)
            lines.append(f"<li>{_safe(sentence)}{shown}</li>")
        lines.append("</ul></details>")
    return "\n".join(lines) + "\n"


def _safe(text: str) -> str:
    return html.escape(text).replace("{", "&#123;").replace("}", "&#125;")


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
