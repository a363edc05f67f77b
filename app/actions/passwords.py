"""Passwords of who governs: what one may be, and changing one's own.

Length counts, not the kinds of characters (NIST SP 800-63B, 5.1.1.2). What most people would type first is refused
whatever stands around it: common words, rows of keys, repetitions, and what anybody knows of the account.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import urlsplit

from app import auth, limits
from app.actions import sessions
from app.actions.record import site_change
from app.auth import Person
from app.database import execute, fetchval
from app.forms import TOO_LONG
from app.refusals import N_, Invalid
from app.settings import get_settings

# What stands in the leading thousands of every published list of stolen passwords, as the words they are made of: with
# fifteen characters asked for, a listed password is such words in a row.
COMMON = frozenset(
    """
    password passwort passwd contrasena contrasenia motdepasse parola senha secret geheim private login signin admin
    administrator root user username guest test testing tester default changeme change letmein welcome willkommen
    bienvenue hello hallo bonjour hola iloveyou ilove love lover lovely loveme iloveu qwerty qwertz azerty asdf zxcv
    monkey dragon master shadow sunshine princess prince football soccer baseball basketball hockey superman batman
    spiderman pokemon starwars trustno michael jordan jennifer jessica ashley daniel andrew thomas charlie george robert
    matthew joshua anthony william nicole amanda hannah maria martin michelle summer winter spring autumn sommer monday
    tuesday wednesday thursday friday saturday sunday january february march april june july august september october
    november december flower butterfly chocolate cookie cheese pepper ginger orange banana apple purple yellow silver
    golden diamond freedom liberty money dollar computer internet google facebook twitter samsung iphone android windows
    microsoft whatever nothing something killer hunter ranger tigger tiger buster harley maggie bailey angel angels
    blessed jesus christ heaven matrix phoenix mustang corvette ferrari porsche mercedes yamaha liverpool chelsea
    arsenal barcelona madrid london paris berlin moscow beijing america canada mexico india china russia france germany
    spain united nations unitednations abcd aaaa access family forever baby babygirl junior sister brother mother father
    """.split()  # noqa: SIM905  a list of words is read as words
)
ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm")
LEET = str.maketrans("@4310$5!7+", "aaeiossitt")
MIN_RUN, MIN_OTHERS = 3, 6
WRONG = N_("This is not your password.")
TOO_SHORT = N_("Please choose at least %(limit)s characters, for instance some words that do not belong together.")
COMMON_ONE = N_("This is among the first that others would try. Please choose words that do not belong together.")


def check(password: str, *, person: Person) -> None:
    """Raises Invalid for a password that is too short, too long, or easy to guess for who knows the person."""
    if len(password) < auth.MIN_PASSWORD:
        raise Invalid(TOO_SHORT, field="password", limit=auth.MIN_PASSWORD)
    if len(password) > auth.MAX_PASSWORD:
        raise Invalid(TOO_LONG, field="password", limit=auth.MAX_PASSWORD)
    if is_common(password, known=(person.email, person.name, "plenary", urlsplit(get_settings().base_url).netloc)):
        raise Invalid(COMMON_ONE, field="password")


def is_common(password: str, *, known: Iterable[str] = ()) -> bool:
    """Whether fewer than six different characters are left of it without common words, rows of keys and repetitions."""
    text = unicodedata.normalize("NFKC", password).casefold()
    words = COMMON | {part for one in known for part in re.split(r"[^\w]+|_", one.casefold()) if len(part) > 3}
    return any(len(set(_others(one, words))) < MIN_OTHERS for one in (text, text.translate(LEET)))


def _others(text: str, words: Iterable[str]) -> str:
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, " ")
    for row in ROWS:
        for keys in (row, row[::-1]):
            for length in range(len(keys), MIN_RUN - 1, -1):
                for start in range(len(keys) - length + 1):
                    text = text.replace(keys[start : start + length], " ")
    text = re.sub(r"\b(19|20)\d\d\b|(19|20)\d\d$", " ", text)
    text = re.sub(r"(.+?)\1+", r"\1", text)
    return "".join(mark for mark in text if mark.isalnum())


async def is_set(person: Person) -> bool:
    """Whether the person signs in with a password at all."""
    return bool(await fetchval("select password_hash is not null from accounts where id = $1", person.id))


async def change(*, current: str, password: str, token: str, by: Person) -> str:
    """The password is the new one. Returns this session's new token; all other sessions of the account are over."""
    await limits.spend("try", by.email)
    stored = await fetchval("select password_hash from accounts where id = $1", by.id)
    if not await auth.password_matches(stored, current):
        raise Invalid(WRONG, field="current")
    check(password, person=by)
    hash_ = await auth.hash_password(password)
    async with site_change("passwords.change", actor="account"):
        await execute("update accounts set password_hash = $2 where id = $1", by.id, hash_)
        return await sessions.renew(account=by.id, token=token)
