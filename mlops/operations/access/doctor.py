"""Doctor: is everything here that is needed?"""

from __future__ import annotations

import configparser
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from mlops.configuration.load import load_project
from mlops.configuration.reading.library import Configuration
from mlops.errors import InfrastructureError
from mlops.extras import DISTRIBUTION, extra_of
from mlops.files.sqlite_store import absolute
from mlops.operations.access.check import Check
from mlops.operations.access.installation import installation, places
from mlops.operations.git import git

# The oldest release without a known hole that this project's use of the library would reach.
FLOORS = {"pytorch-lightning": "2.6.6", "hydra-core": "1.3.8", "mlflow": "3.17.2", "dvc": "3.67", "torch": "2.6"}


def examine(root: Path) -> tuple[Check, ...]:
    """Look at everything a run needs; nothing is changed and nothing outside is called."""
    return (
        *_python(),
        *_versions(),
        *_programs(),
        *installation(root),
        *_repository(root),
        *_remote(root),
        *_tracking(root),
        *places(root),
    )


def _python() -> Iterator[Check]:
    shown = platform.python_version()
    good = sys.version_info >= (3, 11)
    yield Check("python", "pass" if good else "fail", shown, "install Python 3.11 or newer")


def _versions() -> Iterator[Check]:
    for name, floor in FLOORS.items():
        try:
            found = version(name)
        except PackageNotFoundError:
            extra = extra_of(name)
            brought = f'pip install "{DISTRIBUTION}{f"[{extra}]" if extra else ""}"'
            yield Check(name, "fail", "is not installed", brought)
            continue
        good = _numbers(found) >= _numbers(floor)
        yield Check(
            name,
            "pass" if good else "fail",
            found if good else f"{found} is older than {floor}",
            f"pip install '{name}>={floor}'",
        )


def _programs() -> Iterator[Check]:
    for name in ("git", "dvc"):
        found = shutil.which(name, path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
        yield Check(
            f"{name} command",
            "pass" if found else "fail",
            "found" if found else "is not on the PATH",
            f"install {name}",
        )


def _repository(root: Path) -> Iterator[Check]:
    yield _git(root)
    there = (root / ".dvc").exists()
    yield Check(".dvc", "pass" if there else "fail", "found" if there else "is missing", "dvc init")


def _git(root: Path) -> Check:
    """Ask Git, not the folder: a repository of somebody else's is there, and Git refuses it."""
    if not (root / ".git").exists():
        return Check(".git", "fail", "is missing", "git init")
    try:
        done = git(root, "rev-parse", "--git-dir")
    except InfrastructureError as error:
        return Check(".git", "fail", error.message, error.hint or "")
    if done.returncode:
        return Check(".git", "fail", "is no repository of Git's", "move it away, then git init")
    return Check(".git", "pass", "found")


def _remote(root: Path) -> Iterator[Check]:
    """Without a remote only this machine has the data; without `verify` a poisoned object passes for the real one."""
    parser = configparser.ConfigParser()
    try:
        parser.read([root / ".dvc" / "config", root / ".dvc" / "config.local"])
    except configparser.Error:
        yield Check(
            "dvc remote", "fail", ".dvc/config cannot be read", "take it back from Git: git checkout -- .dvc/config"
        )
        return
    remotes = [section for section in parser.sections() if "remote " in section]
    if not remotes:
        hint = "dvc remote add -d storage URL && dvc remote modify storage verify true"
        yield Check("dvc remote", "inconclusive", "there is none: artefacts stay on this machine", hint)
    for section in remotes:
        name = section.strip("'\"").removeprefix("remote ").strip('"')
        good = parser.get(section, "verify", fallback="false").strip().lower() == "true"
        message = "objects are verified" if good else "objects are taken without a check of their digest"
        yield Check(f"dvc remote {name}", "pass" if good else "fail", message, f"dvc remote modify {name} verify true")


def _tracking(root: Path) -> Iterator[Check]:
    project, problems = load_project(Configuration(root))
    if project is None:
        yield Check("tracking", "fail", problems[0].message, problems[0].hint)
        return
    uri = absolute(root, project.tracking.uri)
    if uri.startswith("sqlite:///"):
        yield Check("tracking", "pass", f"SQLite file {project.tracking.uri.removeprefix('sqlite:///')}")
    else:
        yield Check("tracking", "inconclusive", "a server; not called", "mlops register NAME calls it")


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("+", maxsplit=1)[0].split(".") if part.isdigit())
