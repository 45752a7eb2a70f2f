"""Work without the collector of cyclic garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Leave cyclic garbage be for a while: what is read or imported stays, and looking it through takes time.

    >>> with uncollected():
    ...     gc.isenabled()
    False
    """
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def end_uncollected() -> None:
    """Let this process, which is about to end, end without looking through all that it imported.

    Python would do so several times on its way out, which takes a second where MLflow or torch was imported, and frees
    what the system takes back anyway.
    """
    gc.freeze()
