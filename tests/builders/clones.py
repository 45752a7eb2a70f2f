"""Clones of this working tree, as a newcomer gets them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.builders.repositories import git

BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Clone:
    root: Path

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        plain = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
        values = {**plain, "PATH": f"{BIN}:{os.environ['PATH']}", **environment}
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False, env=values)

    def mlops(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("mlops", *arguments)

    def status(self) -> str:
        return git(self.root, "status", "--porcelain")


def clone(repository: Path, folder: Path) -> Clone:
    """Copy what Git would hand out of the working tree, as one commit, with this environment for a fresh one."""
    listed = git(repository, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in filter(None, listed):
        if (repository / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(repository / name, folder / name)
    (folder / ".venv").symlink_to(BIN.parent)
    git(folder, "init", "-q")
    (folder / ".git" / "info" / "exclude").write_text("/.venv\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "clone")
    return Clone(folder)
