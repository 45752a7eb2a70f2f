"""Talks to an ASGI application in memory; Starlette's own test client wants a library that nothing else here needs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from starlette.applications import Starlette


class Client:
    """A blocking client; what the application raises is raised."""

    def __init__(self, app: Starlette) -> None:
        self._app = app

    def get(self, path: str) -> httpx.Response:
        return asyncio.run(self._send("GET", path))

    def post(self, path: str, **request: Any) -> httpx.Response:
        return asyncio.run(self._send("POST", path, **request))

    async def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://served") as client:
            return await client.request(method, path, **request)
