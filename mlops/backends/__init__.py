"""Back ends: a file each, pure functions from a plan to texts by path; no list repeats them."""

from __future__ import annotations

from mlops.backends.backend import Backends

BACKENDS = Backends("backends")
