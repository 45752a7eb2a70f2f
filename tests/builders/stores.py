"""An MLflow store in an SQLite file that is ready to use: its migrations, which take seconds, run once in a process."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from mlops.release.tracking import connection


def make_store(path: Path) -> str:
    """Put a store without experiments of ours at `path`, as MLflow itself would make it there; give its URI."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_migrated())
    return f"sqlite:///{path}"


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mlflow.db"
        with connection(f"sqlite:///{path}") as client:
            client.search_experiments()
        return path.read_bytes()
