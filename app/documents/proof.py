"""What the published records prove and what they do not, claim by claim, for everybody to read."""

from __future__ import annotations

from app.language import gettext
from app.refusals import N_

YES, PARTLY, NO = N_("Yes"), N_("Partly"), N_("No")
CLAIMS = (
    (
        N_("What was published has not been changed since, by anybody without the key"),
        YES,
        N_("To whoever kept the hash or the record from before: the signature and the chain would not fit."),
    ),
    (
        N_("The words, shares and slates of a summary fit each other and the published rules"),
        YES,
        N_("To everybody: the record holds the figures each sentence rests on, and is checked against itself."),
    ),
    (
        N_("Every difference between the two slates has a reason"),
        YES,
        N_("To everybody: every decision of the curators is replayed from one slate to the other."),
    ),
    (
        N_("Who decided, when and why is all recorded"),
        PARTLY,
        N_("Each decision is in the governance log by role. A later change in the database is found; what was "
           "never recorded is not."),
    ),
    (
        N_("The votes were counted as the method says"),
        PARTLY,
        N_("The analysis can be done again from the votes, with the same result, by whoever runs the platform. The "
           "public sees only that the figures are consistent, for rows of votes would show who voted how."),
    ),
    (
        N_("My vote is counted unchanged"),
        NO,
        N_("You see your votes on your own page. There are no receipts: one that proves how you voted could be "
           "demanded from you."),
    ),
    (
        N_("Nobody was added to the list of participants"),
        NO,
        N_("Its truth rests on the convenor who invites."),
    ),
    (
        N_("How I voted is secret from those who run the server"),
        NO,
        N_("The analysis needs the votes in clear; no page, file or message shows them."),
    ),
    (
        N_("Everybody is shown the same record"),
        NO,
        N_("Unless you compare its hash with somebody else's."),
    ),
    (
        N_("Nobody was pressed to vote in some way"),
        NO,
        N_("No program can see that."),
    ),
    (
        N_("The groups and weights are fair"),
        NO,
        N_("Only that they were worked out as announced, from rules that were public before."),
    ),
    (
        N_("The program that ran is the one that is published"),
        NO,
        N_("Whoever runs the server could run another; that its records pass every check is all that shows."),
    ),
)  # fmt: skip


def rows() -> list[tuple[str, str, str]]:
    """Each claim, whether it is proved, and how or why not, in the reader's language."""
    return [(gettext(claim), gettext(word), gettext(how)) for claim, word, how in CLAIMS]
