"""What processes that train together find in their environment."""

from __future__ import annotations

import os
import sys


def environment() -> dict[str, str]:
    """Give this process's own; Gloo talks over the loopback device unless somebody says otherwise: all are here.

    Example:
        >>> "GLOO_SOCKET_IFNAME" in environment()
        True
    """
    return {"GLOO_SOCKET_IFNAME": "lo0" if sys.platform == "darwin" else "lo", **os.environ}
