"""A change of the framework: a checkout that holds another version of it, installed in an environment of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import mlops
from tests.builders.repositories import edit

SPLITS = "mlops/ml/data/splits.py"


def bring_the_program(root: Path) -> None:
    """Let a repository hold the program itself, as it is here; nothing is committed."""
    shutil.copytree(Path(mlops.__file__).parent, root / "mlops", ignore=shutil.ignore_patterns("__pycache__"))


@dataclass(frozen=True)
class OtherFramework:
    """A checkout whose `mlops/` is what its own environment has installed."""

    root: Path

    @classmethod
    def install(cls, root: Path) -> OtherFramework:
        """Give a checkout that brings the program an environment that takes it from there."""
        place = root / ".venv"
        venv.create(place, symlinks=True)
        packages = place / Path(sysconfig.get_path("purelib")).relative_to(sys.prefix)
        known = [path for path in sys.path if path.endswith("site-packages")]
        (packages / "here.pth").write_text("\n".join([str(root), *known]) + "\n")
        program = place / "bin/mlops"
        program.write_text(f"#!{place}/bin/python -P\nimport sys\nfrom mlops.__main__ import main\nsys.exit(main())\n")
        program.chmod(0o755)
        return cls(root)

    def divides_otherwise(self) -> None:
        """Let it put other rows into train, validation and test."""
        edit(self.root, SPLITS, r"rows\x1f", r"rows again\x1f")

    def mlops(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Type a verb of that version in its checkout."""
        environment = {**os.environ, "MLFLOW_TRACKING_URI": "", "PYTHONSAFEPATH": "1"}
        for name in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE"):  # the latter: each stage would compile it all anew
            environment.pop(name, None)
        command = [str(self.root / ".venv/bin/mlops"), *words]
        return subprocess.run(command, cwd=self.root, env=environment, check=False, capture_output=True, text=True)
