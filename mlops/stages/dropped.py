"""Candidates that failed while others did not: each with the error that put it out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mlops.errors import ConfigurationError, MlopsError


class Dropped:
    """What failed so far, by the name of the candidate; `say` tells of it at once. One candidate alone just fails."""

    def __init__(self, candidates: int, say: Callable[[str], None]) -> None:
        self._errors: dict[str, MlopsError] = {}
        self._alone = candidates == 1
        self._say = say

    def __contains__(self, name: str) -> bool:
        return name in self._errors

    @property
    def sentences(self) -> dict[str, str]:
        """Say of each why, in a line."""
        return {name: error.message.partition("\n")[0] for name, error in self._errors.items()}

    @contextmanager
    def where_it_fails(self, name: str, *errors: type[MlopsError]) -> Iterator[None]:
        """Keep an error of these kinds instead of raising it."""
        try:
            yield
        except errors as error:
            if self._alone:
                raise
            self._errors[name] = error
            self._say(f"{name} is left out: {self.sentences[name]}")

    def none_left(self) -> ConfigurationError:
        """Make the error that names every candidate and why it failed."""
        listed = "".join(f"\n  {name}: {why}" for name, why in self.sentences.items())
        hint = next(iter(self._errors.values())).hint
        return ConfigurationError(f"every candidate failed{listed}", hint=hint)
