"""AWS Lambda's Runtime API, from the side of a function: events are asked for, one by one, and answered.

An event of API Gateway (payload format 2.0) or of a function's URL is a request of any of the server's pages; any other
event is a body of /invocations. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any, NamedTuple

from mlops.errors import ConfigurationError, InfrastructureError
from mlops.serve.dialects.environment import LAMBDA

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import ASGIApp, Message

    from mlops.serve.events import Events

_ROOT = "/2018-06-01/runtime"
_ALONE = f"{LAMBDA} is set by Lambda alone: unset it to serve over HTTP"
_MOST = 6 << 20  # bytes of an answer that Lambda passes on


class BadInvocation(Exception):
    """An event that is refused; the text is the document that the server answers over HTTP."""


class BrokenInvocation(Exception):
    """An event that the server made a mistake of."""


class _Asked(NamedTuple):
    """A request, as far as the application needs to know."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class _Said(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Function:
    """Answers events by an application; `events` are written before each answer: Lambda halts a process after it."""

    def __init__(self, app: ASGIApp, events: Events | None = None) -> None:
        self._app, self._events = app, events
        self._runner = asyncio.Runner()

    def __call__(self, raw: bytes) -> bytes:
        """Answer one event.

        Raises:
            BadInvocation: the event is no request, or an invocation's rows are refused.
            BrokenInvocation: the answer is a mistake of the server's own.
        """
        try:
            event = json.loads(raw)
        except (ValueError, RecursionError):
            event = None  # the application says what is wrong with it
        http = _http(event)
        said = self._runner.run(self._ask(http or _direct(raw)))
        if self._events is not None:
            self._events.flush()
        if http is None:
            return _plain(said)
        return _within(_gateway(said), lambda: _gateway(_too_large()))

    def handler(self, event: Any, _: object = None) -> Any:
        """Answer an event that another runtime client has read, such as AWS's own, `awslambdaric`."""
        return json.loads(self(json.dumps(event).encode("utf-8")))

    def close(self) -> None:
        """Write the last events, and answer no more."""
        if self._events is not None:
            self._events.close()
        self._runner.close()

    async def _ask(self, asked: _Asked) -> _Said:
        headers = {name.lower(): text for name, text in asked.headers.items()}
        headers["content-length"] = str(len(asked.body))
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": asked.method,
            "scheme": "https",
            "path": asked.path,
            "raw_path": asked.path.encode("utf-8"),
            "query_string": asked.query.encode("utf-8"),
            "root_path": "",
            "headers": [(_spelt(name), _spelt(text)) for name, text in headers.items()],
            "client": None,
            "server": None,
        }
        given, status, named, chunks = False, 500, list[tuple[bytes, bytes]](), list[bytes]()

        async def receive() -> Message:
            nonlocal given
            if given:
                return {"type": "http.disconnect"}
            given = True
            return {"type": "http.request", "body": asked.body, "more_body": False}

        async def send(message: Message) -> None:
            nonlocal status, named
            if message["type"] == "http.response.start":
                status, named = message["status"], list(message["headers"])
            else:
                chunks.append(message.get("body", b""))

        try:
            await self._app(scope, receive, send)
        except Exception:  # Starlette has answered 500 by now, and raises for whoever runs it to print
            import traceback

            traceback.print_exc()
        spelt = {name.decode("latin-1"): text.decode("latin-1") for name, text in named}
        spelt.pop("content-length", None)
        return _Said(status, spelt, b"".join(chunks))


def serve(make: Callable[[], Function], api: str) -> None:
    """Load the function, and answer whatever the API at `api`, `host:port`, has, until this process is ended.

    What keeps the function from starting is told to the API before it is raised.

    Raises:
        InfrastructureError: the API does not answer, or not as it should.
    """
    with closing(_Client(api)) as client:
        try:
            function = make()
        except Exception as error:
            client.post("/init/error", *_error(error))
            raise
        with closing(function):
            while True:
                _answer(client, function)


def _answer(client: _Client, function: Function) -> None:
    """Answer the next event; what goes wrong with it is told, and the function goes on with another."""
    name, raw = client.next()
    headers: dict[str, str] = {}
    try:
        path, body = "response", function(raw)
    except Exception as error:  # whatever it is, whoever invoked the function is told
        path, (body, headers) = "error", _error(error)
    client.post(f"/invocation/{name}/{path}", body, headers)


class _Client:
    """Speaks to the API over one connection; it is made again where the API closes it."""

    def __init__(self, api: str) -> None:
        self._api = api
        try:
            self._connection = HTTPConnection(api)
        except HTTPException:
            raise ConfigurationError(f"{LAMBDA} is no HOST:PORT: {api[:80]!r}", hint=_ALONE) from None

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def next(self) -> tuple[str, bytes]:
        """Wait for an event, which has a name."""
        response, body = self._ask("GET", "/invocation/next", None, {})
        name = response.getheader("Lambda-Runtime-Aws-Request-Id")
        if response.status != 200 or not name:
            raise InfrastructureError(f"Lambda's Runtime API at {self._api} gives no event: {response.status}")
        return name, body

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Tell the API something; it takes what it asked for."""
        response, told = self._ask("POST", path, body, {"Content-Type": "application/json", **headers})
        if response.status >= 300:
            said = told.decode("utf-8", "replace")[:200]
            raise InfrastructureError(f"Lambda's Runtime API refuses {path}: {response.status} {said}".rstrip())

    def _ask(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[HTTPResponse, bytes]:
        try:
            self._connection.request(method, _ROOT + path, body, dict(headers))
            response = self._connection.getresponse()
            return response, response.read()
        except (OSError, HTTPException) as error:
            self._connection.close()
            raise InfrastructureError(
                f"Lambda's Runtime API at {self._api} does not answer: {error}",
                hint=_ALONE,
            ) from error


def _error(error: Exception) -> tuple[bytes, dict[str, str]]:
    """Spell an error as Lambda shows it to whoever invoked the function."""
    kind = type(error).__name__
    said = {"errorMessage": str(error), "errorType": kind, "stackTrace": []}
    return json.dumps(said).encode("ascii"), {"Lambda-Runtime-Function-Error-Type": f"Runtime.{kind}"}


def _http(event: Any) -> _Asked | None:
    """Read a request out of an event; None where it is a body."""
    if not isinstance(event, dict) or "requestContext" not in event:
        return None
    if "httpMethod" in event:
        raise BadInvocation("an event of payload format 1.0: let API Gateway send format 2.0 (an HTTP API)")
    context = event["requestContext"]
    try:
        http, stage = context["http"], str(context.get("stage", "$default"))
        method, path, query = str(http["method"]), str(event["rawPath"]), str(event.get("rawQueryString", ""))
        headers = {str(name): str(text) for name, text in (event.get("headers") or {}).items()}
        text = event.get("body") or ""
        body = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode("utf-8")
    except UnicodeEncodeError:  # which would repeat the body
        raise BadInvocation("an event of API Gateway whose body holds half of a character") from None
    except (KeyError, TypeError, AttributeError, ValueError, binascii.Error) as error:
        raise BadInvocation(f"an event of API Gateway that is not of payload format 2.0: {error!r}") from error
    if stage != "$default" and path.startswith(f"/{stage}/"):
        path = path.removeprefix(f"/{stage}")
    return _Asked(method, path, query, headers, body)


def _direct(raw: bytes) -> _Asked:
    return _Asked("POST", "/invocations", "", {"content-type": "application/json"}, raw)


def _plain(said: _Said) -> bytes:
    """Give the answer to whoever invoked the function by itself; what is refused is an error of the function."""
    said = said if len(said.body) <= _MOST else _too_large()
    text = said.body.decode("utf-8")
    if said.status >= 500:
        raise BrokenInvocation(text)
    if said.status >= 400:
        raise BadInvocation(text)
    return said.body


def _gateway(said: _Said) -> bytes:
    answer = {"statusCode": said.status, "headers": said.headers, "body": said.body.decode("utf-8")}
    return json.dumps({**answer, "isBase64Encoded": False}).encode("ascii")


def _within(answer: bytes, other: Callable[[], bytes]) -> bytes:
    return answer if len(answer) <= _MOST else other()


def _too_large() -> _Said:
    from mlops.serve.answering import error

    told = error(413, f"the answer is larger than {_MOST:,} bytes, which Lambda does not pass on: send fewer rows")
    return _Said(413, {"content-type": "application/json"}, told)


def _spelt(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def possible(options: Mapping[str, Any]) -> None:
    """Refuse what a function has no place for; `options` as of `mlops.serve.server.serve`.

    Raises:
        ConfigurationError: a log, a token, a place to follow, a collector, several workers.
    """
    told = {
        "log": ("--log", "a function has no folder that is kept: --log-format ecs prints each answer"),
        "token_from": ("--token-from", "AWS says who may invoke a function: leave --token-from away"),
        "make": ("--follow", "a function has one bundle: another is another image, and its Digest"),
        "metrics": ("`metrics`", "Lambda halts a function between events: let CloudWatch count them"),
    }
    for key, (typed, hint) in told.items():
        if options.get(key) is not None:
            raise ConfigurationError(f"{typed} means nothing in a function of Lambda", hint=hint)
    if int(options.get("workers", 1)) > 1:
        raise ConfigurationError(
            "--workers means nothing in a function of Lambda", hint="Lambda starts one for each request at once"
        )
