"""What is raised of a request that cannot be answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops.bundle.refusal import BODY
from mlops.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops.bundle.refusal import Refusals
    from mlops.bundle.schema import Problem


class BadRequest(DataError):
    """A body that cannot be answered, with what is wrong in which row, and how many rows count as refused for what."""

    def __init__(
        self, message: str, problems: Sequence[Problem] = (), refused: Refusals = BODY, status: int = 400
    ) -> None:
        super().__init__(message)
        self.status = status
        self.problems = tuple(problems)
        self.refused = refused
