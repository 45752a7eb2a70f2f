"""The port that whoever runs a container tells it to listen on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops.errors import ConfigurationError
from mlops.serve.dialects import vertex

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES = (vertex.PORT, "PORT")
"""Vertex AI's, and that of Cloud Run, Knative and Heroku; the first that is there counts."""


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
