"""POST /c/{slug}/desk/items and below: add, remove, move, swap; a stale version overwrites nothing."""

from __future__ import annotations

import re

from app.database import execute, fetchval
from deliberation.holdings import Stance
from deliberation.votes import Choice
from tests import slates
from tests.cast import signed_in

DESK = "/en/c/water/desk"
HTMX = {"hx-request": "true"}


async def opened(client, name="gus"):
    """The desk, opened by a curator, and what is stored."""
    here = await slates.curating()
    browser = await signed_in(client, name)
    await browser.get(DESK)
    return here, browser, *(await slates.stored(here))


async def test_a_statement_is_added_at_the_end_and_the_answer_leads_back(client):
    here, gus, frozen, draft = await opened(client)
    stance = await slates.left_out(frozen, draft)
    number = (await slates.proposal_of(stance)).number
    answer = await gus.post(f"{DESK}/items", await slates.fields(draft, stance, number=str(number)))
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{DESK}#s{number}"
    _, after = await slates.stored(here)
    assert after.stances == (*draft.stances, stance)
    assert after.version == draft.version + 1


async def test_balance_comes_in_the_same_answer(client):
    _here, gus, frozen, draft = await opened(client)
    first = frozen.slate.stances[0]
    number = (await slates.proposal_of(first)).number
    answer = await gus.post(f"{DESK}/items/{number}/remove", await slates.fields(draft, first), headers=HTMX)
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<div id="desk"')
    assert "<html" not in answer.text
    assert "drops 1 and adds 0" in answer.text
    assert "Group A" in slates.section(answer.text, "h-balance")
    assert number in slates.numbers(slates.section(answer.text, "h-before"))
    assert number not in slates.numbers(slates.section(answer.text, "h-after"))
    assert "One difference from the participants&#39; slate still lacks a reason." in answer.text


async def test_either_side_of_a_statement_can_stand_on_the_slate_and_both(client):
    here, gus, frozen, draft = await opened(client)
    stance = await slates.left_out(frozen, draft)
    number = str((await slates.proposal_of(stance)).number)
    for choice in (Choice.DISAGREE, Choice.AGREE):
        side = Stance(stance.statement_id, choice)
        _, draft = await slates.stored(here)
        answer = await gus.post(f"{DESK}/items", await slates.fields(draft, side, number=number))
        assert answer.status_code == 303
    _, after = await slates.stored(here)
    assert {Stance(stance.statement_id, choice) for choice in (Choice.DISAGREE, Choice.AGREE)} < set(after.stances)
    assert "Disagreement with:" in (await gus.get(DESK)).text


async def test_an_item_moves_by_one_place_and_stays_at_the_ends(client):
    here, gus, _, draft = await opened(client)
    second = draft.stances[1]
    path = f"{DESK}/items/{(await slates.proposal_of(second)).number}/move"
    for version, expected in ((1, 0), (2, 0)):
        sent = await slates.fields(draft, second, direction="up") | {"_version": str(version)}
        assert (await gus.post(path, sent)).status_code == 303
        _, after = await slates.stored(here)
        assert after.stances.index(second) == expected


async def test_the_offered_swap_repairs_what_it_says(client):
    here, gus, frozen, draft = await opened(client)
    from app.analysis import curation

    for _ in range(4):
        loser = max(
            frozen.distinct(draft.stances), key=lambda one: (frozen.holdings.support_within(
                (frozen.holdings.labels["group"] == "B")[:, None] / (frozen.holdings.labels["group"] == "B").sum(),
                frozen.holdings.columns_of([one])).item())
        )  # fmt: skip
        number = (await slates.proposal_of(loser)).number
        await gus.post(f"{DESK}/items/{number}/remove", await slates.fields(draft, loser))
        _, draft = await slates.stored(here)
    page = (await gus.get(DESK)).text
    review = await curation.review(frozen, draft.stances)
    repair = review.measured.repair
    assert repair is not None
    assert "To repair or to answer for" in page
    into, out = (await slates.proposal_of(repair.add)).number, (await slates.proposal_of(repair.remove)).number
    assert str(into) in slates.section(page, "h-flags") and str(out) in slates.section(page, "h-flags")
    replaces = f"{repair.remove.statement_id}:{repair.remove.choice.value}"
    sent = await slates.fields(draft, repair.add, number=str(into), replaces=replaces)
    assert (await gus.post(f"{DESK}/items", sent)).status_code == 303
    _, after = await slates.stored(here)
    assert after.stances.index(repair.add) == draft.stances.index(repair.remove)
    repaired = await curation.review(frozen, after.stances)
    assert max(row.loss for row in repaired.measured.losses) < max(row.loss for row in review.measured.losses)


async def test_a_stale_version_meets_both_lists_and_overwrites_nothing(client):
    here, gus, _frozen, draft = await opened(client)
    amara = await signed_in(client, "amara")
    gone, kept = draft.stances[0], draft.stances[1]
    gone_number, kept_number = [(await slates.proposal_of(one)).number for one in (gone, kept)]
    await amara.post(f"{DESK}/items/{gone_number}/remove", await slates.fields(draft, gone))
    for headers in ({}, HTMX):
        sent = await slates.fields(draft, kept)
        answer = await gus.post(f"{DESK}/items/{kept_number}/remove", sent, headers=headers)
        assert answer.status_code == 409
        yours = answer.text[answer.text.index("The list as you had it") : answer.text.index("The list as it is now")]
        now = answer.text[answer.text.index("The list as it is now") :]
        now = now[: now.index("</section>")]
        assert f'value="{gone_number}"' in yours and f'value="{kept_number}"' in yours
        assert f'value="{gone_number}"' not in now and f'value="{kept_number}"' in now
    _, after = await slates.stored(here)
    assert after.stances == draft.stances[1:]


async def test_a_form_sent_twice_counts_once(client):
    here, gus, frozen, draft = await opened(client)
    stance = await slates.left_out(frozen, draft)
    number = str((await slates.proposal_of(stance)).number)
    sent = await slates.fields(draft, stance, number=number, _key="once")
    first, second = await gus.post(f"{DESK}/items", sent), await gus.post(f"{DESK}/items", sent)
    assert (first.status_code, second.status_code) == (303, 303)
    _, after = await slates.stored(here)
    assert after.stances.count(stance) == 1
    assert after.version == draft.version + 1


async def test_what_cannot_be_added_is_refused_with_a_sentence(client):
    _here, gus, frozen, draft = await opened(client)
    listed = draft.stances[0]
    number = str((await slates.proposal_of(listed)).number)
    twice = await gus.post(f"{DESK}/items", await slates.fields(draft, listed, number=number))
    assert twice.status_code == 422
    assert "stands on the slate already" in twice.text
    other = await slates.left_out(frozen, draft)
    await execute("update proposals set status = 'declined' where id = $1", other.statement_id)
    declined = str((await slates.proposal_of(other)).number)
    gone = await gus.post(f"{DESK}/items", await slates.fields(draft, other, number=declined))
    assert gone.status_code == 422
    assert "Only statements that are open for votes" in gone.text
    assert await fetchval("select version from curated_slates where id = $1", draft.id) == 1


async def test_bad_input_gets_a_page_and_never_a_crash(client):
    here, gus, _frozen, draft = await opened(client)
    number = str((await slates.proposal_of(draft.stances[0])).number)
    base = {"_version": "1", "choice": "agree", "number": number}
    for path, change in (
        ("items", {"number": "99999999"}),
        ("items", {"number": "-1"}),
        ("items", {"number": "x"}),
        ("items", {"choice": "pass"}),
        ("items", {"choice": ""}),
        ("items", {"replaces": "zzz"}),
        ("items", {"replaces": "1:pass"}),
        ("items", {"seen": "a,b,1:agree," * 60}),
        ("items", {"seen": "x" * 3_000}),
        ("items", {"_version": "x"}),
        ("items", {"other": "1"}),
        ("items/99999999999999/remove", {}),
        (f"items/{number}/move", {"direction": "sideways"}),
    ):
        sent = {name: value for name, value in (base | change).items() if path == "items" or name != "number"}
        answer = await gus.post(f"{DESK}/{path}", sent)
        assert 400 <= answer.status_code < 500, (path, change, answer.status_code)
    _, after = await slates.stored(here)
    assert after.stances == draft.stances


async def test_statements_of_another_consultation_are_not_shown_as_seen(client):
    _here, gus, _frozen, draft = await opened(client)
    await execute(
        "insert into consultations (id, slug, title, question, created_at) "
        "values (gen_random_uuid(), 'elsewhere', 't', 'q', now())"
    )
    foreign = await fetchval(
        """
        insert into proposals (id, consultation, number, statement, status, submitted_on)
        select 999999, id, 1, 'A secret of another place.', 'waiting', current_date from consultations
        where slug = 'elsewhere' returning id
        """
    )
    number = (await slates.proposal_of(draft.stances[0])).number
    sent = await slates.fields(draft, draft.stances[0]) | {"_version": "77", "seen": f"{foreign}:agree"}
    answer = await gus.post(f"{DESK}/items/{number}/remove", sent)
    assert answer.status_code == 409
    assert "A secret of another place." not in answer.text


async def test_after_the_close_an_edit_is_refused_as_gone(client):
    here, gus, _frozen, draft = await opened(client)
    await slates.end_round(here, 2)
    number = (await slates.proposal_of(draft.stances[0])).number
    answer = await gus.post(f"{DESK}/items/{number}/remove", await slates.fields(draft, draft.stances[0]))
    assert answer.status_code == 410
    _, after = await slates.stored(here)
    assert after.stances == draft.stances


async def test_who_came_too_late_can_do_the_same_on_the_list_as_it_is_now(client):
    here, gus, _frozen, draft = await opened(client)
    amara = await signed_in(client, "amara")
    gone, kept = draft.stances[0], draft.stances[1]
    gone_number, kept_number = [(await slates.proposal_of(one)).number for one in (gone, kept)]
    await amara.post(f"{DESK}/items/{gone_number}/remove", await slates.fields(draft, gone))
    late = await gus.post(f"{DESK}/items/{kept_number}/remove", await slates.fields(draft, kept))
    assert late.status_code == 409
    form = late.text[late.text.index("Somebody was faster") : late.text.index("Do mine on the list as it is now")]
    form = form[form.index("<form") :]
    assert f'action="{DESK}/items/{kept_number}/remove"' in form
    sent = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    sent.pop("_csrf_token")
    assert (await gus.post(f"{DESK}/items/{kept_number}/remove", sent)).status_code == 303
    _, after = await slates.stored(here)
    assert after.stances == draft.stances[2:]


async def test_an_item_is_dragged_to_any_place_by_the_same_form(client):
    here, gus, _, draft = await opened(client)
    last = draft.stances[-1]
    path = f"{DESK}/items/{(await slates.proposal_of(last)).number}/move"
    sent = await slates.fields(draft, last, direction="to", place="2")
    assert (await gus.post(path, sent)).status_code == 303
    _, after = await slates.stored(here)
    assert after.stances == (draft.stances[0], last, *draft.stances[1:-1])
    sent = await slates.fields(after, last, direction="to", place="99")
    assert (await gus.post(path, sent)).status_code == 303
    _, after = await slates.stored(here)
    assert after.stances == draft.stances
    page = (await gus.get(DESK)).text
    assert "data-reorder" in page and 'data-place="1"' in page and "desk.js" in page


async def test_a_merged_item_is_flagged_and_its_reason_suggested_when_it_goes(client):
    _here, gus, _frozen, draft = await opened(client)
    stance = draft.stances[0]
    into = draft.stances[1].statement_id
    await execute("update proposals set status = 'merged', merged_into = $2 where id = $1", stance.statement_id, into)
    assert "merged into another statement" in slates.section((await gus.get(DESK)).text, "h-after")
    number = (await slates.proposal_of(stance)).number
    answer = await gus.post(f"{DESK}/items/{number}/remove", await slates.fields(draft, stance), headers=HTMX)
    assert answer.status_code == 200
    assert '<option value="merged_with_consent" selected' in slates.section(answer.text, "h-before")


async def test_what_stands_below_a_removed_item_has_the_focus_and_below_the_last_one_the_heading(client):
    _here, gus, _frozen, draft = await opened(client)
    numbers = [(await slates.proposal_of(stance)).number for stance in draft.stances]
    below = rf'<li class="pick" id="s{numbers[1]}d?" tabindex="-1" autofocus'
    for place, focused in ((0, below), (-1, 'id="h-after"')):
        _, now = await slates.stored(_here)
        sent = await slates.fields(now, draft.stances[place])
        answer = await gus.post(f"{DESK}/items/{numbers[place]}/remove", sent, headers=HTMX)
        assert answer.status_code == 200
        (found,) = re.findall(r"<[^>]+ autofocus[^>]*>", answer.text)
        assert re.search(focused, found), found
    # The form may say anything: an unknown or a broken list leads to the heading.
    _, now = await slates.stored(_here)
    sent = await slates.fields(now, draft.stances[1]) | {"seen": "<b>,,"}
    answer = await gus.post(f"{DESK}/items/{numbers[1]}/remove", sent, headers=HTMX)
    assert 'id="h-after" tabindex="-1" autofocus' in answer.text
