from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Literal

import httpx

from . import _core as core
from ._core import AuthUnavailable, Failure, Verification
from ._memory import Memory, Moment

_WORKERS = 64


class AuthClient:
    """Verifies tokens of users; for threads. Close it, or use it as a context manager."""

    def __init__(
        self,
        url: str | Sequence[str],
        key: str | None = None,
        *,
        mode: Literal["remote", "cached"] = "cached",
        timeout: float = 5.0,
        max_entries: int = 10_000,
        max_age: float = 60.0,
    ) -> None:
        self._settings = core.read_options(url, key, mode, timeout, max_entries, max_age)
        self._lock = threading.Lock()
        self._closed = False
        self._start()

    def verify(self, token: str, *, timeout: float | None = None, fresh: bool = False) -> Verification:
        """Answers whose token it is, or why it is refused.

        Raises AuthUnavailable when that cannot be decided.
        """
        self._after_fork()
        if not self._closed and self._feed is not None and not fresh and self._feed.is_trusted():
            found = self._memory.find(token, self._feed.grace()) if isinstance(token, str) else None
            if found is not None:
                return found
        limit = self._settings.timeout if timeout is None else timeout
        deadline = time.monotonic() + limit
        if self._closed:
            raise AuthUnavailable("closed", "the client has been closed")
        if not core.is_askable(token):
            return core.refusal()
        try:
            for _ in range(2):
                decision, begun = self._decide(token, deadline, fresh)
                if not self._is_overtaken(token, decision, begun):
                    break
                fresh = True
        except Failure as failure:
            raise failure.to_unavailable() from None
        return self._keep(token, decision, begun)

    def ready(self, timeout: float | None = None) -> None:
        """Mode cached: waits for the event feed. Raises AuthUnavailable when it is refused, or has not begun in time."""
        self._after_fork()
        if self._feed is None:
            return
        deadline = time.monotonic() + (self._settings.timeout if timeout is None else timeout)
        with self._changed:
            while not self._feed.has_begun:
                failure = self._feed.failure
                if self._closed:
                    raise AuthUnavailable("closed", "the client has been closed")
                if failure is not None and not failure.again:
                    raise failure.to_unavailable()
                left = deadline - time.monotonic()
                if left <= 0:
                    late = failure or Failure("timeout", "the event feed has not begun in time")
                    raise late.to_unavailable()
                self._changed.wait(left)

    def close(self) -> None:
        """Ends the event feed and everything under way."""
        self._closed = True
        self._stopping.set()
        self._memory.clear()
        with self._changed:
            self._changed.notify_all()
        self._http.close()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def __enter__(self) -> AuthClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> None:
        settings = self._settings
        self._pid = os.getpid()
        self._bases = core.Bases(settings.urls)
        self._memory = Memory(settings.max_entries, settings.max_age)
        self._flights: dict[str, tuple[Moment, Future[Verification]]] = {}
        self._credential = core.credential(settings.key)
        limits = httpx.Limits(max_connections=_WORKERS * 2, keepalive_expiry=60)
        self._http = httpx.Client(headers=core.USER_AGENT, limits=limits, trust_env=False)
        self._executor = ThreadPoolExecutor(_WORKERS, thread_name_prefix="promptstack-auth")
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._feed = core.Feed(self._memory) if settings.is_cached else None
        if self._feed is not None:
            threading.Thread(target=self._follow, name="promptstack-auth-feed", daemon=True).start()

    def _after_fork(self) -> None:
        """Threads do not survive a fork, and connections must not be shared after one."""
        if self._pid != os.getpid():
            self._lock = threading.Lock()
            self._start()

    def _is_overtaken(self, token: str, decision: Verification, begun: Moment) -> bool:
        if self._feed is None or decision.user is None:
            return False
        return self._memory.is_overtaken(token, decision.user.id, begun)

    def _keep(self, token: str, decision: Verification, begun: Moment) -> Verification:
        if self._feed is None or not decision.valid:
            return decision
        if self._memory.has_ended(token):
            return core.refusal()
        self._memory.store(token, decision, begun)
        return decision

    def _decide(self, token: str, deadline: float, fresh: bool) -> tuple[Verification, Moment]:
        pending: dict[Future[Verification], Moment] = {}
        failure: Failure | None = None
        failures = 0
        while True:
            if self._left(deadline) <= 0:
                raise failure or Failure("timeout", "no decision in time")
            if len(pending) < 3:
                self._wait_for_breaker(deadline, failure)
                begun, future = self._flight(token, self._left(deadline), fresh or bool(pending))
                pending[future] = begun
            limit = min(core.HEDGE, self._left(deadline)) if len(pending) < 3 else self._left(deadline)
            done, _ = wait(pending, limit, FIRST_COMPLETED)
            if not done:
                self._bases.pick().avoid()
                continue
            for future in done:
                begun = pending.pop(future)
                error = None if future.cancelled() else future.exception()
                if error is None and not future.cancelled():
                    return future.result(), begun
                closed = Failure("closed", "the client has been closed", again=False)
                failure = error if isinstance(error, Failure) else closed
                if not failure.again:
                    raise failure
            pause = core.pause_before(failures, failure or core.malformed(), len(self._bases.all))
            failures += 1
            if pause >= self._left(deadline):
                raise failure or core.malformed()
            self._sleep(pause)

    def _left(self, deadline: float) -> float:
        return deadline - time.monotonic()

    def _sleep(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise Failure("closed", "the client has been closed", again=False)

    def _wait_for_breaker(self, deadline: float, failure: Failure | None) -> None:
        while (open_for := self._bases.open_for()) > 0:
            if open_for >= self._left(deadline):
                raise failure or Failure("circuit-open", "the auth service has failed too often", int(open_for) + 1)
            self._sleep(open_for)

    def _flight(self, token: str, limit: float, fresh: bool) -> tuple[Moment, Future[Verification]]:
        """A question under way about the same token, if it is young, or a new one."""
        with self._lock:
            present = self._flights.get(token)
            if present is not None and not fresh and present[0].age() < core.JOIN:
                if self._feed is None or not self._memory.is_overtaken(token, None, present[0]):
                    return present
            begun = Moment.now()
            try:
                future = self._executor.submit(self._ask, token, limit)
            except RuntimeError:
                raise Failure("closed", "the client has been closed", again=False) from None
            flight = (begun, future)
            self._flights[token] = flight
        future.add_done_callback(lambda _: self._leave(token, flight))
        return flight

    def _leave(self, token: str, flight: tuple[Moment, Future[Verification]]) -> None:
        with self._lock:
            if self._flights.get(token) is flight:
                del self._flights[token]

    def _ask(self, token: str, limit: float) -> Verification:
        base = self._bases.pick()
        try:
            self._check_version(base)
            response = self._http.post(
                f"{base.url}/auth/validate", json={"token": token}, headers=self._credential, timeout=limit
            )
            core.check_status(response.status_code, response.headers.get("Retry-After"))
            decision = core.read_decision(core.parse_json(response.content))
        except Failure as failure:
            if failure.again:
                base.failed()
            raise
        except httpx.TimeoutException:
            base.failed()
            raise Failure("timeout", "the auth service did not answer in time") from None
        except (httpx.HTTPError, RuntimeError, OSError):
            base.failed()
            raise self._unreachable() from None
        base.succeeded()
        return decision

    def _unreachable(self) -> Failure:
        if self._closed:
            return Failure("closed", "the client has been closed", again=False)
        return Failure("network", "the auth service cannot be reached")

    def _check_version(self, base: core.Base) -> None:
        if base.needs_version():
            try:
                health = self._http.get(f"{base.url}/health", timeout=1.0)
                base.take_version(core.parse_json(health.content))
            except (httpx.HTTPError, RuntimeError, OSError):
                pass  # the request itself will tell what is wrong
        base.check_version()

    def _follow(self) -> None:
        feed, stopping, at = self._feed, self._stopping, 0
        assert feed is not None
        while not stopping.is_set():
            base = self._bases.all[at % len(self._bases.all)]
            at += 1
            feed.connecting()
            try:
                self._follow_once(base, feed)
                failure = Failure("network", "the event feed has ended")
            except Failure as error:
                failure = error
            except httpx.TimeoutException:
                failure = Failure("timeout", "the event feed is silent")
            except Exception:  # noqa: BLE001 -- whatever it is, memory is not trusted, and the next try is due
                failure = Failure("network", "the event feed cannot be reached")
            pause = feed.failed(failure)
            self._tell()
            stopping.wait(pause)

    def _follow_once(self, base: core.Base, feed: core.Feed) -> None:
        self._check_version(base)
        url, timeout = f"{base.url}/auth/events", core.CONNECT_LIMIT
        with self._http.stream("GET", url, headers=self._credential, timeout=timeout) as response:
            core.check_status(response.status_code, response.headers.get("Retry-After"))
            if not response.headers.get("Content-Type", "").startswith("text/event-stream"):
                raise Failure("service", "no event stream")
            parser = core.Parser()
            for text in response.iter_text():
                for kind, data in parser.push(text):
                    feed.take(kind, data)
                    if kind == "hello":
                        self._tell()
                if self._stopping.is_set():
                    return

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()


