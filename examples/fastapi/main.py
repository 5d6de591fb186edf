"""A service in Python that accepts the tokens of users."""

import os

from fastapi import Depends, FastAPI, Response
from promptstack_auth import AsyncAuthClient, AuthUnavailable, User
from promptstack_auth.fastapi import RequireUser

# Several base addresses, where there are several replicas without a load balancer before them.
auth = AsyncAuthClient(
    os.environ.get("AUTH_URL", "http://localhost:8001").split(","),
    os.environ.get("AUTH_KEY"),
    timeout=2.0,  # then 503: a caller of ours should not wait longer
)

app = FastAPI(on_shutdown=[auth.aclose])


@app.get("/me")
async def me(user: User = Depends(RequireUser(auth))):
    """Who is signed in."""
    return {"id": user.id, "email": user.email}


@app.get("/reports")
async def reports(user: User = Depends(RequireUser(auth, domain="engineering"))):
    """What only some may see."""
    return {"for": user.name, "reports": ["Builds of this week"]}


@app.get("/health")
async def health(response: Response):
    """Open to everybody: whether tokens can be verified from memory at the moment."""
    try:
        await auth.ready()
        return {"status": "ok"}
    except AuthUnavailable as unavailable:
        response.status_code = 503
        return {"status": "error", "reason": unavailable.reason}
