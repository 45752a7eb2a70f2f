"""`requirements.txt`: the libraries that answers come from, as they were when the golden rows were scored.

Names and versions alone: neither a platform nor an address, so that the same content has the same digest everywhere.
"""

from __future__ import annotations

from importlib.metadata import version

NAME = "requirements.txt"
LIBRARIES = ("numpy", "onnxruntime", "pydantic", "starlette", "uvicorn")
"""What serving imports."""


def requirements() -> str:
    """Spell `requirements.txt`, a `name==version` a line."""
    return "".join(f"{name}=={version(name)}\n" for name in LIBRARIES)
