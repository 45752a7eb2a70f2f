"""An environment for each contestant, below .tools/learning, and the folder of the tables; each is made once."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

from benchmarks.automl.tables import ROOT, WHEELS

OURS = "our"
PLACE = ROOT / ".tools/learning"
CONTESTANTS = {
    OURS: (),
    "flaml": ("flaml[automl]==2.7.0", "scikit-learn<1.8"),
    "autogluon": ("autogluon.tabular[lightgbm,xgboost,catboost]==1.6.3", "torch==2.13.0"),
}
"""What pip installs of each; ours is what runs this."""


def environment(contestant: str) -> str:
    """Give the Python of a contestant, and make its environment where it is not there."""
    if contestant == OURS:
        return sys.executable
    folder = PLACE / contestant
    if not (folder / ".installed").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        _pip(folder / "bin/python", *CONTESTANTS[contestant])
        (folder / ".installed").touch()
    return str(folder / "bin/python")


def tables_folder(*, smoke: bool = False) -> Path:
    """Give the folder that packages of tables are installed to; a smoke run needs none of them."""
    folder = PLACE / "tables"
    if not smoke and not (folder / ".installed").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        _pip(Path(sys.executable), "--no-deps", "--target", str(folder), *WHEELS)
        (folder / ".installed").touch()
    return folder


def _pip(python: Path, *asked: str) -> None:
    subprocess.run([python, "-m", "pip", "install", "--quiet", *asked], check=True)
