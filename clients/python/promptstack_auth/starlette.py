"""A middleware of ASGI that lets users pass."""

from __future__ import annotations

import json
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ._async_client import AsyncAuthClient
from ._client import AuthClient
from ._http import Refusal, authenticate


class AuthMiddleware:
    """Sets `request.state.user`, and answers everybody else with problem+json.

    `public`: paths that anybody may ask for, exactly as written.
    """

    def __init__(
        self, app: ASGIApp, client: AuthClient | AsyncAuthClient, public: Iterable[str] = ()
    ) -> None:
        self.app = app
        self._client = client
        self._public = frozenset(public)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or scope["path"] in self._public:
            return await self.app(scope, receive, send)
        found = await authenticate(self._client, Headers(scope=scope).getlist("authorization"))
        if not isinstance(found, Refusal):
            scope.setdefault("state", {})["user"] = found
            return await self.app(scope, receive, send)
        if scope["type"] == "websocket":
            # Before it is accepted: the handshake is answered 403. 1013 says to try again later (IANA's registry of close codes).
            code = 1013 if found.status == 503 else 1008
            return await send({"type": "websocket.close", "code": code})
        await _response(found)(scope, receive, send)


def _response(refusal: Refusal) -> Response:
    body = {
        "type": f"urn:problem-type:promptstack-auth:{refusal.code}",
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.detail,
        "code": refusal.code,
    }
    headers = {**refusal.headers, "Cache-Control": "no-store"}
    return Response(json.dumps(body), refusal.status, headers, media_type="application/problem+json")
