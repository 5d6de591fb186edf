from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Literal

import httpx

from . import _core as core
from ._core import AuthUnavailable, Failure, Verification
from ._memory import Memory, Moment

_MOST_TOKENS = 100
_MOST_BYTES = 900_000


class _Flight:
    """One question about one token, for all who ask it at the same time."""

    def __init__(self, token: str, limit: float) -> None:
        self.token = token
        self.limit = limit
        self.begun = Moment.now()
        self.is_sent = False
        self.answer: asyncio.Future[Verification] = asyncio.get_running_loop().create_future()
        self.answer.add_done_callback(lambda answer: answer.cancelled() or answer.exception())


class AsyncAuthClient:
    """Verifies tokens of users; for asyncio. Close it with `aclose()`, or use it in `async with`."""

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
        self._settings = settings = core.read_options(url, key, mode, timeout, max_entries, max_age)
        self._bases = core.Bases(settings.urls)
        self._memory = Memory(settings.max_entries, settings.max_age)
        self._feed = core.Feed(self._memory) if settings.is_cached else None
        self._credential = core.credential(settings.key)
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None

    async def verify(self, token: str, *, timeout: float | None = None, fresh: bool = False) -> Verification:
        """Answers whose token it is, or why it is refused.

        Raises AuthUnavailable when that cannot be decided.
        """
        self._start()
        if self._feed is not None and not fresh and not self._closed and self._feed.is_trusted():
            found = self._memory.find(token, self._feed.grace()) if isinstance(token, str) else None
            if found is not None:
                return found
        deadline = time.monotonic() + (self._settings.timeout if timeout is None else timeout)
        if self._closed:
            raise AuthUnavailable("closed", "the client has been closed")
        if not core.is_askable(token):
            return core.refusal()
        try:
            for _ in range(2):
                decision, begun = await self._decide(token, deadline, fresh)
                if not self._is_overtaken(token, decision, begun):
                    break
                fresh = True
        except Failure as failure:
            raise failure.to_unavailable() from None
        return self._keep(token, decision, begun)

    async def ready(self, timeout: float | None = None) -> None:
        """Mode cached: waits for the event feed. Raises AuthUnavailable when it is refused, or has not begun in time."""
        self._start()
        if self._feed is None:
            return
        deadline = time.monotonic() + (self._settings.timeout if timeout is None else timeout)
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
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), left)
            except (asyncio.TimeoutError, TimeoutError):
                pass

    async def aclose(self) -> None:
        """Ends the event feed and everything under way."""
        self._closed = True
        self._memory.clear()
        if self._loop is None:
            return
        self._changed.set()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for flight in list(self._flights.values()):
            if not flight.answer.done():
                flight.answer.set_exception(self._closed_failure())
        await self._http.aclose()

    async def __aenter__(self) -> AsyncAuthClient:
        self._start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def _start(self) -> None:
        """In the running loop, at the first call in it: connections and tasks belong to one."""
        loop = asyncio.get_running_loop()
        if self._loop is loop or self._closed:
            return
        self._loop = loop
        self._memory.clear()
        if self._feed is not None:
            self._feed = core.Feed(self._memory)
        self._flights: dict[str, _Flight] = {}
        self._waiting: list[_Flight] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=60)
        self._http = httpx.AsyncClient(headers=core.USER_AGENT, limits=limits, trust_env=False)
        if self._feed is not None:
            self._spawn(self._follow(self._feed))

    def _spawn(self, work) -> None:  # type: ignore[no-untyped-def]
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

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

    async def _decide(self, token: str, deadline: float, fresh: bool) -> tuple[Verification, Moment]:
        pending: dict[asyncio.Future[Verification], _Flight] = {}
        failure: Failure | None = None
        failures = 0
        is_alone = False
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise failure or Failure("timeout", "no decision in time")
            if len(pending) < 3:
                await self._wait_for_breaker(deadline, failure)
                flight = self._ask(token, deadline - time.monotonic(), fresh or bool(pending), is_alone)
                pending[flight.answer] = flight
            left = deadline - time.monotonic()
            limit = min(core.HEDGE, left) if len(pending) < 3 else left
            done, _ = await asyncio.wait(pending, timeout=max(0, limit), return_when=asyncio.FIRST_COMPLETED)
            if not done:
                self._bases.pick().avoid()
                continue
            for answer in done:
                flight = pending.pop(answer)
                error = answer.exception()
                if error is None:
                    return answer.result(), flight.begun
                failure = error if isinstance(error, Failure) else core.malformed()
                if not failure.again:
                    raise failure
                is_alone = is_alone or getattr(failure, "is_of_batch", False)
            assert failure is not None
            is_first_of_batch = failures == 0 and is_alone
            pause = 0 if is_first_of_batch else core.pause_before(failures, failure, len(self._bases.all))
            failures += 1
            if pause >= deadline - time.monotonic():
                raise failure
            await asyncio.sleep(pause)

    async def _wait_for_breaker(self, deadline: float, failure: Failure | None) -> None:
        while (open_for := self._bases.open_for()) > 0:
            if open_for >= deadline - time.monotonic():
                raise failure or Failure("circuit-open", "the auth service has failed too often", int(open_for) + 1)
            await asyncio.sleep(open_for)

    def _ask(self, token: str, limit: float, fresh: bool, is_alone: bool) -> _Flight:
        if self._closed:
            raise self._closed_failure()
        present = self._flights.get(token)
        if present is not None and not is_alone and self._can_join(present, fresh):
            return present
        flight = _Flight(token, limit)
        self._flights[token] = flight
        flight.answer.add_done_callback(lambda _: self._leave(flight))
        if is_alone:
            self._spawn(self._send([flight]))
            return flight
        self._waiting.append(flight)
        if len(self._waiting) == 1:
            # The next turn: whoever asks in this one goes along.
            asyncio.get_running_loop().call_soon(self._flush)
        return flight

    def _can_join(self, flight: _Flight, fresh: bool) -> bool:
        if not flight.is_sent:
            return True
        if fresh or flight.begun.age() >= core.JOIN:
            return False
        return self._feed is None or not self._memory.is_overtaken(flight.token, None, flight.begun)

    def _leave(self, flight: _Flight) -> None:
        if self._flights.get(flight.token) is flight:
            del self._flights[flight.token]

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        group: list[_Flight] = []
        size = 0
        for flight in waiting:
            if group and (len(group) == _MOST_TOKENS or size + len(flight.token) > _MOST_BYTES):
                self._spawn(self._send(group))
                group, size = [], 0
            group.append(flight)
            size += len(flight.token) + 4
        self._spawn(self._send(group))

    async def _send(self, group: list[_Flight]) -> None:
        begun = Moment.now()
        for flight in group:
            flight.begun, flight.is_sent = begun, True
        try:
            decisions = await self._ask_all([flight.token for flight in group], max(one.limit for one in group))
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 -- whoever waits must be told, whatever it is
            for flight in group:
                if not flight.answer.done():
                    failure = error if isinstance(error, Failure) else core.malformed()
                    own = Failure(failure.reason, str(failure), failure.retry_after, failure.again)
                    own.is_of_batch = len(group) > 1  # type: ignore[attr-defined]
                    flight.answer.set_exception(own)
            return
        for flight, decision in zip(group, decisions):
            if not flight.answer.done():
                flight.answer.set_result(decision)

    async def _ask_all(self, tokens: list[str], limit: float) -> list[Verification]:
        base = self._bases.pick()
        is_one = len(tokens) == 1
        url = f"{base.url}/auth/validate" if is_one else f"{base.url}/auth/validate/batch"
        body = {"token": tokens[0]} if is_one else {"tokens": tokens}
        try:
            await self._check_version(base)
            sending = self._http.post(url, json=body, headers=self._credential, timeout=limit)
            response = await asyncio.wait_for(sending, limit)
            core.check_status(response.status_code, response.headers.get("Retry-After"))
            answer = core.parse_json(response.content)
            decisions = [core.read_decision(answer)] if is_one else core.read_decisions(answer, len(tokens))
        except Failure as failure:
            if failure.again:
                base.failed()
            raise
        except (httpx.TimeoutException, asyncio.TimeoutError, TimeoutError):
            base.failed()
            raise Failure("timeout", "the auth service did not answer in time") from None
        except (httpx.HTTPError, RuntimeError, OSError):
            base.failed()
            raise Failure("network", "the auth service cannot be reached") from None
        base.succeeded()
        return decisions

    async def _check_version(self, base: core.Base) -> None:
        if base.needs_version():
            try:
                health = await self._http.get(f"{base.url}/health", timeout=1.0)
                base.take_version(core.parse_json(health.content))
            except (httpx.HTTPError, RuntimeError, OSError):
                pass  # the request itself will tell what is wrong
        base.check_version()

    async def _follow(self, feed: core.Feed) -> None:
        at = 0
        while True:
            base = self._bases.all[at % len(self._bases.all)]
            at += 1
            feed.connecting()
            try:
                await self._follow_once(base, feed)
                failure = Failure("network", "the event feed has ended")
            except Failure as error:
                failure = error
            except httpx.TimeoutException:
                failure = Failure("timeout", "the event feed is silent")
            except Exception:  # noqa: BLE001 -- whatever it is, memory is not trusted, and the next try is due
                failure = Failure("network", "the event feed cannot be reached")
            pause = feed.failed(failure)
            self._changed.set()
            await asyncio.sleep(pause)

    async def _follow_once(self, base: core.Base, feed: core.Feed) -> None:
        await self._check_version(base)
        url, timeout = f"{base.url}/auth/events", core.CONNECT_LIMIT
        async with self._http.stream("GET", url, headers=self._credential, timeout=timeout) as response:
            core.check_status(response.status_code, response.headers.get("Retry-After"))
            if not response.headers.get("Content-Type", "").startswith("text/event-stream"):
                raise Failure("service", "no event stream")
            parser = core.Parser()
            async for text in response.aiter_text():
                for kind, data in parser.push(text):
                    feed.take(kind, data)
                    if kind == "hello":
                        self._changed.set()

    def _closed_failure(self) -> Failure:
        return Failure("closed", "the client has been closed", again=False)
