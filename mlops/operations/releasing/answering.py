"""What the servers of an environment say that they serve, asked of themselves."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from dataclasses import dataclass

from mlops.configuration.project import Project
from mlops.errors import MlopsError
from mlops.operations.https import send
from mlops.operations.live.releases import Released
from mlops.serve.access import read_token

_SECONDS = 5.0  # a server that has its bundle in memory answers in milliseconds
_MOST = 1 << 16
_LONGEST = 300  # characters of what is told of an error


@dataclass(frozen=True)
class Answer:
    """What a server said: `agrees`, `differs: …`, `no answer: …`; empty where no address is written."""

    told: str = ""

    @property
    def differs(self) -> bool:
        """Whether something else is served than what is to be."""
        return self.told.startswith("differs")

    @property
    def missing(self) -> bool:
        """Whether nobody answered."""
        return self.told.startswith("no answer")


def ask(project: Project, item: Released) -> Answer:
    """Ask `/version` of whoever serves a release; never raises for what a server does."""
    endpoint = project.environments[item.environment].endpoint
    if endpoint is None:
        return Answer()
    try:
        told = _version(f"{endpoint.of(item.name)}/version", endpoint.token_from)
    except (OSError, http.client.HTTPException, ValueError, RecursionError, MlopsError) as error:
        return Answer(f"no answer: {_printable(_why(error))}")
    pipeline, bundle = (told.get(key) if isinstance(told, dict) else None for key in ("pipeline", "bundle"))
    if not (isinstance(bundle, str) and isinstance(pipeline, str) and f"{bundle}{pipeline}".isprintable()):
        return Answer("no answer: who answers is no server of ours")
    if pipeline != item.name:
        return Answer(f"differs: it serves {pipeline[:64]}")
    return Answer("agrees" if bundle == item.release.bundle else f"differs: it serves {bundle[:19]}")


def _version(place: str, reference: str | None) -> object:
    headers = {} if reference is None else {"Authorization": f"Bearer {read_token(reference)}"}
    request = urllib.request.Request(place, headers=headers)  # noqa: S310 - the address was held to http and https
    with send(request, _SECONDS) as answer:
        return json.loads(answer.read(_MOST))


def _why(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"{error.code} {error.reason}"
    if isinstance(error, MlopsError):
        return error.message
    if isinstance(error, ValueError | RecursionError):
        return "it is no JSON"
    reason = getattr(error, "reason", error)
    return str(getattr(reason, "strerror", None) or reason or type(error).__name__).lower()


def _printable(text: str) -> str:
    """Cut a text in which a server may have a say, and take out what a terminal would act upon."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:_LONGEST])
