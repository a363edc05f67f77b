"""No page asks the database more often when there is more to show: every GET route, before and after rows multiply.

Rows of every table are copied, also of tables that are added later, and routes are those of the canaries' walk.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import pytest

from app.actions import coalitions, curation, curators, invitations, moderation, proposals, responses
from app.actions.accounts import open_session
from app.auth import cookie_name
from app.database import DB, execute, fetch, fetchval, transaction
from app.jobs.check_power import check_power
from app.tables.proposals import Proposal
from deliberation.phases import Phase
from tests import factories, simulated, slates
from tests.cast import person
from tests.security.test_canaries import PLACES, Route, a_reason, routes_of

PHASES = (Phase.PROPOSE, Phase.CURATE, Phase.RESPOND, Phase.COMMIT)
STAFF = ("amara", "ben", "gus", "fatima", "eve", None)
"""Who is asked for each page, until one may see it; whoever takes part is asked besides."""
N_COPIES = 12
MOST_QUERIES = 45
SLACK = 4
"""A list that was empty may cost a few queries once; one for each copy would be three times as many."""
NOT_COPIED = (
    *("accounts", "analyses", "audit_events", "consultations", "curated_slates", "imported_logs", "memberships"),
    *("migration", "publications", "rate_windows", "rounds", "sessions", "sign_in_codes", "summaries", "used_forms"),
)


async def first_round() -> Any:
    here = await factories.make_consultation(phases=PHASES)
    people = [await factories.join(name, here, organisation=f"Body of {name}") for name in ("chidi", "dana")]
    written = [
        await factories.propose(who, f"Wells of kind {n} should be built.", accepted=n < 2)
        for who in people
        for n in range(3)
    ]
    await factories.vote(people[0], written[3], "agree")
    await factories.vote(people[1], written[0], "agree")
    await moderation.suggest_merge(proposal=written[2], into=written[4], by=await factories.actor("ben", here))
    await proposals.flag(proposal=written[1], reason_code=await a_reason(), note="", by=people[1])
    await proposals.cosponsor(proposal=written[0], by=people[1])
    await invitations.invite(addresses="guest@example.org", by=await factories.actor("amara", here))
    await simulated.fill(here)
    await check_power(consultation_id=str(here.id))
    await execute(
        "insert into alerts (id, consultation, kind, subject, level, measure, raised_at) "
        "values (gen_random_uuid(), $1, 'quiet_constituency', 'women', 'watch', '{}', clock_timestamp())",
        here.id,
    )
    return here


async def later(here: Any, number: int) -> None:
    await execute("update votes set cast_at = cast_at - interval '1 day'")
    await factories.move_to(here, number)


async def enter(here: Any, number: int) -> None:
    """The consultation comes into its round as the people and jobs of the one before leave it."""
    if number == 2:
        await later(here, 2)
        await simulated.freeze_first_round(here)
        for name in ("gus", "amara"):
            await curators.declare(interests={}, by=await factories.actor(name, here))
        await slates.reasoned(here)
    if number == 3:
        _, draft = await slates.stored(here)
        for name in ("gus", "amara"):
            await curation.sign(version=draft.version, by=await factories.actor(name, here))
        await later(here, 3)
        chidi, amara = await factories.actor("chidi", here), await factories.actor("amara", here)
        await responses.answer_overall(represents="yes", can_live_with="yes", by=chidi)
        item = await fetchval("select proposal from slate_items order by position limit 1")
        adopted = await Proposal.objects().where(Proposal.id == item).first()
        assert adopted is not None
        for name in ("chidi", "dana"):
            await coalitions.offer(proposal=adopted, brings="Pumps.", by=await factories.actor(name, here))
        offers = [row["id"] for row in await fetch("select id from work_offers order by id")]
        made = await coalitions.draft(proposal=adopted, title="Wells", purpose="", offers=offers, n_needed=2, by=amara)
        await coalitions.invite(coalition=made, by=amara)


# -------- many rows


async def multiply(n: int) -> dict[str, int]:
    """So many copies of some rows of each table, with keys and numbers of their own; returns how many were made."""
    tables = [
        row["name"]
        for row in await fetch(
            "select table_name::text as name from information_schema.tables "
            "where table_schema = 'public' and table_type = 'BASE TABLE' order by 1"
        )
    ]
    first = ("organisations", "participants", "proposals")
    rest = [name for name in tables if name not in {*first, *NOT_COPIED} and "procrastinate" not in name]
    return {name: await copy_rows(name, n) for name in (*first, *rest)}


UNIQUE = """
select distinct a.attname::text as name from pg_index i
join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
where i.indrelid = $1::regclass and i.indisunique
"""
COLUMNS = """
select column_name::text as name, data_type::text as kind, coalesce(character_maximum_length, 0) as length,
       column_default like 'nextval%' as counts
from information_schema.columns where table_schema = 'public' and table_name = $1 order by ordinal_position
"""


async def copy_rows(table: str, n: int) -> int:
    unique = {row["name"] for row in await fetch(UNIQUE, table)}
    columns = [row for row in await fetch(COLUMNS, table) if not row["counts"]]
    values = [_value(table, row["name"], row["kind"], row["length"], row["name"] in unique) for row in columns]
    names = ", ".join(f'"{row["name"]}"' for row in columns)
    some = "select distinct on (status, author) *" if table == "proposals" else "select *"
    done = await execute(
        f"""
        insert into {table} ({names})
        select {", ".join(values)} from ({some} from {table} limit 8) as t, generate_series(1, {n}) as i
        on conflict do nothing
        """
    )
    return int(done.split()[-1])


def _value(table: str, name: str, kind: str, length: int, is_unique: bool) -> str:
    column = f't."{name}"'
    if name == "id":
        return "gen_random_uuid()" if kind == "uuid" else "(random() * 9e15)::bigint"
    if name == "number" and table not in {"rounds"}:
        return f"{column} + 5000 * i"
    if name == "proposal" and is_unique:
        return "(select id from proposals where number > 5000 and status = 'accepted' order by number offset i limit 1)"
    if name == "participant" and is_unique and table in {"responses", "coalition_seats"}:
        return "(select id from participants order by id offset i limit 1)"
    if is_unique and kind == "character varying":
        return f"left(i || {column}, {length or 200})"
    if is_unique and kind == "bytea":
        return "decode(md5(random()::text), 'hex')"
    return column


# -------- the walk


class Undo(Exception):
    """Takes the savepoint back."""


async def address(route: Route) -> str | None:
    """The route with its places filled, None where the consultation holds nothing of the kind, and for streams."""
    path = route.path
    for place in route.places:
        starts = [start for start, name in PLACES if name == place and path.startswith(start)]
        value = await fetchval(PLACES[max(starts, key=len), place]) if starts else None
        if value is None:
            return None
        path = path.replace(f"{{{place}}}", str(value))
    is_plain = re.match(r"/(api|live|healthz|readyz|robots\.txt|\.well-known)\b", path)
    return None if path.startswith("/live") else path if is_plain else f"/en{path}"


Readers = dict[str | None, dict[str, str]]


class Counter:
    """How many queries were made since it was last set to 0."""

    n = 0

    def __call__(self, _record: Any) -> None:
        self.n += 1


async def asked(client: Any, application: Any, headers: Readers) -> dict[tuple[str, str], int]:
    """How many queries each page needs when it is asked for the second time: by whoever of the staff may see it first,
    and by somebody who takes part."""
    connection, counter, found = DB.current_transaction.get().connection, Counter(), {}

    async def is_seen(path: str, reader: str | None) -> bool:
        client.cookies.clear()
        counter.n = 0
        return (await client.get(path, headers=headers[reader])).status_code == 200

    connection.add_query_logger(counter)
    for route in routes_of(application):
        path = await address(route)
        for kind, readers in (("staff", STAFF), ("participant", ("chidi",))):
            for reader in readers if path else ():
                if await is_seen(path, reader) and await is_seen(path, reader):
                    found[route.path, kind] = counter.n
                    break
    connection.remove_query_logger(counter)
    return found


@pytest.mark.slow
async def test_no_page_asks_more_often_when_there_is_more_to_show(client, application):
    here = await first_round()
    headers: Readers = {None: {}}
    for name in (*STAFF[:-1], "chidi"):
        headers[name] = {"cookie": f"{cookie_name('sid')}={await open_session((await person(name)).id)}"}
    growing, seen = [], set()
    for number in (1, 2, 3):
        await enter(here, number)
        few, many, n_copied = await asked(client, application, headers), {}, {}
        with suppress(Undo):
            async with transaction():
                n_copied = await multiply(N_COPIES)
                many = await asked(client, application, headers)
                raise Undo
        assert n_copied["proposals"] >= 3 * N_COPIES and sum(n > 0 for n in n_copied.values()) > 10, n_copied
        growing += [
            f"round {number}, {page}: {few[page]}, then {many[page]}"
            for page in few
            if page in many and many[page] > few[page] + SLACK
        ]
        assert {page: n for page, n in few.items() if n > MOST_QUERIES} == {}
        seen |= {path for path, _ in many}
    assert growing == [], "\n".join(growing)
    assert len(seen) > 40, sorted(seen)


@pytest.mark.usefixtures("database")
async def test_rows_of_a_table_are_copied_with_keys_of_their_own():
    await first_round()
    before = {name: await fetchval(f"select count(*) from {name}") for name in ("flags", "proposals", "invitations")}
    made = await multiply(3)
    for name, n in before.items():
        assert made[name] > 0
        assert await fetchval(f"select count(*) from {name}") == n + made[name]
