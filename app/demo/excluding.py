"""Many votes within minutes, in the open round: one moderator asks that they be left out, another has to answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.access import Actor, actor_in, system_actor
from app.actions import alerts, consultations, exclusions
from app.demo import rows
from app.demo.people import DemoPerson
from app.demo.story import Story
from app.tables.alerts import Alert
from deliberation.phases import Role

N_RUSHED_TOGETHER, RUSH_DAY, N_RUSHED_VOTES = 5, 5, 24
WORDS = (
    "A few accounts voted on nearly every statement within six minutes, and nearly alike. I wrote to the organisers: "
    "no meeting was held then."
)


def who_rush(story: Story, people: Sequence[DemoPerson]) -> list[int]:
    """A few who speak for nobody and wrote nothing; not the stakeholder whom one can sign in as."""
    free = [place for place, person in enumerate(people) if place and place not in story.authors]
    return [place for place in free if not people[place].organisation][:N_RUSHED_TOGETHER]


async def ask_to_leave_out(by: Actor, *, moment: datetime) -> None:
    """The alert is raised by the check that the worker makes, and a colleague proposes what Lin Chen can answer."""
    colleague = await rows.staff_account(
        "moderator.2@example.org", "Tomás Herrera", may_convene=False, created_at=moment - timedelta(days=60)
    )
    await consultations.appoint(email=colleague.email, role=Role.MODERATOR, by=by)
    await alerts.check(by=await system_actor(by.consultation.id))
    found = await Alert.objects().where((Alert.consultation == by.consultation.id) & (Alert.kind == "burst")).first()
    assert found is not None, "the votes of the few stand out"
    await exclusions.propose(
        alert=found, reason_code="shared_list", words=WORDS, by=await actor_in(by.consultation, colleague)
    )
