"""What a client calls the rows that it sends: the one key of MLflow's `params` that is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops.bundle.schema import LONGEST
from mlops.serve.bad_request import BadRequest

if TYPE_CHECKING:
    from mlops.bundle.prediction_log import Clients

CLIENT_ID = "client_id"


def read(params: Any, rows: int) -> Clients:
    """Read what the client calls its rows: it is kept as it is sent, so that it must be a text, and not a long one."""
    if not isinstance(params, dict) or set(params) != {CLIENT_ID}:
        raise BadRequest(f"params may hold `{CLIENT_ID}` and nothing else")
    given = params[CLIENT_ID]
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list) or len(listed) != rows:
        raise BadRequest(f"params.{CLIENT_ID} must be a list with a text or null for each of {rows:,} rows")
    for number, text in enumerate(listed):
        if text is not None and not (isinstance(text, str) and 0 < len(text) <= LONGEST and text.isprintable()):
            raise BadRequest(
                f"params.{CLIENT_ID} of row {number} must be a text of 1 to {LONGEST} printable characters"
            )
    return listed
