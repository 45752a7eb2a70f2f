"""A recording stand-in for the few GitHub API calls that workflows make, on loopback."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.runner.ran import Ran

LONGEST = 65_536  # characters of a comment's body that GitHub takes

_LIST = re.compile(r"/repos/(?P<repository>[^/]+/[^/]+)/issues/(?P<number>\d+)/comments")
_PULLS = re.compile(r"/repos/(?P<repository>[^/]+/[^/]+)/pulls")
_PULL = re.compile(r"/repos/(?P<repository>[^/]+/[^/]+)/pulls/(?P<number>\d+)")
_LABELS = re.compile(r"/repos/(?P<repository>[^/]+/[^/]+)/issues/(?P<number>\d+)/labels")
_ONE = re.compile(r"/repos/(?P<repository>[^/]+/[^/]+)/issues/comments/(?P<id>\d+)")


@dataclass
class Api:
    """Comments by pull request, pull requests, the calls that came, what each token may do and whose it is.

    `attested` has the images whose provenance was attested to, by digest.
    """

    comments: list[dict[str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    accounts: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    tokens: dict[str, dict[str, str]] = field(default_factory=dict)
    attested: list[str] = field(default_factory=list)
    ran: Ran = field(default_factory=Ran)
    _lock: Lock = field(default_factory=Lock)

    def __enter__(self) -> Api:
        handler = type("Bound", (_Handler,), {"api": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def seed(self, number: int, body: str, login: str = "ada") -> int:
        """Leave a comment of somebody else."""
        with self._lock:
            return int(self._add(number, body, login)["id"])

    def answer(self, method: str, target: str, token: str, body: Any) -> tuple[int, Any, dict[str, str]]:
        """Answer one call: status, JSON, headers."""
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        with self._lock:
            self.calls.append((method, target))
            if token not in self.tokens:
                return 401, {"message": "Bad credentials"}, {}
            scopes = self.tokens[token]
            about = "contents" if path.endswith("/activity") else "pull-requests"
            held = {scopes.get(about, "none"), scopes.get("issues", "none")}
            if "/actions/" not in path and not held & ({"read", "write"} if method == "GET" else {"write"}):
                return 403, {"message": "Resource not accessible by integration"}, {}
            if method == "GET" and (told := self.ran.answer(target, scopes)) is not None:
                return self._located(told)
            if found := _LIST.fullmatch(path):
                return self._list(found, query) if method == "GET" else self._create(method, found, body)
            if found := _ONE.fullmatch(path):
                return self._one(method, int(found["id"]), body)
            return self._about_pulls(method, path, query, token, body)

    def _located(self, answer: tuple[int, Any, dict[str, str]]) -> tuple[int, Any, dict[str, str]]:
        """Say where a file lies: elsewhere, at an address that needs no token."""
        status, value, headers = answer
        return status, value, {name: f"{self.url}/blob/{text}" for name, text in headers.items()}

    def _about_pulls(
        self, method: str, path: str, query: dict[str, list[str]], token: str, body: Any
    ) -> tuple[int, Any, dict[str, str]]:
        if _PULLS.fullmatch(path) and method == "GET":
            wanted = {key: query.get(key, [""])[0] for key in ("state", "head", "base")}
            return 200, [pull for pull in [*self.pulls, *self.ran.pulls] if _matches(pull, wanted)], {}
        if (found := _PULLS.fullmatch(path)) and method == "POST":
            return self._open(found["repository"], token, body)
        if (found := _PULL.fullmatch(path)) and method == "PATCH":
            pull = self.pulls[int(found["number"]) - 1]
            pull.update({key: body[key] for key in ("title", "body", "state") if key in body})
            return 200, pull, {}
        if (found := _LABELS.fullmatch(path)) and method == "POST":
            labels = self.pulls[int(found["number"]) - 1]["labels"]
            labels += [{"name": name} for name in body["labels"] if {"name": name} not in labels]
            return 200, labels, {}
        return 404, {"message": "Not Found"}, {}

    def _open(self, repository: str, token: str, body: Any) -> tuple[int, Any, dict[str, str]]:
        """Open a pull request; of one branch into another there is at most one."""
        owner, number = repository.partition("/")[0], len(self.pulls) + 1
        same = {"state": "open", "head": f"{owner}:{body['head']}", "base": body["base"]}
        if any(_matches(pull, same) for pull in self.pulls):
            return 422, {"message": f"A pull request already exists for {same['head']}."}, {}
        pull = {
            "number": number,
            "state": "open",
            "title": body["title"],
            "body": body["body"],
            "head": {"ref": body["head"], "label": same["head"]},
            "base": {"ref": body["base"]},
            "labels": [],
            "user": {"login": self.accounts.get(token, "github-actions[bot]")},
            "html_url": f"https://github.com/{repository}/pull/{number}",
        }
        self.pulls.append(pull)
        return 201, pull, {}

    def _list(self, found: re.Match[str], query: dict[str, list[str]]) -> tuple[int, Any, dict[str, str]]:
        size, page = int(query.get("per_page", ["30"])[0]), int(query.get("page", ["1"])[0])
        size = min(max(size, 1), 100)
        mine = [comment for comment in self.comments if comment["number"] == int(found["number"])]
        rest = len(mine) > page * size
        following = f"{self.url}{found[0]}?per_page={size}&page={page + 1}"
        return 200, mine[(page - 1) * size : page * size], {"Link": f'<{following}>; rel="next"'} if rest else {}

    def _create(self, method: str, found: re.Match[str], body: Any) -> tuple[int, Any, dict[str, str]]:
        if method != "POST":
            return 404, {"message": "Not Found"}, {}
        if problem := _problem(body):
            return 422, problem, {}
        return 201, self._add(int(found["number"]), body["body"], "github-actions[bot]"), {}

    def _one(self, method: str, identity: int, body: Any) -> tuple[int, Any, dict[str, str]]:
        comment = next((comment for comment in self.comments if comment["id"] == identity), None)
        if comment is None or method not in ("GET", "PATCH"):
            return 404, {"message": "Not Found"}, {}
        if method == "PATCH":
            if problem := _problem(body):
                return 422, problem, {}
            comment["body"] = body["body"]
            comment["updates"] += 1
        return 200, comment, {}

    def _add(self, number: int, body: str, login: str) -> dict[str, Any]:
        identity = 1000 + len(self.comments)
        kind = "Bot" if login.endswith("[bot]") else "User"
        user = {"login": login, "type": kind}
        comment = {"id": identity, "number": number, "body": body, "user": user, "updates": 0}
        comment["html_url"] = f"https://github.com/shop/models/pull/{number}#issuecomment-{identity}"
        self.comments.append(comment)
        return comment


class _Handler(BaseHTTPRequestHandler):
    api: Api
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET  # noqa: N815 - the library's names

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing."""

    def _serve(self) -> None:
        if (blob := self.api.ran.blob(self.path, self.headers.get("Authorization"))) is not None:
            self._send(blob[0], blob[1], {"Content-Type": "application/zip"})
            return
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = (self.headers.get("Authorization") or "").split(" ", 1)[-1]
        try:
            status, value, headers = self.api.answer(self.command, self.path, token, json.loads(data or "null"))
        except ValueError:
            status, value, headers = 400, {"message": "Problems parsing JSON"}, {}
        self._send(status, json.dumps(value).encode(), {"Content-Type": "application/json", **headers})

    def _send(self, status: int, answer: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, text in {"Content-Length": str(len(answer)), **headers}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(answer)


def _matches(pull: dict[str, Any], wanted: dict[str, str]) -> bool:
    held = {"state": pull["state"], "head": pull["head"]["label"], "base": pull["base"]["ref"]}
    return all(value in ("", "all") or held[key] == value for key, value in wanted.items())


def _problem(body: Any) -> dict[str, str] | None:
    if not isinstance(body, dict) or not isinstance(body.get("body"), str) or not body["body"]:
        return {"message": "Validation Failed: body is missing"}
    if len(body["body"]) > LONGEST:
        return {"message": f"Validation Failed: body is too long (maximum is {LONGEST} characters)"}
    return None
