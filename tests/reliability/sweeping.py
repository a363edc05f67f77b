"""Each statement of an action fails once: what is stored is as before it or as after it, never between."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg

from app.actions import (
    accounts,
    amendments,
    cards,
    consultations,
    curation,
    invitations,
    moderation,
    participants,
    proposals,
    rounds,
    votes,
)
from app.analysis.cards import Written
from app.database import DB, BoundedPool, Guarded, close_pool, connect_to, fetch, migrate, now, open_pool
from app.embedded import EmbeddedServer
from app.forms import Filled
from app.refusals import AlreadyDone
from app.taxonomies import moderation_reasons
from deliberation.disclosure import Attribution
from deliberation.phases import Phase, Role
from deliberation.votes import Choice
from tests import cast, factories, slates

MOST_STATEMENTS = 300
UNLOGGED = ("rate_windows",)
Act = Callable[[], Awaitable[object]]


class Failing(Guarded):
    """Raises instead of sending, when the count of statements says so; with `cuts` the connection is gone as well."""

    left = 0
    has_failed = False
    cuts = False

    def _count(self) -> None:
        Failing.left -= 1
        if Failing.left == 0:
            Failing.has_failed = True
            if Failing.cuts:
                self.terminate()
                raise asyncpg.ConnectionDoesNotExistError("cut on purpose")
            raise asyncpg.DiskFullError("full on purpose")

    async def execute(self, *given: Any, **more: Any) -> str:
        self._count()
        return await super().execute(*given, **more)

    async def _execute(self, *given: Any, **more: Any) -> Any:
        self._count()
        return await super()._execute(*given, **more)

    async def _executemany(self, *given: Any, **more: Any) -> Any:
        self._count()
        return await super()._executemany(*given, **more)


@contextlib.contextmanager
def failing_at(n: int, *, cuts: bool) -> Iterator[None]:
    """The n-th statement inside fails."""
    Failing.left, Failing.cuts, Failing.has_failed = n, cuts, False
    yield
    Failing.left = 0


@dataclass
class Swept:
    """What became of one action: how many statements it has, and after which of them the state was between."""

    name: str
    n_statements: int
    between: list[int]


async def sweep(folder: Path, is_short: bool, chance: random.Random) -> dict[str, Any]:
    """A representative action of each module from joining to the curators' desk, each statement failing in turn."""
    server = EmbeddedServer(folder, is_durable=False)
    server.start()
    try:
        connect_to(server.url())
        await open_pool(min_size=1, max_size=4, is_patient=True)
        await migrate()
        acts = await actions(is_short=is_short)
        await close_pool()
        await open_failing()
        swept = [await sweep_one(name, act) for name, act in acts.items()]
        unrecorded = await chain_problems()
    finally:
        await close_pool()
        server.stop()
    between = {one.name: one.between for one in swept if one.between}
    return {
        "n_actions": len(acts),
        "n_statements": {one.name: one.n_statements for one in swept},
        "n_between": sum(len(places) for places in between.values()),
        "between": between,
        "n_broken_chains": unrecorded,
        "is_met": not between and not unrecorded,
    }


async def open_failing() -> None:
    """The pool's connections fail when they are told to."""
    made = {"setup": None, "init": None, "connect": None, "loop": None, "record_class": asyncpg.Record}
    limits = {"max_queries": 50_000, "max_inactive_connection_lifetime": 300.0, "min_size": 1, "max_size": 4}
    DB.pool = await BoundedPool(**(limits | made | {"connection_class": Failing, "reset": None} | DB.address()))


async def sweep_one(name: str, act: Act) -> Swept:
    """The action is tried with its first statement failing, its second ... until none is left to fail.

    Each fails twice: refused by the database, and with its connection. Where the first commit has been reached before
    a later statement fails, all of the action has happened, and nothing else.
    """
    before, between = await state(), []
    for n in range(1, MOST_STATEMENTS):
        for cuts in (False, True):
            has_failed = await _fails(act, n, cuts=cuts)
            after = await state()
            if not has_failed:
                return Swept(name, n - 1, between)
            if after != before and not _is_whole(name, before, after):
                between.append(n)
            before = after
    raise AssertionError(f"{name} has no end")


async def _fails(act: Act, n: int, *, cuts: bool) -> bool:
    """Whether the action had an n-th statement to fail; a second try after its commit may be refused before that."""
    refusals = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, AlreadyDone)
    with failing_at(n, cuts=cuts), contextlib.suppress(*refusals):
        await act()
    return Failing.has_failed


def _is_whole(name: str, before: dict[str, str], after: dict[str, str]) -> bool:
    """It failed after its commit: what has an audit event has exactly its own; votes have none."""
    return name.startswith("votes.") or before["audit_events"] != after["audit_events"]


async def state() -> dict[str, str]:
    """A digest of every table's rows."""
    tables = await fetch(
        "select tablename from pg_tables where schemaname = 'public' and tablename <> all($1::text[]) "
        "and tablename not like 'procrastinate_events'",
        list(UNLOGGED),
    )
    parts = [
        f"select '{row['tablename']}' as name, md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as digest "
        f'from "{row["tablename"]}" t'
        for row in tables
    ]
    return {row["name"]: row["digest"] for row in await fetch(" union all ".join(parts))}


async def chain_problems() -> int:
    """Audit events that do not follow from the one before."""
    rows = await fetch(
        "select hash, previous_hash, lag(hash) over (partition by chain order by sequence) as before, sequence, "
        "lag(sequence) over (partition by chain order by sequence) as place from audit_events"
    )
    return sum(
        row["place"] is not None and (row["previous_hash"] != row["before"] or row["sequence"] != row["place"] + 1)
        for row in rows
    )


def _form(key: str) -> Filled[Any]:
    return Filled(typed={"key": key}, key=key.ljust(22, "x"))


async def actions(*, is_short: bool) -> dict[str, Act]:
    """Actions ready to be carried out, in an order in which each can be."""
    here = await factories.make_consultation()
    await factories.move_to(here, 1)
    chidi, dana = await factories.join("chidi", here), await factories.join("dana", here)
    mine = await factories.propose(chidi, "Build wells in every village.")
    other = await factories.propose(dana, "Repair the pumps first.")
    waiting = await factories.propose(dana, "Train a keeper for each pump.", accepted=False)
    declined = await factories.propose(dana, "Sell the water.", accepted=False)
    ben, amara = await factories.actor("ben", here), await factories.actor("amara", here)
    eve = await factories.actor("eve", here)
    moment, reason_code = await now(), moderation_reasons.codes()[0]
    person = (await cast.person("chidi")).id
    first = amara.rounds[0]
    draw = await factories.make_consultation(slug="draft", launched=False)
    acts: dict[str, Act] = {
        "votes.cast": lambda: votes.cast(proposal=other, choice=Choice.AGREE, by=chidi),
        "votes.withdraw": lambda: votes.withdraw(proposal=other, by=chidi),
        "participants.join": lambda: participants.join(
            constituency="ngos", organisation="Wells Union", region="african", language="en", by=eve
        ),
        "proposals.submit": lambda: proposals.submit(
            statement="Teach children to test water.", language="en", by=chidi, form=_form("submit")
        ),
        "moderation.accept": lambda: moderation.accept(proposal=waiting, by=ben, form=_form("accept")),
        "moderation.decline": lambda: moderation.decline(
            proposal=declined, reason_code=reason_code, reason="It is not about water.", by=ben, form=_form("no")
        ),
    }
    if is_short:
        return acts
    curating = await slates.curating(slug="desk", declaring=("gus", "amara"))
    gus = await factories.actor("gus", curating)
    return acts | {
        "amendments.suggest": lambda: amendments.propose(
            proposal=mine, statement="Build a well in every village.", reason="Clearer.", by=dana, form=_form("amend")
        ),
        "consultations.create": lambda: consultations.create(
            title="Roads",
            question="Which roads first?",
            attribution=Attribution.OPEN,
            joining="open",
            rounds=[consultations.PlannedRound(Phase.PROPOSE, moment, moment + timedelta(days=2))],
            by=amara.person,
            slug="roads",
        ),
        "consultations.appoint": lambda: consultations.appoint(email="hana@example.org", role=Role.MODERATOR, by=amara),
        "consultations.launch": lambda: _launch(draw),
        "invitations.invite": lambda: invitations.invite(addresses="ida@example.org", by=amara, form=_form("invite")),
        "cards.keep": lambda: cards.keep(card=Written(needs={"money": "A pump."}), by=chidi, form=_form("card")),
        "rounds.ask_to_extend": lambda: rounds.ask_to_extend(
            round_id=first.id, closes_at=moment + timedelta(days=1), reason="More time.", by=amara, form=_form("later")
        ),
        "accounts.change_details": lambda: accounts.change_details(
            account=person, name="Chidi Obi", zone="Africa/Lagos", locale="fr"
        ),
        "curation.open_desk": lambda: curation.open_desk(by=gus),
    }


async def _launch(draft: Any) -> None:
    await consultations.launch(by=await factories.actor("amara", draft), form=_form("launch"))
