"""A change of the framework: a checkout that holds another version of it, installed in an environment of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import mlops
from tests.builders.repositories import edit
from tests.conftest import ROOT

SPLITS = "mlops/ml/data/splits.py"
_SETUP = """\
setup:
\t@rm -rf .venv && {python} -m venv --without-pip .venv
\t@printf '%s\\n' $(CURDIR) {packages} > .venv/{place}/here.pth
\t@printf '%s\\n' '#!/bin/sh' 'unset PYTHONPATH' 'exec $(CURDIR)/.venv/bin/python -P -m mlops "$$@"' > .venv/bin/mlops
\t@chmod +x .venv/bin/mlops && ln -s {tools}/dvc .venv/bin/dvc
"""


def bring_the_program(root: Path) -> None:
    """Let a repository hold the program itself, as it is here, and install it from there; nothing is committed."""
    shutil.copytree(Path(mlops.__file__).parent, root / "mlops", ignore=shutil.ignore_patterns("__pycache__"))
    packages = " ".join(path for path in sys.path if path.endswith("site-packages"))
    place = Path(sysconfig.get_path("purelib")).relative_to(sys.prefix)
    tools = next(path for path in (ROOT / ".venv/bin", Path(sys.prefix) / "bin") if (path / "dvc").exists())
    setup = _SETUP.format(python=sys.executable, packages=packages, place=place, tools=tools)
    (root / "Makefile").write_text(setup)


@dataclass(frozen=True)
class OtherFramework:
    """A checkout whose `mlops/` is what its own environment has installed."""

    root: Path

    @classmethod
    def install(cls, root: Path) -> OtherFramework:
        """Install the program that a checkout brings."""
        subprocess.run(["make", "setup"], cwd=root, check=True, capture_output=True)
        return cls(root)

    def divides_otherwise(self) -> None:
        """Let it put other rows into train, validation and test."""
        edit(self.root, SPLITS, r"rows\x1f", r"rows again\x1f")

    def mlops(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Type a verb of that version in its checkout."""
        environment = {**os.environ, "MLFLOW_TRACKING_URI": "", "PYTHONSAFEPATH": "1"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # each stage would compile it all anew
        command = [str(self.root / ".venv/bin/mlops"), *words]
        return subprocess.run(command, cwd=self.root, env=environment, check=False, capture_output=True, text=True)
