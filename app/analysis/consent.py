"""What people are told when they join: in words that hold for this consultation, with the figures that hold here.

The words have a version. It is stored with whoever agrees to them, and whoever agreed to others is shown that they
have changed.
"""

from __future__ import annotations

from app.analysis.retention import days
from app.language import gettext, ngettext, num
from app.settings import get_settings
from app.tables.consultations import Consultation
from app.tables.participants import Participant
from deliberation.disclosure import Attribution, Audience
from deliberation.disclosure_rules import rules_for

WORDS = 1
"""Counts up with every change of the sentences below; a test holds it to their digest."""
LARGE_ROOM = 1_000
"""Any room that is not small: in a small one no row is told at all, which promises more."""


def version(consultation: Consultation) -> str:
    """Which words these are: the sentences, the mode of attribution, and the figures in them."""
    mode = Attribution(consultation.attribution)
    return f"{WORDS}-{mode.value}-{fewest(mode)}-{days('links')}"


def fewest(mode: Attribution) -> int:
    """How many people a published total has at least, by the disclosure gate's own rule."""
    return rules_for(mode, Audience.PUBLIC, LARGE_ROOM).fewest


def is_changed(consultation: Consultation, own: Participant) -> bool:
    """Whether this person agreed to other words than those that hold now, or to none that were kept."""
    return own.consent != version(consultation)


def sentences(mode: Attribution) -> tuple[str, ...]:
    """The words of consent in the reader's language, for one mode of attribution."""
    settings = get_settings()
    bound = settings.privacy_policy
    return (
        *_who_sees(mode),
        gettext("Results are published as totals, never for fewer than %(n)s people.") % {"n": num(fewest(mode))},
        gettext(
            "Until the round closes you can change or withdraw your votes; afterwards they stay in the totals. You can "
            "have them left out of later analyses."
        ),
        ngettext(
            "The link between you and your code is destroyed %(shown)s day after the consultation is archived.",
            "The link between you and your code is destroyed %(shown)s days after the consultation is archived.",
            days("links"),
        )
        % {"shown": num(days("links"))},
        gettext("The people who operate the server could technically read the database; they are bound by %(policy)s.")
        % {"policy": bound}
        if bound
        else gettext("The people who operate the server could technically read the database."),
        gettext(
            "A moderator and a convenor together may learn who wrote a text, only because of a threat to somebody's "
            "safety or a duty by law, and you will be told unless a law forbids it."
        ),
        gettext("You can download or erase your data at any time under My data."),
        gettext("Questions: %(contact)s.") % {"contact": settings.privacy_contact}
        if settings.privacy_contact
        else gettext("Questions: ask the convenors."),
    )


def _who_sees(mode: Attribution) -> tuple[str, ...]:
    stored = gettext("Your proposals and votes are stored under a random code for this consultation only.")
    write = gettext("Do not write things that identify you.")
    if mode is Attribution.CHATHAM_HOUSE:
        return (
            gettext("This consultation runs under the Chatham House Rule."),
            stored,
            gettext("Other participants, moderators and convenors cannot see that code's owner."),
            write,
        )
    nobody = gettext("Nobody is shown how you voted.")
    if mode is Attribution.OPEN:
        return (stored, gettext("Nobody is told who wrote a proposal."), nobody, write)
    return (stored, gettext("Your name stands beside a proposal only where you ask for it."), nobody)
