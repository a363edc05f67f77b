"""The one way in which a statement finds the round that is open while it writes."""

from __future__ import annotations


def open_round(phases: str) -> str:
    """Two common table expressions: `open_round(id, opens_at, at)`, with a row while consultation $1 has one open.

    phases : a condition on `r.phase`

    The round's row is held before the database's clock is read, so that whoever freezes the round, and holds it too,
    sees every write before its end; and the moment read is the one that is stored, so that nothing is acknowledged
    that bears a time after the close.
    """
    return f"""
held as (
  select r.id, r.opens_at, r.closes_at from rounds r join consultations c on c.id = r.consultation
  where r.consultation = $1 and c.lifecycle = 'running' and {phases}
    and r.opens_at <= clock_timestamp() and clock_timestamp() < r.closes_at
  order by r.number limit 1
  for share of r
), read as materialized (
  select id, opens_at, closes_at, clock_timestamp() as at from held
), open_round as (
  select id, opens_at, at from read where at < closes_at
)"""  # noqa: S608  a constant of each caller
