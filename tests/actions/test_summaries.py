"""Writing, signing and publishing a summary: who, when, twice by two people, and what is remembered of it."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from app.actions import curation, curators, responses, summaries
from app.analysis import cards, governance
from app.analysis.summary import gather
from app.database import execute, fetch, fetchval
from app.documents import markdown, partnering, wording
from app.documents.added import Added, FollowUp, citations_of, sentences_of, uncited
from app.documents.balance import TITLES
from app.documents.ladder import DISSENT, SUPPORT
from app.documents.model import Document
from app.documents.writer import Writer
from app.jobs.announce_summary import announce_summary
from app.language import LANGUAGES, use_locale
from app.refusals import Conflict, Denied, Invalid
from app.tables.proposals import Proposal
from app.tables.publications import Summary
from deliberation.disclosure import Attribution, Audience, release_count
from deliberation.quantifiers import Dissent, Word
from deliberation.snapshot_checks import DISSENTS, WORDS
from deliberation.verification import verify_record
from tests import factories, rooms

pytestmark = pytest.mark.slow  # a consultation is led through its rounds

CITED = Added(introduction="Villages came first [1].")


async def publish(here, *, added=CITED):
    """Amara writes and signs, Gus signs: the record that is published."""
    amara = await factories.actor("amara", here)
    draft = await summaries.draft_of(amara)
    await summaries.write(added=added, version=draft.version, by=amara)
    await rooms.shown(here)
    await summaries.sign(by=amara)
    row = await summaries.sign(by=await factories.actor("gus", here))
    return json.loads(row.snapshot)


# -------- the document


async def test_there_is_no_summary_before_a_frozen_analysis(database):
    here = await factories.make_consultation()
    await factories.move_to(here, 1, standing="closed")
    amara = await factories.actor("amara", here)
    assert await summaries.draft_of(amara) is None
    with pytest.raises(Denied):
        await summaries.write(added=Added(), version=0, by=amara)


async def test_every_sentence_cites_facts_that_are_there(database):
    here = await rooms.small_room()
    await rooms.curate(here)
    document = (await summaries.draft_of(await factories.actor("amara", here))).document
    known = {fact.id for fact in document.facts}
    said = list(document.sentences())
    assert len(said) > 30
    assert all(one.facts and set(one.facts) <= known for one in said)
    assert all(set(one.places) == set(wording.placeholders(one.message)) for one in said)


async def test_a_small_room_is_told_in_words_alone(database):
    here = await rooms.small_room()
    document = (await summaries.draft_of(await factories.actor("amara", here))).document
    for fact in document.facts:
        if fact.kind.startswith("support"):
            assert not {"agree", "disagree", "pass", "voters"} & set(fact.value)
    titles = [section.code for section in document.sections]
    assert "divergence" not in titles
    assert {"one_page", "common_ground", "partial", "minority", "annex_statements"} <= set(titles)
    assert document.fact("joined").value == {"n": {"band": [10, 19]}}


async def test_in_a_small_room_the_order_tells_nothing_but_the_word(database):
    here = await rooms.small_room()
    document = (await summaries.draft_of(await factories.actor("amara", here))).document
    numbers = [passage.about for passage in document.section("common_ground").passages]
    assert numbers == sorted(numbers)


async def test_a_crowd_is_told_group_by_group_with_its_dissent(database):
    here = await rooms.crowd()
    draft = await summaries.draft_of(await factories.actor("amara", here))
    assert len(draft.material.groups) == 3
    texts = [wording.text(one) for one in draft.document.sentences()]
    assert any("of those whose view is clear are in group A" in text for text in texts)
    assert draft.document.section("divergence").passages
    for section in draft.document.sections:
        for passage in section.passages:
            said = {fact for one in passage.sentences if one.says == "dissent" for fact in one.facts}
            for one in passage.sentences:
                if one.says == "support" and draft.document.fact(one.facts[0]).value["dissent"]:
                    assert one.facts[0] in said


async def test_the_differences_of_the_slates_stand_with_their_reasons(database):
    here = await rooms.small_room()
    await rooms.curate(here)
    draft = await summaries.draft_of(await factories.actor("amara", here))
    table = draft.document.section("slates").tables[0]
    words = " ".join(wording.place_text(cell) for row in table.rows for cell in row)
    for _, text in rooms.REASONS:
        assert text in words
    n = len(draft.material.slates.participants)
    assert draft.document.fact("slate.ledger").value == {"kept": n - 1, "added": 1, "dropped": 1}


async def test_all_languages_say_the_same_facts(database):
    here = await rooms.small_room()
    document = (await summaries.draft_of(await factories.actor("amara", here))).document
    for code in LANGUAGES:
        with use_locale(code):
            assert all(
                wording.text(one) and wording.markdown(one) and wording.html(one) for one in document.sentences()
            )


async def test_a_stored_document_is_read_back_equal(database):
    here = await rooms.small_room()
    document = (await summaries.draft_of(await factories.actor("amara", here))).document
    assert Document.from_json(json.loads(json.dumps(document.to_json()))) == document


async def test_the_words_of_the_pages_are_those_of_the_verifier():
    assert {SUPPORT[word]: (word,) for word in Word} == dict(WORDS)
    assert {DISSENT[one]: one for one in Dissent} == dict(DISSENTS)


# -------- citations


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("Wells help [1]. Pumps too [2, joined].", 2),
        ("Wells help. [1] Pumps do not.", 2),
        ("水井有用[1]。水泵没有用。", 2),
        ("One [1]\nTwo [2]", 2),
        ("", 0),
    ],
)
def test_a_text_is_taken_apart_into_sentences(text, n):
    assert len(sentences_of(text)) == n


def test_what_cites_nothing_or_nothing_known_is_found():
    added = Added(introduction="Wells help. [1] Pumps do not.", sentences={"views": "See [99]."})
    found = uncited(added, frozenset({"1", "joined"}))
    assert [(one.field, one.unknown) for one in found] == [("introduction", ""), ("section_views", "99")]
    assert citations_of("a [1, 2] b [joined] c [1]") == ["1", "2", "joined"]


async def test_a_claim_without_a_citation_cannot_be_signed(database):
    here = await rooms.small_room()
    amara = await factories.actor("amara", here)
    await summaries.write(added=Added(introduction="Everything is fine."), version=0, by=amara)
    with pytest.raises(Invalid, match="citation"):
        await summaries.sign(by=amara)
    await summaries.write(added=Added(introduction="Everything is fine [1]."), version=1, by=amara)
    await rooms.shown(here)
    await summaries.sign(by=amara)


async def test_a_claim_outside_the_ladder_needs_a_public_reason(database):
    here = await rooms.small_room()
    amara = await factories.actor("amara", here)
    await summaries.write(added=Added(introduction="Nearly all want wells [1]."), version=0, by=amara)
    draft = await summaries.draft_of(amara)
    assert [test.code for test in draft.tests if not test.passed] == ["ladder"]
    with pytest.raises(Invalid):
        await summaries.sign(by=amara)
    explained = Added(introduction="Nearly all want wells [1].", balance_reason="It quotes the chair.")
    await summaries.write(added=explained, version=1, by=amara)
    await rooms.shown(here)
    await summaries.sign(by=amara)


async def test_all_balance_tests_are_computed(database):
    here = await rooms.crowd()
    draft = await summaries.draft_of(await factories.actor("amara", here))
    assert [test.code for test in draft.tests] == list(TITLES)
    results = {test.code: test.passed for test in draft.tests}
    assert all(results[code] for code in ("top_quarter", "dissent", "suppression", "languages", "ladder", "voices"))


# -------- writing and signing


async def test_of_two_writers_the_second_is_told(database):
    here = await rooms.small_room()
    amara = await factories.actor("amara", here)
    await summaries.write(added=CITED, version=0, by=amara)
    with pytest.raises(Conflict):
        await summaries.write(added=Added(), version=0, by=amara)


@pytest.mark.parametrize("name", ["ben", "fatima", "chidi", "eve", "gus"])
async def test_only_a_convenor_writes_and_signs_first(database, name):
    here = await rooms.small_room()
    by = await factories.actor(name, here)
    with pytest.raises(Denied):
        await summaries.write(added=CITED, version=0, by=by)
    with pytest.raises(Denied):
        await summaries.sign(by=by)


async def test_one_person_cannot_sign_twice(database):
    here = await rooms.small_room()
    amara = await factories.actor("amara", here)
    await rooms.shown(here)
    await summaries.sign(by=amara)
    with pytest.raises(Denied):
        await summaries.sign(by=amara)


@pytest.mark.parametrize("name", ["ben", "fatima", "eve"])
async def test_neither_moderator_nor_auditor_nor_outsider_signs_second(database, name):
    here = await rooms.small_room()
    await rooms.shown(here)
    await summaries.sign(by=await factories.actor("amara", here))
    with pytest.raises(Denied):
        await summaries.sign(by=await factories.actor(name, here))


async def test_in_one_meeting_the_participant_drawn_by_lot_signs_second(database, monkeypatch):
    here = await rooms.small_room()
    amara, chidi, dana = [await factories.actor(name, here) for name in ("amara", "chidi", "dana")]
    assert await summaries.drawn(amara, 1) == await summaries.drawn(chidi, 1) is not None

    async def lot(_actor, _number):
        return chidi.participant.id

    monkeypatch.setattr(summaries, "drawn", lot)
    await rooms.shown(here)
    await summaries.sign(by=amara)
    told = [row["to"] for row in await fetch('select "to" from messages where kind = $1', "summary_to_sign")]
    assert sorted(told) == ["chidi@example.org", "gus@example.org"]
    with pytest.raises(Denied):
        await summaries.sign(by=dana)
    row = await summaries.sign(by=chidi)
    assert json.loads(row.snapshot)["snapshot"]["signers"] == [{"role": "convenor"}, {"role": "participant"}]


async def test_an_edit_voids_the_first_signature(database):
    here = await rooms.small_room()
    amara = await factories.actor("amara", here)
    await rooms.shown(here)
    await summaries.sign(by=amara)
    await summaries.write(added=CITED, version=0, by=amara)
    with pytest.raises(Denied, match="A convenor signs first"):
        await summaries.sign(by=await factories.actor("gus", here))
    with pytest.raises(Conflict):
        await summaries.sign(by=amara, version=0)


# -------- publishing


@pytest.mark.parametrize("room", [rooms.small_room, rooms.crowd])
@pytest.mark.parametrize("attribution", [Attribution.CHATHAM_HOUSE, Attribution.OPEN])
async def test_a_published_summary_verifies_offline(database, room, attribution):
    here = await room(attribution=attribution)
    await rooms.curate(here)
    added = Added(introduction="Villages came first [1].", balance_reason="The smallest group spoke most.")
    record = await publish(here, added=added)
    assert [check for check in verify_record(json.loads(json.dumps(record))) if not check.holds] == []
    assert "—" not in markdown.render(record)
    assert len(markdown.render(record)) > 3000


async def test_publishing_ends_a_consultation_whose_rounds_are_over(database):
    here = await rooms.small_room()
    await factories.move_to(here, 3, standing="closed")
    await publish(here)
    assert (await factories.actor("amara", here)).state == "published"


async def test_publishing_is_one_event_in_the_governance_log(database):
    here = await rooms.small_room()
    record = await publish(here)
    events = await fetch(
        "select action, payload from audit_events where chain = $1 order by sequence desc limit 1", str(here.id)
    )
    assert events[0]["action"] == "summaries.sign"
    assert json.loads(events[0]["payload"])["hash"] == record["hash"]
    log = await governance.log_of(await factories.actor("fatima", here))
    assert log.problem == ""
    assert record["snapshot"]["governance"]["sequence"] == log.n_events - 1


async def test_everybody_who_takes_part_hears_of_it_once(database):
    here = await rooms.small_room()
    await publish(here)
    row = await Summary.objects().where(Summary.consultation == here.id).first()
    for _ in range(2):
        await announce_summary(summary_id=str(row.id))
    told = await fetch('select "to" from messages where kind = $1', "summary_published")
    assert sorted(row["to"] for row in told) == ["chidi@example.org", "dana@example.org"]


async def test_a_correction_has_a_new_number_and_the_old_one_stays(database):
    here = await rooms.small_room()
    first = await publish(here)
    amara = await factories.actor("amara", here)
    await summaries.write(added=CITED, version=0, by=amara)
    with pytest.raises(Invalid, match="what has changed"):
        await summaries.sign(by=amara)
    await summaries.write(added=Added(correction="A typing error in the introduction."), version=1, by=amara)
    await rooms.shown(here)
    await summaries.sign(by=amara)
    row = await summaries.sign(by=await factories.actor("gus", here))
    second = json.loads(row.snapshot)
    assert second["snapshot"]["previous"] == {"number": 1, "hash": first["hash"]}
    assert [check.name for check in verify_record(second, previous=first) if not check.holds] == []
    rows = await summaries.published(here.id)
    assert [(one.number, one.is_corrected) for one in rows] == [(2, False), (1, True)]
    assert json.loads(rows[1].snapshot) == first


async def test_the_follow_up_and_what_was_added_stand_in_the_document(database):
    here = await rooms.small_room()
    added = Added(
        follow_up=(FollowUp("Answer statement [1].", "The secretariat", "1 March"),),
        sentences={"common_ground": "This was said before [joined]."},
    )
    record = await publish(here, added=added)
    text = markdown.render(record)
    assert "The secretariat" in text
    assert "This was said before" in text
    document = Document.from_json(record["snapshot"]["document"])
    assert [one.facts for one in document.sentences() if one.says == "added"] == [["joined"]]


async def test_what_was_published_of_people_is_remembered_for_the_next_time(database):
    here = await rooms.crowd()
    await publish(here, added=Added(balance_reason="The smallest group spoke most."))
    n = await fetchval(
        "select count(*) from publications where consultation = $1 and audience = 'public' and key like 'summary/%'",
        here.id,
    )
    assert n == 1
    material = await gather(await factories.actor("amara", here))
    assert material.people.tables["constituency"].is_shown


async def test_a_meeting_is_run_from_its_votes_to_its_published_summary(database):
    """Fifteen people, one afternoon: propose, curate, respond, publish, by the real actions of its people."""
    here = await rooms.small_room()
    await factories.move_to(here, 2)
    amara, gus = await factories.actor("amara", here), await factories.actor("gus", here)
    for curator in (amara, gus):
        await curators.declare(interests={}, by=curator)
    slate = await curation.open_desk(by=amara)
    dropped = slate.stances[-1]
    proposal = await Proposal.objects().where(Proposal.id == dropped.statement_id).first()
    await curation.remove(proposal=proposal, stance=dropped, version=slate.version, by=amara)
    reason = {"reason_code": "duplicate", "sentence": "Statement 1 says the same."}
    await curation.give_reason(proposal=proposal, stance=dropped, version=slate.version + 1, by=amara, **reason)
    assert not await curation.sign(version=slate.version + 2, by=amara)
    assert await curation.sign(version=slate.version + 2, by=gus)
    await factories.move_to(here, 3)
    for name in ("chidi", "dana"):
        by = await factories.actor(name, here)
        await responses.answer_overall(represents="yes", can_live_with="yes", by=by)
    await factories.move_to(here, 3, standing="closed")
    record = await publish(here)
    assert [check.name for check in verify_record(record) if not check.holds] == []
    assert record["snapshot"]["slate"]["ledger"][-1] == {
        "statement": proposal.number,
        "choice": dropped.choice.value,
        "change": "dropped",
        **reason,
    }
    assert (await factories.actor("amara", here)).state == "published"


# -------- who took part, and what they need and bring


async def test_who_took_part_stands_beside_the_targets_each_attribute_by_itself(database):
    here = await rooms.crowd()
    await execute(
        "update participants set gender = case when id % 2 = 0 then 'woman' else 'man' end where consultation = $1",
        here.id,
    )
    await execute(
        "insert into targets (id, consultation, attribute, code, share) "
        "values (gen_random_uuid(), $1, 'gender', 'woman', 0.5)",
        here.id,
    )
    draft = await summaries.draft_of(await factories.actor("amara", here))
    annex = draft.document.section("annex_people")
    tables = {one.caption: one for one in annex.tables}
    assert set(tables) == {"Participants by constituency", "Participants by gender"}
    rows = {row[0]["category"][1]: row for row in tables["Participants by gender"].rows}
    assert wording.place_text(rows["woman"][1]) == "30 to 49"
    assert wording.place_text(rows["woman"][3]) == "50%"
    assert rows["woman"][4] == {"term": "near"}
    assert rows["man"][3] == {"term": "–"}
    standings = draft.document.section("participation").tables[0]
    assert {"category": ["gender", "woman"]} in [row[0] for row in standings.rows]


async def test_in_a_small_room_nothing_but_words_is_told_of_who_took_part(database):
    here = await rooms.small_room()
    await execute(
        "update participants set gender = case when id % 2 = 0 then 'woman' else 'man' end where consultation = $1",
        here.id,
    )
    draft = await summaries.draft_of(await factories.actor("amara", here))
    assert draft.document.section("annex_people") is None


def holder(at: int, *, needs: str = "", offers: str = ""):
    brings = {offers: 1} if offers else {}
    return SimpleNamespace(participant=at, organisation=None, needs=frozenset({needs} - {""}), offers=brings)


async def test_needs_and_offers_are_balanced_as_far_as_everybody_may_be_told(database):
    here = await rooms.crowd()
    material = await gather(await factories.actor("amara", here))
    people = [
        *(holder(at, needs="finance") for at in range(24)),
        *(holder(at, offers="finance") for at in range(30, 41)),
        *(holder(at, needs="people") for at in range(50, 54)),
    ]
    kinds = tuple(cards._line(kind, people, 90, Audience.PUBLIC) for kind in ("finance", "people"))
    n = release_count(39, Attribution.CHATHAM_HOUSE, audience=Audience.PUBLIC)
    told = replace(material, needs=cards.Overview(n, kinds, ()))
    section = partnering.coalitions(Writer(told))
    table = next(one for one in section.tables if one.caption == "Table of needs and offers")
    said = [[wording.place_text(cell) for cell in row] for row in table.rows]
    assert said == [["Finance", "20 to 29", "10 to 19", "less offered than needed"]]
    sentences = [wording.text(one) for passage in section.passages for one in passage.sentences]
    assert "People who said what they need and bring: 30 to 49." in sentences
    assert "Less is offered than needed of: Finance." in sentences


async def test_where_too_few_left_cards_nothing_is_told_of_needs(database):
    here = await rooms.crowd()
    material = await gather(await factories.actor("amara", here))
    assert material.needs is not None
    assert not material.needs.is_told
    assert partnering.coalitions(Writer(material)).tables == []
