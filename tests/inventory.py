"""What the application consists of, enumerated from its code: routes, their actions, forms, parameters; actions."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec
from litestar.params import QueryParameter

PROJECT = Path(__file__).parents[1]
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Route:
    """One method of one address."""

    method: str
    path: str
    action: str | None
    function: Any
    shape: type[msgspec.Struct] | None = None
    """The form that the route says it receives, where it is one of a table."""

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_of_consultation(self) -> bool:
        return "{slug:str}" in self.path

    @property
    def parameters(self) -> dict[str, str]:
        """The places of the path and their kinds."""
        return dict(re.findall(r"{(\w+):(\w+)}", self.path))

    def filled(self, **values: object) -> str:
        """The address as a browser has it, in English where it has a language."""
        path = re.sub(r"{(\w+):\w+}", lambda place: str(values[place[1]]), self.path)
        unprefixed = path.split("/")[1] in {"api", "live", "healthz", "readyz", "metrics"}
        return path if unprefixed else f"/en{path}"

    @cached_property
    def query(self) -> tuple[str, ...]:
        """The names of its query parameters."""
        found = []
        for name, parameter in inspect.signature(self.function, eval_str=True).parameters.items():
            if get_origin(parameter.annotation) is not None:
                marks = [mark for mark in get_args(parameter.annotation)[1:] if isinstance(mark, QueryParameter)]
                found += [getattr(mark, "name", None) or name for mark in marks]
        return tuple(found)

    @cached_property
    def form(self) -> type[msgspec.Struct] | None:
        """The shape its handler reads, if it reads one."""
        if self.shape is not None:
            return self.shape
        read = re.search(r"read\(request, (\w+)\)", inspect.getsource(self.function))
        return None if read is None else self.function.__globals__[read[1]]

    @cached_property
    def fields(self) -> tuple[str, ...]:
        shape = self.form
        return () if shape is None else tuple(item.encode_name for item in msgspec.structs.fields(shape))


@cache
def routes() -> tuple[Route, ...]:
    """Every route of the product, the demo's included."""
    from app.controllers import routes as handlers

    found = [
        Route(str(method), path, handler.opt.get("action"), handler.fn, handler.opt.get("form"))
        for handler in handlers(is_demo=True)
        for path in sorted(handler.paths)
        for method in sorted(handler.http_methods)
        if str(method) != "OPTIONS"
    ]
    return tuple(sorted(found, key=lambda route: (route.path, route.method)))


def python_files(*packages: str) -> Iterator[Path]:
    for package in packages:
        yield from sorted((PROJECT / package).rglob("*.py"))


def action_functions() -> Iterator[tuple[str, Any]]:
    """Each public function that a module of `app.actions` defines, as `module.function`."""
    for file in sorted((PROJECT / "app" / "actions").glob("*.py")):
        if file.stem not in {"__init__", "record"}:
            module = import_module(f"app.actions.{file.stem}")
            for name, function in vars(module).items():
                if inspect.isfunction(function) and function.__module__ == module.__name__ and name[0] != "_":
                    yield f"{file.stem}.{name}", function


def called_names(function: Any) -> set[str]:
    """The names a function calls, its own module's helpers followed."""
    module = inspect.getmodule(function)
    seen: set[str] = set()
    waiting = [function]
    names: set[str] = set()
    while waiting:
        tree = ast.parse(textwrap.dedent(inspect.getsource(waiting.pop())))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                names.add(called)
                helper = getattr(module, called, None)
                helper = inspect.unwrap(helper) if callable(helper) else None
                if inspect.isfunction(helper) and helper.__module__ == module.__name__ and called not in seen:
                    seen.add(called)
                    waiting.append(helper)
    return names


WRITES = re.compile(r"\b(insert into|update \w+ |delete from)\b", re.IGNORECASE)


def writes_by_itself(function: Any) -> bool:
    """Whether the function's own text, or a statement of its module that it names, changes rows."""
    source = inspect.getsource(function)
    named = [
        value for name, value in vars(inspect.getmodule(function)).items() if isinstance(value, str) and name in source
    ]
    return bool(re.search(r"\.save\(\)|\bexecute\(", source)) or any(WRITES.search(text) for text in [source, *named])
