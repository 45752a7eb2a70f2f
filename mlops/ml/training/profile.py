"""What training spends its time on: seconds by phase, of which one inside another counts for itself alone."""

from __future__ import annotations

import time
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


class Profile:
    """Adds up the seconds of phases, by whom they are of; it looks at a clock, and nothing that is learnt goes by it.

    Example:
        >>> clock = iter([0.0, 2.0, 5.0, 6.0])
        >>> profile = Profile(lambda: next(clock))
        >>> with profile.phase("boosting", of="trees"), profile.phase("validation"):
        ...     pass
        >>> profile.of("trees")
        {'boosting': 3.0, 'validation': 3.0}
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._seconds: dict[tuple[str, str], float] = {}
        self._clock, self._open, self._since = clock, list[tuple[str, str]](), 0.0

    @property
    def names(self) -> list[str]:
        """List whom phases are of; those of nobody are of ``""``."""
        return list(dict.fromkeys(name for name, _ in self._seconds))

    def of(self, name: str) -> dict[str, float]:
        """Give the seconds of somebody's phases."""
        return {phase: seconds for (who, phase), seconds in self._seconds.items() if who == name}

    @contextmanager
    def phase(self, name: str, of: str | None = None) -> Iterator[None]:
        """Count the block as `name`, and no longer as what it lies in; of whom that is, unless it is said."""
        with self.unwound():
            self.begin(name, of)
            yield

    @contextmanager
    def unwound(self) -> Iterator[None]:
        """End with the block what was begun in it: an error in a training step leaves the phase of the step open."""
        depth = len(self._open)
        try:
            yield
        finally:
            self._count()
            del self._open[depth:]

    def begin(self, name: str, of: str | None = None) -> None:
        """Count what follows as `name`."""
        self._count()
        who = of if of is not None else self._open[-1][0] if self._open else ""
        self._open.append((who, name))
        self._seconds.setdefault((who, name), 0.0)

    def end(self) -> None:
        """Count what follows as what the phase lies in."""
        self._count()
        self._open.pop()

    def told(self, seconds: dict[str, float]) -> None:
        """Take what another process measured meanwhile out of the phase that waits for it."""
        waiting = self._open[-1]
        self._count()
        for name, each in seconds.items():
            self._seconds[waiting[0], name] = self._seconds.get((waiting[0], name), 0.0) + each
            self._seconds[waiting] -= each

    def _count(self) -> None:
        now = self._clock()
        if self._open:
            self._seconds[self._open[-1]] += now - self._since
        self._since = now


def phase(profile: Profile | None, name: str, of: str | None = None) -> AbstractContextManager[None]:
    """Count a block where somebody counts.

    Example:
        >>> with phase(None, "validation"):
        ...     pass
    """
    return nullcontext() if profile is None else profile.phase(name, of)


def unwound(profile: Profile | None) -> AbstractContextManager[None]:
    """End with a block what was begun in it, where somebody counts.

    Example:
        >>> profile = Profile()
        >>> with unwound(profile):
        ...     profile.begin("forward and backward")  # and an error comes between
        >>> profile.names
        ['']
    """
    return nullcontext() if profile is None else profile.unwound()
