"""Is what runs here what the repository pins, and do its jobs find what they leave each other?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import mlops
from mlops.compiler.rules import place_of_one_machine, remote_nobody_writes
from mlops.configuration.load import load_project
from mlops.configuration.reading.library import Configuration
from mlops.errors import ConfigurationError
from mlops.operations.access.check import Check
from mlops.operations.dvc.remote import remotes
from mlops.operations.language.missing_extras import missing_extras
from mlops.operations.language.watched import watched
from mlops.operations.starting.pin import FILE, Pin, Requirements, parse
from mlops.operations.starting.stores import store_of, unmet
from mlops.operations.workspace import open_workspace

_VERDICTS = {"error": "fail", "warning": "inconclusive"}
_INSTALL = "install it as README.md says"


def installation(root: Path) -> Iterator[Check]:
    """Look at the pin, where the repository installs from one."""
    project, _ = load_project(Configuration(root))
    if project is None or project.ci.install != "lock":
        return
    try:
        requirements = parse((root / FILE).read_text(encoding="utf-8"))
    except OSError:
        yield Check("pin", "fail", f"{FILE} is missing", f"take it back from Git: git checkout -- {FILE}")
    except ConfigurationError as error:
        yield Check("pin", "fail", error.message, error.hint)
    else:
        yield _pinned(root, requirements.pin)
        yield from _stores(root, requirements)


def places(root: Path) -> Iterator[Check]:
    """Look at remote, registry, log and labels as `mlops validate` does, where jobs build on each other."""
    try:
        workspace = open_workspace(root)
    except ConfigurationError:
        return  # `mlops validate` says why
    for rule in (place_of_one_machine, remote_nobody_writes):
        for found in rule.check(workspace.plan):
            yield Check(".".join(map(str, found.key)), _VERDICTS[found.severity], found.message, found.hint)
    for said in (*missing_extras(workspace), *watched(workspace)):
        yield Check(said.position.file, _VERDICTS[said.severity], said.message, said.hint)


def _stores(root: Path, requirements: Requirements) -> Iterator[Check]:
    """Look whether DVC's remotes are served; what another release locks for them is not known here."""
    if requirements.pin.version == mlops.__version__:
        lacking = {item.remote: item for item in unmet(root, requirements.lock)}
        for name, url in sorted(remotes(root).items()):
            if item := lacking.get(name):
                yield Check(f"dvc plugin for {name}", "fail", item.message, item.hint)
            elif store := store_of(url):
                yield Check(f"dvc plugin for {name}", "pass", f"what {store} needs is locked")


def _pinned(root: Path, pin: Pin) -> Check:
    if pin.file:
        path = root / pin.file
        if not path.is_file():
            return Check("pin", "fail", f"{pin.file} is gone", f"take it back from Git: git checkout -- {pin.file}")
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != pin.digest:
            said = f"{pin.file} has the hash {found[:12]}…, but {FILE} says {pin.digest[:12]}…"
            return Check("pin", "fail", said, f"take both back from Git: git checkout -- {FILE} {pin.file}")
    if pin.version != mlops.__version__:
        said = f"mlops {mlops.__version__} runs here, but {FILE} pins {pin.version}"
        return Check("pin", "fail", said, _INSTALL)
    return Check("pin", "pass", f"mlops {pin.version}, from {pin.place or 'the index'}")
