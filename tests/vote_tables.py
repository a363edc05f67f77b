"""Votes written as a table, the way a person would on paper."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from deliberation.votes import VoteMatrix

MARKS = {"+": "agree", "-": "disagree", "0": "pass"}
"""What stands in a cell; "." is unseen."""


def read_votes(table: str) -> VoteMatrix:
    """The votes of a table whose first row holds statement ids and whose first column participant ids.

    . 1 2 3
    7 + - .
    8 + 0 .
    """
    lines = [line.split() for line in table.strip().splitlines() if line.strip()]
    statements = [int(word) for word in lines[0][1:]]
    people = [int(line[0]) for line in lines[1:]]
    cast = []
    for person, line in zip(people, lines[1:], strict=True):
        if len(line) != len(statements) + 1:
            raise ValueError(f"row {person} has {len(line) - 1} cells instead of {len(statements)}")
        cast += [(person, s, MARKS[mark]) for s, mark in zip(statements, line[1:], strict=True) if mark != "."]
    who, what, how = (list(column) for column in zip(*cast, strict=True)) if cast else ([], [], [])
    return VoteMatrix.from_votes(
        np.array(who, np.int64),
        np.array(what, np.int64),
        np.array(how, dtype=str),
        participant_ids=people,
        statement_ids=statements,
    )


def simulated_votes(
    kind: str, *, seed: int, n: int = 150, m: int = 30, density: float = 0.6, groups: int = 3, contrast: float = 2.0
) -> VoteMatrix:
    """Votes with a known truth: people differ in agreeableness, statements in how agreed they are, one in ten passes.

    "structureless" : nothing else; "spectrum" : people lie in one bell shape between two ends; "groups" : participant i
    belongs to group i % groups, whose members share opinions
    """
    rng = np.random.default_rng(seed)
    logits = rng.normal(0.4, 0.8, m) + rng.normal(0, 0.5, n)[:, None]
    if kind == "groups":
        logits = logits + rng.normal(0, contrast, (groups, m))[np.arange(n) % groups]
    elif kind == "spectrum":
        logits = logits + rng.normal(0, 1, n)[:, None] * rng.normal(0, contrast, m)
    elif kind != "structureless":
        raise ValueError(kind)
    signs = np.where(rng.random((n, m)) < 0.1, 0, np.where(rng.random((n, m)) < expit(logits), 1, -1))
    rows, columns = np.nonzero(rng.random((n, m)) < density)
    return VoteMatrix.from_votes(
        rows, columns, signs[rows, columns].astype(np.int8), participant_ids=np.arange(n), statement_ids=np.arange(m)
    )
