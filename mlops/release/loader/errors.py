# Made of mlops.errors by `make golden`: do not edit.
"""Every error a user can meet, and the exit code that goes with it.

    MlopsError
    ├── GateFailed            2   a gate said no
    ├── StaleError            3   something moved since it was looked at
    ├── ConfigurationError    4   the YAML is wrong; carries its diagnostics
    ├── DataError             4   the data breaks its contract
    ├── IntegrityError        5   bytes are not what a digest or signature says
    ├── InfrastructureError   6   the world did not answer; retrying may help
    └── Inconclusive          7   the evidence decides neither way

They print as a message and a hint, never as a traceback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence



class MlopsError(Exception):
    """A problem worth a sentence to the user; `hint` says what to type."""

    exit_code: int = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class GateFailed(MlopsError):
    """A gate judged the candidate and said no."""

    exit_code = 2


class StaleError(MlopsError):
    """A committed file no longer follows from what it was made of."""

    exit_code = 3


class ConfigurationError(MlopsError):
    """What a user wrote in YAML is wrong; every problem is in `diagnostics`."""

    exit_code = 4

    def __init__(self, message: str, *, hint: str = "", diagnostics: Sequence[Diagnostic] = ()) -> None:
        super().__init__(message, hint=hint)
        self.diagnostics = tuple(diagnostics)


class DataError(MlopsError):
    """The data breaks the contract written for it."""

    exit_code = 4


class IntegrityError(MlopsError):
    """Bytes differ from what their digest promises."""

    exit_code = 5


class InfrastructureError(MlopsError):
    """Something outside did not answer or is absent; trying again may help."""

    exit_code = 6


class Inconclusive(MlopsError):
    """The evidence is too thin to say yes or no."""

    exit_code = 7
