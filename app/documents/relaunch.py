"""The relaunch kit of a coalition that cools: an hour's agenda, an invitation, three questions; page and Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.analysis.pulses import Going
from app.language import date, gettext, ngettext, num
from app.tables.coalitions import Coalition
from app.taxonomies import obstacles
from deliberation.pulses import Line


@dataclass(frozen=True)
class Kit:
    """What helps partners to meet again, in the reader's language. `agenda` pairs minutes with what they are for."""

    agenda: tuple[tuple[int, str], ...]
    invitation: tuple[str, ...]
    questions: tuple[str, str, str]


def kit_of(coalition: Coalition, going: Going) -> Kit:
    """The kit as the coalition stands: what is open, what is in the way, and when something last happened."""
    return Kit(_agenda(going), _invitation(coalition, going), _questions(going))


def _open(going: Going) -> list[str]:
    return [line.words for item in going.situations for line in item.deliverables if line.due.done_on is None]


def _obstacle(going: Going) -> str:
    named = [item.last.obstacle for item in going.situations if item.last is not None and item.last.obstacle]
    return gettext(obstacles.label(named[0])) if named else ""


def _agenda(going: Going) -> tuple[tuple[int, str], ...]:
    at_risk = [line for item in going.situations for line in item.deliverables if line.due.last is Line.AT_RISK]
    middle = (
        gettext("What is in the way: %(obstacle)s. Who knows somebody who got past it?")
        % {"obstacle": _obstacle(going)}
        if _obstacle(going)
        else gettext("What is in the way, one sentence from each partner.")
    )
    due = gettext("What we said we would do, and what of it is done: no reasons yet, only where each thing stands.")
    risk = gettext("What is at risk: keep it, change its day, or drop it with a word why.")
    return (
        (10, gettext("Each partner: what has gone well since we last met.")),
        (15, risk if at_risk else due),
        (15, middle),
        (15, gettext("The three questions below, answered in turn, nobody twice before everybody once.")),
        (5, gettext("Who does what by when; who writes the next pulse; or: that we stop, and say so.")),
    )


def _invitation(coalition: Coalition, going: Going) -> tuple[str, ...]:
    lines = [gettext("Dear partners of %(title)s,") % {"title": coalition.title}]
    if going.vitality.last_on is not None:
        said = gettext("the last thing that happened in our coalition was on %(day)s.")
        lines.append(said % {"day": date(going.vitality.last_on)})
    waiting = _open(going)
    if waiting:
        said = ngettext(
            "%(n)s thing that we undertook is still open: %(words)s",
            "%(n)s things that we undertook are still open; the first is: %(words)s",
            len(waiting),
        )
        lines.append(said % {"n": num(len(waiting)), "words": waiting[0]})
    lines.append(
        gettext(
            "Let us meet for one hour and decide together: go on as we are, change what we do, rest until a day that "
            "we name, or end well. Each of these is a good answer; silence is none."
        )
    )
    lines.append(gettext("Please write which of these days suits you: ____, ____ or ____."))
    return tuple(lines)


def _questions(going: Going) -> tuple[str, str, str]:
    first = (
        gettext("You wrote that this is in the way: %(obstacle)s. What would have to happen for it to be gone?")
        % {"obstacle": _obstacle(going)}
        if _obstacle(going)
        else gettext("What has changed for you since we began, and what of it touches our work?")
    )
    return (
        first,
        gettext("What do you get out of this coalition today, and what would you have to get to stay?"),
        gettext("If we stopped next month, what would be missing, and who would miss it?"),
    )


def as_markdown(coalition: Coalition, kit: Kit) -> str:
    """The kit as Markdown; what people wrote cannot become markup."""
    minutes = sum(n for n, _ in kit.agenda)
    lines = [f"# {_plain(coalition.title)}", "", f"## {gettext('Agenda')} ({num(minutes)} min)", ""]
    lines += [f"{place}. {_plain(words)} ({num(n)} min)" for place, (n, words) in enumerate(kit.agenda, 1)]
    lines += ["", f"## {gettext('Invitation')}", "", *_spaced(kit.invitation)]
    lines += [f"## {gettext('Three questions')}", ""]
    lines += [f"{place}. {_plain(words)}" for place, words in enumerate(kit.questions, 1)]
    return "\n".join(lines) + "\n"


def _spaced(lines: Sequence[str]) -> list[str]:
    return [part for line in lines for part in (_plain(line), "")]


def _plain(words: str) -> str:
    escaped = re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", " ".join(words.split()))
    return re.sub(r"^(\d+)([.)])", r"\1\\\2", re.sub(r"^([-+])", r"\\\1", escaped))
