"""A dependency of FastAPI that lets users pass."""

from typing import Optional, Union

from fastapi import HTTPException, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from ._api_types import User
from ._async_client import AsyncAuthClient
from ._client import AuthClient
from ._http import Refusal, authenticate, forbidden, meets

# FastAPI reads the annotations of the instance at run time, so they are no strings in this file.
_BEARER = HTTPBearer(auto_error=False)


class RequireUser:
    """`Depends(RequireUser(client))` gives the user.

    Answers 401 with the challenge, 403 when the user lacks what is asked for, and 503 with `Retry-After`, never 401, when that
    cannot be decided. `team` is an id, `domain` a key (also by inheritance), `role` the role in the platform.
    """

    def __init__(
        self,
        client: Union[AuthClient, AsyncAuthClient],
        *,
        team: Optional[str] = None,
        domain: Optional[str] = None,
        role: Optional[str] = None,
    ) -> None:
        if role not in (None, "user", "admin"):
            raise ValueError("role must be user or admin")
        self._client = client
        self._needs = (team, domain, role)

    async def __call__(
        self, request: Request, _: Optional[HTTPAuthorizationCredentials] = Security(_BEARER)
    ) -> User:
        found = await authenticate(self._client, request.headers.getlist("authorization"))
        if not isinstance(found, Refusal) and not meets(found, *self._needs):
            found = forbidden()
        if isinstance(found, Refusal):
            raise HTTPException(found.status, found.detail, {**found.headers, "Cache-Control": "no-store"})
        return found
