"""What belongs to another consultation answers like what does not exist, byte for byte, on every route.

In another consultation one row of every table is planted, all under the same id and number. Each route with a place for
an object is then asked from this consultation, by somebody who may use it: for the foreign object, and for none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import asyncpg
import msgspec
import pytest

from app.database import execute, fetch, fetchval, transaction
from deliberation.phases import ALLOWED, Action, Role
from tests import factories
from tests.cast import Browser, person
from tests.inventory import SAFE, Route
from tests.security import test_matrix as matrix

world = matrix.world

FOREIGN, MISSING = "f0f0f0f0-0000-4000-8000-0f0f0f0f0f0f", "a1a1a1a1-0000-4000-8000-1a1a1a1a1a1a"
FOREIGN_NUMBER, MISSING_NUMBER = 7001, 8001
FILLED: dict[str, dict[str, object]] = {
    "proposals": {"status": "accepted", "language": "en"},
    "accounts": {"email": "far@example.org", "zone": "UTC", "locale": "en"},
    "votes": {"choice": "agree"},
    "vote_carries": {"answer": ""},
    "earlier_votes": {"choice": "agree"},
    "rounds": {"phase": "propose", "number": 0, "opens_at": "now", "closes_at": "later"},
}
"""What a planted row says where any text would not do."""
NOT_PLANTED = {"consultations", "migration", "memberships"}
COLUMNS = """
select c.table_name, c.column_name, c.data_type, c.is_nullable = 'YES' or c.column_default is not null as is_free,
  (select t.relname from pg_constraint k join pg_class t on t.oid = k.confrelid
   where k.contype = 'f' and k.conrelid = format('%I', c.table_name)::regclass
     and k.conkey = array[(select attnum from pg_attribute a where a.attrelid = k.conrelid
                           and a.attname = c.column_name)]) as refers_to,
  (c.column_name = 'id') as is_id
from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.table_name not like 'procrastinate%'
order by c.table_name, c.ordinal_position
"""


def value_of(table: str, column: Any, consultation: UUID) -> object:
    name, kind = column["column_name"], column["data_type"]
    if name in FILLED.get(table, {}):
        given = FILLED[table][name]
        return {"now": matrix_moment(-1), "later": matrix_moment(1)}.get(str(given), given)
    if column["refers_to"] == "consultations" or name == "consultation":
        return consultation
    if kind == "uuid":
        return UUID(FOREIGN)
    if kind in {"bigint", "integer", "smallint"}:
        return FOREIGN_NUMBER
    if kind.startswith("timestamp"):
        return matrix_moment(0)
    plain = {"boolean": True, "date": matrix_moment(0).date(), "bytea": b"far", "jsonb": "{}", "json": "{}"}
    plain |= {
        "ARRAY": [],
        "double precision": 0.5,
        "real": 0.5,
        "numeric": 1,
        "character varying": "far",
        "text": "far",
    }
    return plain[kind]


def matrix_moment(hours: int) -> Any:
    from datetime import UTC, datetime, timedelta

    return datetime.now(UTC) + timedelta(hours=hours)


async def plant(consultation: UUID) -> set[str]:
    """One row in every table that takes one, all below the consultation and under the same id; which tables."""
    tables: dict[str, list[Any]] = {}
    for row in await fetch(COLUMNS):
        tables.setdefault(row["table_name"], []).append(row)
    waiting, planted = set(tables) - NOT_PLANTED, set[str]()
    for _ in range(8):  # what refers to another row comes after it
        for table in sorted(waiting - planted):
            columns = [
                one for one in tables[table] if one["is_id"] or one["refers_to"] or not one["is_free"] or wanted(one)
            ]
            names = ", ".join(f'"{one["column_name"]}"' for one in columns)
            places = ", ".join(f"${place + 1}" for place in range(len(columns)))
            values = [value_of(table, one, consultation) for one in columns]
            with suppress(asyncpg.PostgresError, asyncpg.DataError):
                async with transaction():
                    await execute(f"insert into {table} ({names}) values ({places})", *values)
                planted.add(table)
    return planted


def wanted(column: Any) -> bool:
    """A column by which a row is looked for, though it need not be filled."""
    known = {"number", "consultation", "version", "status", *FILLED.get(column["table_name"], ())}
    return column["column_name"] in known


def in_body(shape: type[msgspec.Struct] | None, uuid: str, number: int) -> dict[str, Any]:
    """A form that can be read, and names the object wherever it can name one."""
    if shape is None:
        return {}
    hints = get_type_hints(shape)
    return {item.encode_name: _typed(hints[item.name], uuid, number) for item in msgspec.structs.fields(shape)}


def _typed(hint: Any, uuid: str, number: int) -> Any:
    if get_origin(hint) is Literal:
        return str(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        return _typed(next(part for part in get_args(hint) if part is not type(None)), uuid, number)
    if get_origin(hint) in (list, tuple):
        return [_typed(get_args(hint)[0], uuid, number)] if get_args(hint) else []
    return {UUID: uuid, int: str(number), bool: "1", float: "1"}.get(hint, "Why this is so, in some words.")


def tried() -> Iterator[Route]:
    for route in matrix.tried_over_http():
        if set(route.parameters) - {"slug"}:
            yield route


def addressed(route: Route, slug: str, uuid: str, number: int) -> str:
    values: dict[str, object] = {"slug": slug, "language": "fr"}
    kinds = {"uuid": uuid, "int": number, "str": "x"}
    return route.filled(**{name: values.get(name, kinds[kind]) for name, kind in route.parameters.items()})


def without_ids(text: str) -> str:
    for mark in (FOREIGN, MISSING, str(FOREIGN_NUMBER), str(MISSING_NUMBER), "7,001", "8,001"):
        text = text.replace(mark, "ID")
    return re.sub(r"[0-9a-f]{16,64}|(?<=name=\"_key\" value=\")[^\"]+", "", text)


async def ask(client: Any, world: matrix.World, route: Route, role: Role, uuid: str, number: int) -> Any:
    path = addressed(route, world.consultation.slug, uuid, number)
    browser = Browser(client, world.tokens.get(role, ""))
    if route.method in SAFE:
        return await browser.get(path)
    return await browser.post(path, in_body(route.form, uuid, number))


@pytest.mark.parametrize("part", range(4))
async def test_an_object_of_another_consultation_answers_like_none(client: Any, world: matrix.World, part: int) -> None:
    other = await factories.make_consultation(slug="forest")
    await person("hana")
    planted = await plant(other.id)
    assert len(planted) > 60, "most tables have a row there"
    assert await fetchval("select consultation from proposals where number = $1", FOREIGN_NUMBER) == other.id
    wrong, tried_here = [], list(tried())[part::4]
    for route in tried_here:
        row = ALLOWED[Action(route.action)]
        for role in [role for role in Role if row[role] and (role in world.tokens)][:2]:
            state = next(state for state in sorted(row[role], key=lambda one: ":open" not in one))
            with suppress(matrix.Undo):
                async with transaction():
                    await matrix.stand_in(world, state)
                    answers = []
                    for uuid, number in ((FOREIGN, FOREIGN_NUMBER), (MISSING, MISSING_NUMBER)):
                        with suppress(matrix.Undo):
                            async with transaction():
                                await execute("delete from rate_windows")
                                found = await ask(client, world, route, role, uuid, number)
                                answers.append((found.status_code, without_ids(found.text), list(found.headers)))
                                raise matrix.Undo
                    if answers[0] != answers[1]:
                        wrong.append(f"{route.name} by {role} in {state}: {answers[0][0]} and {answers[1][0]}")
                    if answers[0][0] >= 500:
                        wrong.append(f"{route.name} by {role} in {state}: {answers[0][0]}")
                    raise matrix.Undo
    assert not wrong, "\n".join(wrong)
    assert len(tried_here) > 25
