"""/c/{slug}/convene/invitations: a seat for each address, by a link that works once and for it alone."""

from __future__ import annotations

from typing import Any

import pytest

from app.database import execute, fetch, fetchval
from tests import factories
from tests.cast import signed_in

PATH = "/en/c/water/convene/invitations"


async def amara_in(client: Any) -> Any:
    await factories.make_consultation()
    return await signed_in(client, "amara")


async def test_each_address_gets_one_message_with_a_link_of_its_own(client: Any) -> None:
    amara = await amara_in(client)
    answer = await amara.post(PATH, {"emails": "ida@example.org, <jo@example.org>\nIDA+x@example.org;;"})
    assert answer.status_code == 303
    mails = await fetch("select \"to\", text from messages where kind = 'invitation' order by 1")
    assert [mail["to"] for mail in mails] == ["ida@example.org", "jo@example.org"]
    links = {line for mail in mails for line in mail["text"].split() if "invitation=" in line}
    assert len(links) == 2
    assert await fetchval("select payload from audit_events where action = 'consultations.invite'") == '{"n": 2}'


async def test_only_the_hash_of_a_link_is_stored(client: Any) -> None:
    amara = await amara_in(client)
    await amara.post(PATH, {"emails": "ida@example.org"})
    text = await fetchval("select text from messages where kind = 'invitation'")
    token = text.split("invitation=")[1].split()[0]
    assert not [value for value in (await fetch("select * from invitations"))[0].values() if token in str(value)]


async def test_inviting_again_replaces_the_link_until_the_seat_is_taken(client: Any) -> None:
    amara = await amara_in(client)
    await amara.post(PATH, {"emails": "ida@example.org"})
    first = await fetchval("select token_hash from invitations")
    await amara.post(PATH, {"emails": "ida@example.org"})
    second = await fetchval("select token_hash from invitations")
    assert first != second
    await execute("update invitations set used_at = now()")
    await amara.post(PATH, {"emails": "ida@example.org"})
    assert await fetchval("select token_hash from invitations") == second
    assert await fetchval("select count(*) from messages where kind = 'invitation'") == 2


@pytest.mark.parametrize(
    ("emails", "sentence"),
    [
        ("", "Please fill this in"),
        ("ida@example.org, nobody", "“nobody” is not an e-mail address"),
        ("a@b", "is not an e-mail address"),
        ("ida@example.org%0aBcc:all@example.org", "is not an e-mail address"),
        (";;; ,,,", "at least one e-mail address"),
        (" ".join(f"p{n}@example.org" for n in range(501)), "At most 500 addresses"),
        ("x" * 20_001, "at most"),
    ],
)
async def test_what_is_wrong_is_said_and_the_list_is_kept(client: Any, emails: str, sentence: str) -> None:
    amara = await amara_in(client)
    answer = await amara.post(PATH, {"emails": emails})
    assert answer.status_code == 422
    assert sentence in answer.text.replace("\u00a0", "")
    assert emails[:200].replace("'", "&#39;") in answer.text
    assert await fetchval("select count(*) from messages") == 0


async def test_moderators_and_participants_do_not_invite(client: Any) -> None:
    await amara_in(client)
    for name in ("ben", "eve", "fatima"):
        assert (await (await signed_in(client, name)).post(PATH, {"emails": "ida@example.org"})).status_code == 403
