"""An MLflow store in an SQLite file that is ready to use: its migrations, which take seconds, run once in a run."""

from __future__ import annotations

import shutil
from pathlib import Path

from mlops.release.tracking import connection
from tests.builders.once import once


def make_store(path: Path) -> str:
    """Put a store without experiments of ours at `path`, as MLflow itself would make it there; give its URI."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(once("store", _migrate) / "mlflow.db", path)
    return f"sqlite:///{path}"


def _migrate(folder: Path) -> None:
    with connection(f"sqlite:///{folder}/mlflow.db") as client:
        client.search_experiments()
