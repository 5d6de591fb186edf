# Written from openapi/openapi.json by tools/client-types.mjs.
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Membership:
    """A team and the role of the user in it."""

    id: str
    role: str | None
    name: str
    external_ref: str | None
    is_active: bool
    is_default: bool | None = None


@dataclass(frozen=True)
class Domain:
    """A business domain; domains form trees."""

    id: str
    parent_domain_id: str | None
    key: str
    name: str
    is_active: bool
    is_default: bool | None = None


@dataclass(frozen=True)
class EffectiveDomain:
    """A domain that a user has access to, assigned or inherited."""

    id: str
    key: str


@dataclass(frozen=True)
class User:
    """A user with teams and domains."""

    id: str
    email: str
    avatar_url: str | None
    created_at: str
    role: Literal["user", "admin"]
    email_verified: bool
    name: str
    teams: tuple[Membership, ...]
    domains: tuple[Domain, ...]
    effective_domains: tuple[EffectiveDomain, ...]
