"""What only the holder of the link key can open: seals bound to their place, so that a copy opens nowhere else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from functools import cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.settings import get_settings


@cache
def key_for(purpose: str) -> bytes:
    """The key of one purpose, made from the link key."""
    return hmac.new(get_settings().link_key, purpose.encode(), hashlib.sha256).digest()


def seal(purpose: str, text: str, bound_to: bytes) -> bytes:
    """The text, readable only with the key and only beside what it is bound to."""
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(key_for(purpose)).encrypt(nonce, text.encode(), bound_to)


def unseal(purpose: str, sealed: bytes, bound_to: bytes) -> str:
    """The text again. Raises `InvalidTag` for another key, purpose or place."""
    return AESGCM(key_for(purpose)).decrypt(sealed[:12], sealed[12:], bound_to).decode()


def sign_of(text: str) -> str:
    """A short mark that only this installation makes, for addresses that must be ours."""
    return hmac.new(key_for("sign"), text.encode(), hashlib.sha256).hexdigest()[:32]


def sealed_secret(account: UUID, secret: str) -> bytes:
    """What an account shares with its authenticator, for its row alone.

    Sealed with the link key, which outlives a new session secret: signing everybody out takes nobody's factor away.
    """
    return seal("second factor", secret, account.bytes)


def opened_secret(account: UUID, sealed: bytes) -> str | None:
    """The secret again; None where it was sealed with another key or for another account."""
    try:
        return unseal("second factor", sealed, account.bytes)
    except InvalidTag:
        return None


def stop_token(whose: str, topic: str) -> str:
    """What an address in a message holds, by which whoever has it says "no more of these"; it tells nothing itself."""
    return base64.urlsafe_b64encode(seal("stop", f"{whose} {topic}", b"")).decode()


def opened_stop_token(token: str) -> tuple[str, str] | None:
    """Whose messages of which topic it stops; None for what we never sent."""
    try:
        whose, _, topic = unseal("stop", base64.urlsafe_b64decode(token), b"").partition(" ")
    except (InvalidTag, ValueError):
        return None
    return whose, topic
