"""Who judges a change: the base, or, where it is an upgrade and nothing else, the release that it moves to.

What a new release compiles and records only that release can tell. So it is appointed where all that changed is what an
upgrade writes; it then holds the change against what it would have written itself (`not_alone`). One other file is
enough for the base to judge. Where the pin's owners let a wheel in that is no release, nothing here can help.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from mlops.compiler.files import PLACES
from mlops.errors import ConfigurationError
from mlops.files.compiled_text import MARK
from mlops.files.generated import begins
from mlops.operations.compiling.gone import IGNORED
from mlops.operations.git import changed_between, commit_of, file_at
from mlops.operations.project import open_project
from mlops.operations.starting.pin import FILE, Pin, parse

Judge = Literal["base", "head"]

_RECORDED = re.compile(r"pipelines/(catalogue\.json|[a-z0-9][a-z0-9_-]*/(dvc\.lock|(reports|ledger)/.+))")
_PAGES = re.compile(r"conf/(README\.md|\.schema/[a-z0-9_-]+\.json)")
_YAML = re.compile(r"conf/(?!(policy\.yaml|waiver/|accept/|release/)).+\.yaml")
"""Keys that a release may rename; who approves, lets pass, accepts and releases is never an upgrade's."""


def appoint(home: Path, change: Path) -> Judge:
    """Say who judges a checkout of a change; `home` is the base's, and its settings decide.

    Raises:
        ConfigurationError: the base's settings cannot be read.
        InfrastructureError: git cannot compare the two.
    """
    _, project = open_project(home)
    base = commit_of(home, "HEAD")
    before, after = (_pin(file_at(change, commit, FILE)) for commit in (base, "HEAD"))
    if project.ci.install != "lock" or before is None or after is None or before == after:
        return "base"
    own = {FILE, before.file, after.file}
    changed = changed_between(change, base, "HEAD", ["."])
    return "head" if all(path in own or _written(change, base, path) for path in changed) else "base"


def _written(change: Path, base: str, path: str) -> bool:
    if _RECORDED.fullmatch(path) or _PAGES.fullmatch(path) or _YAML.fullmatch(path):
        return True
    if not any(fnmatchcase(path, place) for place in (*PLACES, IGNORED)):
        return False
    texts = [data for commit in (base, "HEAD") if (data := file_at(change, commit, path)) is not None]
    return all(begins(data.decode(errors="replace"), MARK) for data in texts)


def _pin(data: bytes | None) -> Pin | None:
    try:
        return None if data is None else parse(data.decode(errors="replace")).pin
    except ConfigurationError:
        return None
