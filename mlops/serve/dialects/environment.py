"""What whoever runs a container tells it by the environment: the port to listen on, and what else it cannot say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mlops.errors import ConfigurationError
from mlops.serve.dialects import vertex

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NAMES = (vertex.PORT, "SAGEMAKER_BIND_TO_PORT", "PORT")
"""Vertex AI's, SageMaker's, and that of Cloud Run, Knative and Heroku; the first that is there counts."""
LAMBDA = "AWS_LAMBDA_RUNTIME_API"
"""Host and port of the API that a function of AWS Lambda asks for its events; it listens on no port."""
TOLD = "MLOPS_SERVE"
"""What `mlops serve` is told where SageMaker starts it, which says `serve` and nothing else: a list, as JSON."""


def port_of(environment: Mapping[str, str]) -> int | None:
    """Read the port; None where nobody says. Raises ConfigurationError where it is none.

    >>> port_of({"PORT": "9000"})
    9000
    """
    for name in NAMES:
        text = environment.get(name, "")
        if text:
            if not text.isdecimal() or not 1 <= int(text) <= 65535:
                raise ConfigurationError(
                    f"the environment variable {name} is no port: {text[:80]!r}", hint=f"{name}=8080"
                )
            return int(text)
    return None


def arguments_of(typed: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """Give what `mlops serve` is told: what was typed, or, where that is `serve` alone, what the environment says.

    Raises:
        ConfigurationError: the variable is no list of texts.

    >>> arguments_of(["serve"], {"MLOPS_SERVE": '["/opt/ml/model", "--behind", "proxy"]'})
    ['/opt/ml/model', '--behind', 'proxy']
    """
    said = environment.get(TOLD, "")
    if list(typed) != ["serve"] or not said:
        return list(typed)
    try:
        told = json.loads(said)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, list) or not told or not all(isinstance(each, str) for each in told):
        raise ConfigurationError(
            f"the environment variable {TOLD} is no list of texts: {said[:80]!r}", hint=f"{TOLD}='[\"/opt/ml/model\"]'"
        )
    return told
