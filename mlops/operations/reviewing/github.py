"""The few calls of GitHub's API that are needed: find, create, update; nothing is sent twice on success."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, TypeVar

from mlops.errors import ConfigurationError, InfrastructureError, IntegrityError
from mlops.operations.https import aside, refuse_unencrypted, send

Answer = TypeVar("Answer")

_PAGE = 100
_PAGES = 50
_ATTEMPTS = 4


class NoAnswer(InfrastructureError):
    """The API did not answer, however often it was asked: asking it something else is no use now."""


class _Unavailable(Exception):
    """The API did not answer, or said that it cannot now."""


@dataclass(frozen=True)
class Client:
    """One repository of one GitHub; `author` is the account that the token speaks for."""

    repository: str
    token: str
    api: str = "https://api.github.com"
    author: str = "github-actions[bot]"
    wait: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        """Refuse a place the token must not be sent to.

        Raises:
            ConfigurationError: no such repository is possible, or the address is not encrypted.
        """
        refuse_unencrypted(self.api, "set GITHUB_API_URL")
        if not re.fullmatch(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+", self.repository):
            raise ConfigurationError(f"`{self.repository}` is no repository", hint="set GITHUB_REPOSITORY=owner/name")

    def keep_comment(self, number: int, marker: str, body: str) -> tuple[str, str]:
        """Create the comment that begins with `marker`, or update it; give what was done and its address.

        Raises:
            InfrastructureError: the API does not answer, or refuses.
        """
        return self.patiently(lambda: self._keep(number, marker, body))

    def patiently(self, action: Callable[[], Answer]) -> Answer:
        """Do something again while the API is unavailable; `action` looks first at what an earlier attempt left.

        Raises:
            InfrastructureError: the API does not answer, or refuses.
        """
        for attempt in range(_ATTEMPTS):
            try:
                return action()
            except _Unavailable as error:
                if attempt == _ATTEMPTS - 1:
                    raise NoAnswer(f"{self.api} did not answer: {error}", hint="run it again later") from error
                self.wait(2.0**attempt)
        raise AssertionError  # the loop returns or raises

    def _keep(self, number: int, marker: str, body: str) -> tuple[str, str]:
        """Look again before every attempt: one that seemed to fail may have created the comment."""
        own = next(self._own(number, marker), None)
        if own is None:
            made = self.call("POST", f"issues/{number}/comments", {"body": body})
            return "created", str(made.get("html_url", ""))
        if own.get("body") == body:
            return "unchanged", str(own.get("html_url", ""))
        made = self.call("PATCH", f"issues/comments/{int(own['id'])}", {"body": body})
        return "updated", str(made.get("html_url", ""))

    def _own(self, number: int, marker: str) -> Iterator[dict[str, Any]]:
        """Find comments by the token's own account only: anybody can write the marker."""
        for page in range(1, _PAGES + 1):
            found = self.call("GET", f"issues/{number}/comments?per_page={_PAGE}&page={page}")
            for item in found:
                ours = (item.get("user") or {}).get("login") == self.author
                if ours and str(item.get("body", "")).startswith(marker):
                    yield item
            if len(found) < _PAGE:
                return

    def call(self, method: str, path: str, value: Any = None, needs: str = "pull-requests: write") -> Any:
        """Send one request, about this repository, and give the JSON of the answer; for use in `patiently`."""
        address = f"{self.api.rstrip('/')}/repos/{self.repository}/{path}"
        try:
            return self._send(method, address, value)
        except urllib.error.HTTPError as error:
            raise InfrastructureError(
                f"{method} {address}: HTTP {error.code}", hint=f"does the token have `{needs}`?"
            ) from error

    def rows(self, path: str, key: str = "", needs: str = "actions: read") -> Iterator[dict[str, Any]]:
        """List what a path of this repository holds, page by page; `key` names the list where it is a part.

        `needs` is what the token must be allowed.

        Raises:
            InfrastructureError: the API does not answer, refuses, or has more than so many pages.
        """
        mark = "&" if "?" in path else "?"
        for page in range(1, _PAGES + 1):
            address = f"{path}{mark}per_page={_PAGE}&page={page}"
            found = self.patiently(lambda address=address: self.call("GET", address, needs=needs))  # type: ignore[misc]
            listed = found.get(key) if key and isinstance(found, dict) else found
            if not isinstance(listed, list):
                raise InfrastructureError(f"{path}: GitHub answered in a way that is not understood here")
            yield from listed
            if len(listed) < _PAGE:
                return
        raise InfrastructureError(f"{path}: more than {_PAGES * _PAGE:,} rows")

    def download(self, path: str, place: Path, most: int) -> bool:
        """Bring a file that the API redirects to, at most so many bytes; False where it is gone.

        The token is for the API alone: where the file lies, an address that was signed for it is enough.

        Raises:
            IntegrityError: it is longer.
            InfrastructureError: the API or the place of the file does not answer, or refuses.
        """
        return self.patiently(lambda: self._download(path, place, most))

    def _download(self, path: str, place: Path, most: int) -> bool:
        address = f"{self.api.rstrip('/')}/repos/{self.repository}/{path}"
        try:
            lies = aside(urllib.request.Request(address, headers=self._headers()))  # noqa: S310 - checked above
            if lies is None:
                return False
            with send(urllib.request.Request(lies)) as answer, place.open("wb") as file:  # noqa: S310 - checked
                left = most
                while chunk := answer.read(1 << 20):
                    left -= len(chunk)
                    if left < 0:
                        raise IntegrityError(f"{path}: longer than {most:,} bytes")
                    file.write(chunk)
        except urllib.error.HTTPError as error:
            if error.code >= 500 or error.code == 429:
                raise _Unavailable(f"HTTP {error.code}") from error
            hint = "does the token have `actions: read`?"
            raise InfrastructureError(f"GET {address}: HTTP {error.code}", hint=hint) from error
        except ConfigurationError as error:
            raise InfrastructureError(f"{path} lies at {error.message}", hint=error.hint) from error
        except (OSError, HTTPException) as error:
            raise _Unavailable(str(error)) from error
        return True

    def look(self, path: str) -> tuple[int, Any]:
        """Read a path of the API: the status, and the JSON where that is 200.

        Raises:
            InfrastructureError: the API does not answer.
        """
        address = f"{self.api.rstrip('/')}/{path}"
        try:
            return 200, self.patiently(lambda: self._send("GET", address))
        except urllib.error.HTTPError as error:
            return error.code, None

    def _send(self, method: str, address: str, value: Any = None) -> Any:
        data = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(address, data, self._headers(), method=method)  # noqa: S310 - checked above
        try:
            with send(request) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            error.close()
            if error.code >= 500 or error.code == 429 or _spent(error):
                raise _Unavailable(f"HTTP {error.code}") from error
            raise
        except (OSError, ValueError, HTTPException) as error:
            raise _Unavailable(str(error)) from error

    def _headers(self) -> dict[str, str]:
        return {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "User-Agent": "mlops-by-pull-request",
            "X-GitHub-Api-Version": "2022-11-28",
        }


def _spent(error: urllib.error.HTTPError) -> bool:
    """Whether a refusal only means that too much was asked: GitHub says so with 403, too."""
    return error.code == 403 and (error.headers.get("X-RateLimit-Remaining") == "0" or "Retry-After" in error.headers)
