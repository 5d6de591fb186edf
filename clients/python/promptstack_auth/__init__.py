"""Validates access tokens of the PromptStack Auth Service."""

from ._api_types import Domain, EffectiveDomain, Membership, User
from ._async_client import AsyncAuthClient
from ._client import AuthClient
from ._core import AuthUnavailable, Verification

__all__ = [
    "AsyncAuthClient",
    "AuthClient",
    "AuthUnavailable",
    "Domain",
    "EffectiveDomain",
    "Membership",
    "User",
    "Verification",
]
