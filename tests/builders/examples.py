"""An example of `examples/` as somebody has it who copies it into a repository of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.builders.clones import BIN, Clone
from tests.builders.repositories import commit, git


def copied(example: Path, folder: Path) -> Clone:
    """Copy an example into a new repository in `folder`, compiled and committed."""
    shutil.copytree(example, folder, dirs_exist_ok=True)
    git(folder, "init", "-q")
    (folder / ".dvc").mkdir()
    (folder / ".dvc/config").write_text("[core]\n    analytics = false\n")
    (folder / ".gitignore").write_text(".mlops/\n/.venv\n")
    (folder / ".venv").symlink_to(BIN.parent)
    made = Clone(folder)
    assert (done := made.mlops("compile")).returncode == 0, done.stderr
    commit(folder, "Begin")
    return made
