"""`/explain`: the rows of a request, and a share of the score for each column; asked like `/invocations`.

It takes longer than a score, so that one request is worked on at a time, beside those that are scored, and a few wait.
What is explained was asked for by somebody who has the answer: it stands in no prediction log.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from anyio import CapacityLimiter, to_thread

from mlops.serve.answer import Answer
from mlops.serve.answering import Refused, called, error
from mlops.serve.bad_request import BadRequest
from mlops.serve.endpoint import Endpoint, charset_of
from mlops.serve.invocations import asked
from mlops.serve.scoring import checked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from starlette.types import Receive, Scope, Send

    from mlops.bundle.attribution import Explainer
    from mlops.bundle.predictor import Predictor
    from mlops.serve.answering import Answering

_WAITING = 8  # requests beside the one that is worked on
_NUMBERS = 5_000_000  # shares of the features of one request's rows, which are in memory together
_ABSENT = "the bundle holds nothing that scores are explained by: `serve: {explain: true}` makes one that does"


class Explaining(Endpoint):
    """Explains rows of one bundle; without an explainer it says what would make one."""

    def __init__(self, answering: Answering, explainer: Explainer | None) -> None:
        super().__init__(answering)
        self._explainer = explainer
        self._one, self._asked = CapacityLimiter(1), 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, which is counted beside those of `/invocations`."""
        headers, said, gone = dict(scope["headers"]), Answer(), False
        said.request = called(headers)
        try:
            charset = self._charset(headers)
            body = await self._body(headers, receive)
            if body is None:
                gone = True
                return
            self._room()  # bodies come slowly, and others were as many meanwhile
            self._asked += 1
            try:
                await to_thread.run_sync(self._explain, said, body, charset, limiter=self._one)
            finally:
                self._asked -= 1
        except Refused as refusal:
            self._answering.refuse(said, refusal)
        except BadRequest as bad:
            said.status, said.content = bad.status, error(bad.status, bad.message, bad.problems)
        finally:
            if not gone:
                self._answering.metrics.explained(said.status, said.scored, time.perf_counter() - said.begun)
        told = self._answering.headers(said)
        await send({"type": "http.response.start", "status": said.status, "headers": told})
        await send({"type": "http.response.body", "body": said.content})

    def _charset(self, headers: dict[bytes, bytes]) -> str | None:
        if self._explainer is None:
            raise Refused(501, _ABSENT)
        self._room()
        return charset_of(headers.get(b"content-type", b""))

    def _room(self) -> None:
        if self._asked > _WAITING:
            raise Refused(503, "others wait for explanations already: come back in a moment")

    def _explain(self, said: Answer, body: bytes, charset: str | None) -> None:
        """Explain all rows of a body, or none; raises BadRequest."""
        assert self._explainer is not None  # noqa: S101 - `_charset` refused it
        predictor = self._answering.predictor
        shares = len(predictor.transform.recipe.kept()) * max(1, len(predictor.classes or ()))  # of a row
        most = min(self._explainer.most, self._answering.limits.rows, max(1, _NUMBERS // max(1, shares)))
        x, scores = checked(predictor, asked(predictor, body, most, charset).rows)
        said.content = json.dumps(_spelt(self._explainer, predictor, x, scores), separators=(",", ":")).encode("ascii")
        said.status, said.scored = 200, len(x)


def _spelt(
    explainer: Explainer, predictor: Predictor, x: NDArray[np.float32], scores: NDArray[np.floating[Any]]
) -> dict[str, Any]:
    """Spell what the scores of rows [n, ...] are made up of."""
    found, classes, listed = explainer.explain(x, scores), predictor.classes, []
    for row in range(len(x)):
        values = dict(zip(explainer.columns, found.values[row].tolist(), strict=True))
        named = {} if classes is None else {"class": classes[1 if found.picked is None else found.picked[row]]}
        listed.append({**named, "base": float(found.base[row]), "output": float(found.output[row]), "columns": values})
    return {
        "predictions": scores.tolist(),
        "explanations": listed,
        "method": explainer.method,
        "unit": explainer.unit,
    }
