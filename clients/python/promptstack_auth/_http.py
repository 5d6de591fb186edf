"""What FastAPI's dependency and Starlette's middleware share."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from ._api_types import User
from ._async_client import AsyncAuthClient
from ._client import AuthClient
from ._core import AuthUnavailable

_UNAVAILABLE = "Whether you are signed in cannot be checked at the moment. Retry shortly."


@dataclass(frozen=True)
class Refusal:
    """An answer that refuses a request."""

    status: int
    code: str
    title: str
    detail: str
    headers: dict[str, str]


async def authenticate(client: AuthClient | AsyncAuthClient, authorizations: list[str]) -> User | Refusal:
    """The user of a request's Authorization headers, or the answer that refuses it."""
    scheme, _, token = (authorizations[0] if authorizations else "").strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        challenge = {"WWW-Authenticate": "Bearer"}
        return Refusal(
            401, "authentication-required", "Authentication required", "Authentication is required.", challenge
        )
    if len(authorizations) > 1 or " " in token:
        return _invalid('Send one Authorization header with one token: "Bearer <token>".')
    try:
        if isinstance(client, AuthClient):
            verification = await run_in_threadpool(client.verify, token)
        else:
            verification = await client.verify(token)
    except AuthUnavailable as error:
        later = {"Retry-After": str(error.retry_after)}
        return Refusal(503, "service-unavailable", "Service unavailable", _UNAVAILABLE, later)
    if verification.user is None:
        return _invalid(verification.error or "Invalid or expired token")
    return verification.user


def _invalid(detail: str) -> Refusal:
    challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    return Refusal(401, "invalid-token", "Invalid token", detail, challenge)


def forbidden() -> Refusal:
    return Refusal(403, "forbidden", "Forbidden", "You are not allowed to do this.", {})


def meets(user: User, team: str | None, domain: str | None, role: str | None) -> bool:
    """Whether a user has all that is asked for."""
    if team is not None and not any(one.id == team.lower() and one.is_active for one in user.teams):
        return False
    if domain is not None and not any(one.key == domain for one in user.effective_domains):
        return False
    return role != "admin" or user.role == "admin"
