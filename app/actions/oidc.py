"""Signing in at an outside provider: OpenID Connect Core 1.0, authorisation code with PKCE (RFC 7636).

State, nonce and verifier are made here for one browser and count once. From the provider comes one thing that matters:
an e-mail address it says is verified, in a token it has signed for us. Whose account that is, the rules of codes by
mail decide; whoever has a second factor is asked for it as after those.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from uuid import UUID

from app import auth
from app.actions.accounts import account_for, open_session
from app.database import execute, fetchrow, fetchval, now, transaction
from app.logs import log
from app.refusals import N_, Busy, Denied, Invalid
from app.settings import Provider, get_settings
from app.tables.accounts import SignInRequest

PATH = "/sign-in/provider/back"
ALGORITHMS = ("RS256", "PS256", "ES256")
"""Signatures by keys that only the provider has: neither none at all, nor one we could make ourselves."""
ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+")
SECONDS, LEEWAY = 5.0, 60
MAX_ANSWER = 256 * 1024
# Started sign-ins cost a row each, and anybody may start one.
MAX_WAITING = 5_000
SILENT = N_("The sign-in provider does not answer. Please try again, or sign in with a code by e-mail.")
REFUSED = N_("The provider did not sign you in. Please try again, or sign in with a code by e-mail.")
STALE = N_("This sign-in was used already, is too old, or was begun in another browser. Please begin again.")
NO_ADDRESS = N_("The provider does not say that your e-mail address is verified. Please sign in with a code by e-mail.")


class Untrusted(Exception):
    """What came from the provider cannot be believed; the message is for the log."""


@dataclass(frozen=True)
class Endpoints:
    """Where the provider takes people, codes and questions for keys, by its own description."""

    authorization: str
    token: str
    keys: str
    userinfo: str


def provider() -> Provider | None:
    """The provider that people may sign in at: None without its settings or without the extra `oidc`."""
    found = get_settings().provider
    has_extra = all(find_spec(name) is not None for name in ("authlib", "httpx", "joserfc"))
    return found if found is not None and has_extra else None


async def begin(*, at: Provider, browser: str, next_path: str, locale: str) -> str:
    """The provider's address to go to; only this browser can come back from it, once, within ten minutes."""
    from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]  # it ships none

    state, nonce, verifier, moment = auth.new_token(), auth.new_token(), auth.new_token(), await now()
    try:
        endpoints = await _endpoints(at)
    except Untrusted as problem:
        raise _refusal(problem) from None
    async with transaction():
        await execute("delete from sign_in_requests where expires_at < $1", moment)
        if await fetchval("select count(*) from sign_in_requests") >= MAX_WAITING:
            raise Busy(N_("Many people are signing in right now. Please try again in a moment."))
        await SignInRequest(
            state_hash=auth.hashed(state),
            browser_hash=auth.hashed(browser),
            nonce=nonce,
            verifier=verifier,
            next_path=auth.safe_next(next_path),
            created_at=moment,
            expires_at=moment + auth.CODE_LIFE,
        ).save()
    asked = {
        "response_type": "code",
        "client_id": at.client_id,
        "redirect_uri": _redirect_uri(),
        "scope": "openid email",
        "state": state,
        "nonce": nonce,
        "code_challenge": create_s256_code_challenge(verifier),
        "code_challenge_method": "S256",
        "ui_locales": locale,
    }
    return f"{endpoints.authorization}{'&' if '?' in endpoints.authorization else '?'}{urlencode(asked)}"


async def finish(*, at: Provider, code: str, state: str, issuer: str, browser: str, locale: str) -> tuple[str, str]:
    """A session for whose verified address the provider gave: its token, and where to go next.

    Raises Denied for a return that this browser did not begin, or that cannot be believed.
    """
    row = await fetchrow(
        "delete from sign_in_requests where state_hash = $1 returning *, expires_at > clock_timestamp() as is_fresh",
        auth.hashed(state),
    )
    if row is None or not row["is_fresh"] or bytes(row["browser_hash"]) != auth.hashed(browser):
        raise Denied(STALE)
    if not code or (issuer and issuer != at.issuer):  # RFC 9207: another provider's answer
        raise Denied(REFUSED)
    try:
        address = await _verified_address(at, code, row["verifier"], row["nonce"])
    except Untrusted as problem:
        raise _refusal(problem) from None
    async with transaction():
        try:
            account: UUID = (await account_for(address, locale)).id
        except Invalid:
            raise Denied(REFUSED) from None
        return await open_session(account), str(row["next_path"])


def _refusal(problem: Untrusted) -> Denied:
    log().warning("oidc_refused", reason=str(problem))
    return Denied(REFUSED)


async def _verified_address(at: Provider, code: str, verifier: str, nonce: str) -> str:
    endpoints = await _endpoints(at)
    given = await _answer(
        "POST",
        endpoints.token,
        data={
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": _redirect_uri(),
            "code_verifier": verifier,
        },
        auth=(quote(at.client_id, safe=""), quote(at.client_secret, safe="")),
    )
    claims = checked_claims(str(given.get("id_token", "")), await _answer("GET", endpoints.keys), at=at, nonce=nonce)
    if "email" not in claims and endpoints.userinfo:
        token = {"authorization": f"Bearer {given.get('access_token', '')}"}
        told = await _answer("GET", endpoints.userinfo, headers=token)
        if told.get("sub") != claims["sub"]:
            raise Untrusted("another person's details")
        claims = told
    email, verified = claims.get("email"), claims.get("email_verified")
    is_verified = verified is True or verified == "true"
    if not isinstance(email, str) or not ADDRESS.fullmatch(email) or not is_verified:
        raise Denied(NO_ADDRESS)
    address = auth.normalised_email(email)
    # A code by mail goes to the mailbox without what follows a plus sign; a provider vouches for the whole address.
    if address != email.lower():
        raise Denied(NO_ADDRESS)
    return address


def checked_claims(token: str, keys: Mapping[str, Any], *, at: Provider, nonce: str) -> Mapping[str, Any]:
    """What the token says, which the provider has signed for us, for this sign-in, and lately. Raises Untrusted."""
    from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]  # it ships none
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    try:
        read = jwt.decode(token, KeySet.import_key_set(dict(keys)), algorithms=list(ALGORITHMS))  # type: ignore[arg-type]
        options = {
            "iss": {"essential": True, "value": at.issuer},
            "aud": {"essential": True, "value": at.client_id},
            "nonce": {"essential": True, "value": nonce},
        }
        claims = CodeIDToken(read.claims, read.header, options, {"nonce": nonce, "client_id": at.client_id})
        claims.validate(leeway=LEEWAY)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise Untrusted(type(error).__name__) from error
    return dict(claims)


async def _endpoints(at: Provider) -> Endpoints:
    found = await _answer("GET", f"{at.issuer.rstrip('/')}/.well-known/openid-configuration")
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")
    endpoints = Endpoints(*(str(found.get(name, "")) for name in names))
    wanted = urlsplit(at.issuer).scheme
    needed = (endpoints.authorization, endpoints.token, endpoints.keys)
    if found.get("issuer") != at.issuer or any(urlsplit(one).scheme not in {"https", wanted} for one in needed):
        raise Untrusted("its description is another provider's")
    return endpoints


async def _answer(method: str, address: str, **more: Any) -> dict[str, Any]:
    """What the provider says, as an object; follows no redirect, waits a few seconds, reads no more than it should."""
    import httpx

    try:
        async with httpx.AsyncClient(timeout=SECONDS, follow_redirects=False, trust_env=False) as client:
            answer = await client.request(method, address, **more)
        if answer.status_code >= 500:
            raise Busy(SILENT)
        if answer.status_code != 200 or len(answer.content) > MAX_ANSWER:
            raise Untrusted(f"status {answer.status_code}")
        found = answer.json()
    except httpx.HTTPError as error:
        log().warning("oidc_silent", reason=type(error).__name__)
        raise Busy(SILENT) from None
    except ValueError:
        raise Untrusted("no JSON") from None
    if not isinstance(found, dict):
        raise Untrusted("no object")
    return found


def _redirect_uri() -> str:
    return get_settings().base_url + PATH
