"""Every seed of a training run, derived from the pipeline's own."""

from __future__ import annotations

import hashlib


def derive(seed: int, *names: str | int) -> int:
    """Give `names` a seed of their own, from 0 to 2**31 - 1."""
    text = "/".join(map(str, (seed, *names)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1
