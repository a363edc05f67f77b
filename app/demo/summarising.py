"""The expert meeting's summary: shown to the room, objected to once, answered, and signed by two persons."""

from __future__ import annotations

from app.access import Actor, actor_in
from app.actions import objections, summaries
from app.auth import Person
from app.database import execute
from app.documents.added import Added
from app.documents.model import Document, content_key
from app.tables.consultations import Consultation

MINUTES, WEEK = 15, 10_080
INTRODUCTION = (
    "Half a day in one room was enough to agree on what keeps partnerships going: each partner knows what it wins [1], "
    "and the work after the launch is seen [10]."
)
CORRECTION = "The first summary had no introduction. Its facts, and the analysis they are from, are the same."
OBJECTED_TO = "For small partnerships, monitoring costs more than it tells anybody."
OBJECTION = (
    "This reads as if the room wanted less monitoring. What was meant is reporting that nobody uses; "
    "learning is another matter."
)
NOTE = (
    "Some of those present would keep apart reporting to funders, which costs too much, and learning, which does not."
)


async def summarise(consultation: Consultation, *, convenor: Person, curator: Person, reader: Person) -> None:
    """The summary is published: shown for a quarter of an hour, one objection noted, signed by two persons."""
    by = await actor_in(consultation, convenor)
    row = await summaries.show(minutes=MINUTES, by=by)
    document = Document.from_json(summaries.plain(row.document)["body"]["document"])
    passage = next(
        content_key(section, one)
        for section, one in document.passages()
        if section.code != "one_page"
        and OBJECTED_TO in {place.get("text") for place in one.sentences[0].places.values()}
    )
    await objections.make(passage=passage, reason=OBJECTION, by=await actor_in(consultation, reader))
    await execute("update summaries set shown_until = clock_timestamp() - interval '1 second' where id = $1", row.id)
    by = await actor_in(consultation, convenor)
    draft = await summaries.draft_of(by)
    assert draft is not None
    await objections.answer(objection=draft.objections.all[0].id, answer="noted", said=NOTE, by=by)
    for person in (convenor, curator):
        signer = await actor_in(consultation, person)
        draft = await summaries.draft_of(signer)
        assert draft is not None and not draft.problems
        await summaries.sign(by=signer, version=draft.version)
    await _correct(await actor_in(consultation, convenor))


async def _correct(by: Actor) -> None:
    """A correction waits: everybody who was there can read its draft for a week, and object."""
    added = Added(introduction=INTRODUCTION, correction=CORRECTION, language="en")
    draft = await summaries.draft_of(by)
    assert draft is not None
    await summaries.write(added=added, version=draft.version, by=by)
    await summaries.show(minutes=WEEK, by=by)
