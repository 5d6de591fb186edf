from __future__ import annotations

import base64
import json
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

# More users and sessions than this with events at once are taken for all of them.
MOST_SUBJECTS = 10_000


@dataclass(frozen=True)
class Moment:
    """By both clocks: the wall clock may be set back, the other one stands still while the machine sleeps."""

    steady: float
    wall: float

    @classmethod
    def now(cls) -> Moment:
        return cls(time.monotonic(), time.time())

    def age(self) -> float:
        return max(time.monotonic() - self.steady, time.time() - self.wall)


@dataclass(frozen=True)
class Entry:
    verification: Any
    begun: Moment
    life: float
    expires_at: float
    sid: str | None


class Memory:
    """Answers of the service, until an event or time ends them. Safe for threads."""

    def __init__(self, max_entries: int, max_age: float) -> None:
        self.window = 0.0
        self._max_entries = max_entries
        self._max_age = max_age
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._by_subject: dict[str, set[str]] = {}
        self._events: OrderedDict[str, Moment] = OrderedDict()
        self._everything: Moment | None = None

    def find(self, token: str, grace: float) -> Any:
        """The answer that is kept; with `grace` so much longer where it was to be asked for anew soon."""
        with self._lock:
            entry = self._entries.get(token)
            if entry is None:
                return None
            if entry.begun.age() >= min(self._max_age, entry.life + grace) or time.time() >= entry.expires_at:
                self._drop(token)
                return None
            self._entries.move_to_end(token)
            return entry.verification

    def is_overtaken(self, token: str, user_id: str | None, begun: Moment) -> bool:
        """Whether an event since `begun` ends what was then known of a token."""
        with self._lock:
            last = self._last_event(_text(read_claims(token), "sid"), user_id)
        return last is not None and last.steady >= begun.steady

    def has_ended(self, token: str) -> bool:
        """Whether the session of a token has just ended, whatever a replica says that has not heard of it."""
        sid = _text(read_claims(token), "sid")
        with self._lock:
            ended = self._events.get(f"sid {sid}")
        return ended is not None and ended.age() < self.window

    def store(self, token: str, verification: Any, begun: Moment) -> None:
        claims = read_claims(token)
        sid = _text(claims, "sid")
        exp = claims.get("exp")
        expires_at = float(exp) if isinstance(exp, (int, float)) else 0.0
        with self._lock:
            life = self._life(self._last_event(sid, verification.user.id), begun)
            if life <= 0 or expires_at <= time.time():
                return
            self._drop(token)
            self._entries[token] = Entry(verification, begun, life, expires_at, sid)
            for subject in _subjects(verification.user.id, sid):
                self._by_subject.setdefault(subject, set()).add(token)
            if len(self._entries) > self._max_entries:
                self._drop(next(iter(self._entries)))

    def ended(self, subject: str) -> None:
        """Forgets the answers of a session (`sid …`) or about a user (`uid …`)."""
        with self._lock:
            self._events.pop(subject, None)
            self._events[subject] = Moment.now()
            while self._events and next(iter(self._events.values())).age() >= self.window:
                self._events.popitem(last=False)
            for token in list(self._by_subject.get(subject, ())):
                self._drop(token)
            if len(self._events) <= MOST_SUBJECTS:
                return
            self._events.clear()
        self.clear()

    def clear(self) -> None:
        with self._lock:
            self._everything = Moment.now()
            self._entries.clear()
            self._by_subject.clear()

    def _life(self, last: Moment | None, begun: Moment) -> float:
        """Within the window after an event, a replica may not have heard of it."""
        if last is None:
            return self._max_age
        ago = begun.steady - last.steady
        if ago <= 0:
            return 0
        return min(self._max_age, self.window - ago) if ago < self.window else self._max_age

    def _last_event(self, sid: str | None, user_id: str | None) -> Moment | None:
        found = [self._everything, self._events.get(f"sid {sid}"), self._events.get(f"uid {user_id}")]
        return max((at for at in found if at is not None), key=lambda at: at.steady, default=None)

    def _drop(self, token: str) -> None:
        entry = self._entries.pop(token, None)
        if entry is None:
            return
        for subject in _subjects(entry.verification.user.id, entry.sid):
            tokens = self._by_subject.get(subject)
            if tokens is not None:
                tokens.discard(token)
                if not tokens:
                    del self._by_subject[subject]


def _subjects(user_id: str, sid: str | None) -> list[str]:
    return [f"uid {user_id}"] + ([] if sid is None else [f"sid {sid}"])


def read_claims(token: str) -> dict[str, Any]:
    """The claims of a compact token, unchecked; empty where there are none."""
    parts = token.split(".")
    try:
        payload = parts[1] if len(parts) == 3 else ""
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _text(claims: dict[str, Any], name: str) -> str | None:
    value = claims.get(name)
    return value if isinstance(value, str) else None
