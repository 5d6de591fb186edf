"""What the sync and the async client share: everything but the waiting."""

from __future__ import annotations

import json
import math
import random
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from ._api_types import Domain, EffectiveDomain, Membership, User
from ._memory import Memory, Moment

VERSION = "1.1.0"
OLDEST_SERVICE = (1, 1, 0)
INVALID_TOKEN = "Invalid or expired token"
LONGEST_TOKEN = 16_384
HEARTBEAT = 1.0
CONNECT_LIMIT = 5.0
HEDGE = 1.0
JOIN = 0.5
FAILURES = 5
LONGEST_OPEN = 4.0


class AuthUnavailable(Exception):
    """The client cannot decide whether a token is valid: answer 503 with `Retry-After`, never 401."""

    def __init__(self, reason: str, detail: str, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.reason = reason
        self.retry_after = max(1, retry_after)


class Failure(Exception):
    """One attempt that has not led to a decision."""

    def __init__(self, reason: str, detail: str, retry_after: int = 0, again: bool = True) -> None:
        super().__init__(detail)
        self.reason = reason
        self.retry_after = retry_after
        self.again = again

    def to_unavailable(self) -> AuthUnavailable:
        return AuthUnavailable(self.reason, str(self), self.retry_after)


@dataclass(frozen=True)
class Verification:
    """A decision about a token: whose it is, or why it is refused."""

    valid: bool
    user: User | None
    error: str | None


def refusal(error: str = INVALID_TOKEN) -> Verification:
    return Verification(False, None, error)


def is_askable(token: object) -> bool:
    return isinstance(token, str) and token != "" and len(token.encode(errors="replace")) <= LONGEST_TOKEN


@dataclass(frozen=True)
class Settings:
    urls: tuple[str, ...]
    key: str | None
    is_cached: bool
    timeout: float
    max_entries: int
    max_age: float


def read_options(
    url: str | Sequence[str], key: str | None, mode: str, timeout: float, max_entries: int, max_age: float
) -> Settings:
    urls = (url,) if isinstance(url, str) else tuple(url)
    if not urls:
        raise ValueError("url must name at least one base address")
    if key is not None and not (isinstance(key, str) and re.fullmatch(r"psk_[A-Za-z0-9_-]{1,200}", key)):
        raise ValueError("key must be a service key (psk_…)")
    if mode not in ("remote", "cached"):
        raise ValueError("mode must be remote or cached")
    _check("timeout", timeout, 0.001)
    _check("max_entries", max_entries, 1)
    _check("max_age", max_age, 0)
    # Without a key the event feed is closed, and memory would never be trusted.
    is_cached = mode == "cached" and key is not None
    return Settings(tuple(_read_url(one) for one in urls), key, is_cached, timeout, max_entries, max_age)


def _check(name: str, value: float, least: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value < math.inf:
        raise ValueError(f"{name} must be a number of at least {least}")


def _read_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("url must be an absolute http or https address")
    if parts.username or parts.password:
        raise ValueError("url must not hold credentials")
    if parts.query or parts.fragment:
        raise ValueError("url must have neither query nor fragment")
    return url.rstrip("/")


class Base:
    """One base address: its circuit breaker and its version."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._failures = 0
        self._open_until = 0.0
        self._pause = 0.0
        self._avoid_until = 0.0
        self._version_until = 0.0
        self._too_old: str | None = None

    def open_for(self) -> float:
        return max(0.0, self._open_until - time.monotonic())

    def is_avoided(self) -> bool:
        return time.monotonic() < self._avoid_until

    def avoid(self) -> None:
        self._avoid_until = time.monotonic() + 2.0

    def succeeded(self) -> None:
        self._failures, self._open_until, self._pause, self._avoid_until = 0, 0.0, 0.0, 0.0

    def failed(self) -> None:
        self._failures += 1
        self.avoid()
        if self._failures >= FAILURES and self.open_for() == 0:
            self._pause = min(max(0.5, self._pause * 2), LONGEST_OPEN)
            self._open_until = time.monotonic() + self._pause

    def needs_version(self) -> bool:
        return time.monotonic() >= self._version_until

    def take_version(self, body: Any) -> None:
        """Notes what `GET /health` says; a version that cannot be read is not looked at."""
        version = body.get("version") if isinstance(body, dict) else None
        found = re.match(r"(\d+)\.(\d+)\.(\d+)", version) if isinstance(version, str) else None
        if found is None:
            return
        is_old = tuple(int(number) for number in found.groups()) < OLDEST_SERVICE
        self._too_old = version if is_old else None
        self._version_until = time.monotonic() + (5 if is_old else 600)

    def check_version(self) -> None:
        if self._too_old is not None:
            needed = ".".join(str(number) for number in OLDEST_SERVICE)
            detail = f"the auth service has version {self._too_old}; this client needs {needed} or newer"
            raise Failure("incompatible", detail, again=False)


class Bases:
    """The base addresses, and which of them to ask."""

    def __init__(self, urls: Sequence[str]) -> None:
        self.all = [Base(url) for url in urls]

    def open_for(self) -> float:
        return min(base.open_for() for base in self.all)

    def pick(self) -> Base:
        closed = [base for base in self.all if base.open_for() == 0]
        return next((base for base in closed if not base.is_avoided()), (closed or self.all)[0])


USER_AGENT = {"User-Agent": f"promptstack-auth-python/{VERSION}", "Accept-Encoding": "identity"}


def credential(key: str | None) -> dict[str, str]:
    """The header that carries the service key; not sent to routes that anybody may ask."""
    return {} if key is None else {"Authorization": f"Bearer {key}"}


def check_status(status: int, retry_after: str | None) -> None:
    """Raises unless the answer is 200."""
    if status == 200:
        return
    if status in (401, 403):
        raise Failure("credential", f"the auth service refuses the service key ({status})", again=False)
    seconds = int(retry_after) if retry_after and re.fullmatch(r"[0-9]{1,5}", retry_after) else 0
    again = status >= 500 or status in (408, 425, 429)
    raise Failure("service", f"the auth service answered {status}", seconds, again)


def parse_json(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def read_decision(body: Any) -> Verification:
    """A well-formed, decided answer. Raises for anything else."""
    if isinstance(body, dict):
        valid, user, error = body.get("valid"), body.get("user"), body.get("error")
        if valid is False and isinstance(error, str):
            return refusal(error)
        if valid is True and error is None and isinstance(user, dict):
            return Verification(True, _read_user(user), None)
    raise malformed()


def read_decisions(body: Any, count: int) -> list[Verification]:
    results = body.get("results") if isinstance(body, dict) else None
    if not isinstance(results, list) or len(results) != count:
        raise malformed()
    return [read_decision(result) for result in results]


def malformed() -> Failure:
    return Failure("service", "the answer is none of the auth service")


def _read_user(user: dict[str, Any]) -> User:
    try:
        read = _build(
            User,
            {
                **user,
                "teams": tuple(_build(Membership, team) for team in user["teams"]),
                "domains": tuple(_build(Domain, domain) for domain in user["domains"]),
                "effective_domains": tuple(_build(EffectiveDomain, one) for one in user["effective_domains"]),
            },
        )
    except (KeyError, TypeError) as error:
        raise malformed() from error
    texts = (read.id, read.email, read.name, read.created_at, *(team.id for team in read.teams))
    keys = (domain.key for domain in read.effective_domains)
    if not all(isinstance(text, str) for text in (*texts, *keys)) or not isinstance(read.email_verified, bool):
        raise malformed()
    if read.role not in ("user", "admin"):
        raise malformed()
    return read


def _build(kind: Any, members: dict[str, Any]) -> Any:
    """An object of the members that this version knows."""
    return kind(**{field.name: members[field.name] for field in fields(kind) if field.name in members})


def pause_before(failures: int, failure: Failure, bases: int) -> float:
    """Before the next attempt: none while there is another address, else longer each time."""
    if failures < bases - 1:
        return 0.0
    grown = 0.05 * 2 ** min(failures, 10) * (0.5 + random.random() / 2)
    return min(max(grown, 0.5 if failure.retry_after else 0.0), 1.0)


class Parser:
    """Reads text/event-stream."""

    def __init__(self) -> None:
        self._rest = ""
        self._kind = ""
        self._data: list[str] = []

    def push(self, text: str) -> list[tuple[str, Any]]:
        lines = re.split(r"\r\n|\n|\r(?!$)", self._rest + text)
        self._rest = lines.pop()
        if len(self._rest) > 65_536:
            raise Failure("service", "an event has no end")
        events = []
        for line in lines:
            if line == "":
                if self._data:
                    events.append((self._kind or "message", parse_json("\n".join(self._data))))
                self._kind, self._data = "", []
                continue
            name, _, value = line.partition(":")
            value = value[1:] if value.startswith(" ") else value
            if name == "event":
                self._kind = value
            elif name == "data":
                self._data.append(value)
        return events


class Feed:
    """What the event feed says, and whether memory may be trusted."""

    def __init__(self, memory: Memory) -> None:
        self.failure: Failure | None = None
        self._memory = memory
        self._bound = 0.0
        self._last_read: Moment | None = None
        self._offset: float | None = None
        self._begun = False
        self._failures = 0

    @property
    def trust(self) -> float:
        return self._bound + HEARTBEAT

    @property
    def has_begun(self) -> bool:
        return self._last_read is not None

    def is_trusted(self) -> bool:
        last = self._last_read
        return last is not None and last.age() <= self.trust

    def grace(self) -> float:
        """So much longer answers are kept while a heartbeat is overdue, or there is no stream: nothing can be asked for anew."""
        last = self._last_read
        return HEARTBEAT if not self._begun or last is None or last.age() > HEARTBEAT else 0.0

    def connecting(self) -> None:
        self._begun = False

    def failed(self, failure: Failure) -> float:
        """Notes the end of a stream; answers how long to wait before the next."""
        self._begun = False
        self.failure = failure
        self._failures += 1
        if not failure.again:
            return 5.0
        return min(0.05 * 2 ** min(self._failures, 10), 1.0) * (0.5 + random.random() / 2)

    def take(self, kind: str, data: Any) -> None:
        """Applies an event. Raises where the stream cannot be trusted any longer."""
        event = data if isinstance(data, dict) else {}
        if self._begun and self._last_read is not None and self._last_read.age() > self.trust:
            raise Failure("timeout", "the event feed was silent for too long")
        if kind == "hello":
            self._hello(event)
        elif not self._begun:
            raise Failure("service", "the event feed begins without hello")
        else:
            self._apply(kind, event)
        self._last_read = self._moment_of(event)
        if not self.is_trusted():
            raise Failure("timeout", "the event feed is late")
        if kind == "hello":
            self._begun, self.failure, self._failures = True, None, 0

    def _hello(self, event: dict[str, Any]) -> None:
        bound = event.get("bound_ms")
        if isinstance(bound, bool) or not isinstance(bound, (int, float)) or not 0 <= bound <= 60_000:
            raise Failure("service", "hello without bound_ms")
        self._bound = bound / 1000
        self._offset = None
        self._memory.window = self._bound
        self._memory.clear()

    def _apply(self, kind: str, event: dict[str, Any]) -> None:
        name = {"session-ended": "sid", "user-changed": "uid", "user-ended": "uid"}.get(kind)
        if name is not None and isinstance(event.get(name), str):
            self._memory.ended(f"{name} {event[name]}")
        elif name is not None or kind in ("all-changed", "reset"):
            self._memory.clear()

    def _moment_of(self, event: dict[str, Any]) -> Moment:
        """When the service wrote an event: what was held up on its way is as old as it is."""
        moment = Moment.now()
        try:
            written = datetime.fromisoformat(event["server_time"].replace("Z", "+00:00")).timestamp()
        except (KeyError, ValueError, AttributeError, OverflowError):
            return moment
        offset = moment.wall - written
        self._offset = offset if self._offset is None else min(self._offset, offset)
        held = offset - self._offset
        return Moment(moment.steady - held, moment.wall - held)
