"""Files that CI goes by though no stage reads them: what is recorded of a run, own code, what a job installs."""

from __future__ import annotations

from collections.abc import Iterable

from mlops.plan.shell import INSTALLED

_EVERYWHERE = (".dvc/", ".dvcignore", "dvc.yaml", "pipelines/__init__.py")
# compared with the YAML by `compile --check`; or made again wherever they decide, and read by no run
_OTHERWISE = ("dvc.yaml", "params.yaml", ".gitignore", "comparisons/", "ledger/", "deploy/")


def relied_on(changed: Iterable[str], install: str) -> dict[str, tuple[str, ...]]:
    """List by pipeline the changed files that its record rests on; under "" those that all of them do.

    `install` is how jobs install the program, `ci.install` of the project.

    >>> relied_on(["pipelines/churn/dvc.lock", ".dvc/config", "docs/a.md", "pipelines/churn/dvc.yaml"], "lock")
    {'': ('.dvc/config',), 'churn': ('pipelines/churn/dvc.lock',)}
    """
    shared = (*_EVERYWHERE, *(path.lstrip("/") for path in INSTALLED[install]))
    found: dict[str, list[str]] = {}
    for path in sorted(changed):
        top, _, rest = path.partition("/")
        name, _, inside = rest.partition("/")
        if path.endswith("/.dvcignore") or _one_of(path, shared):
            found.setdefault("", []).append(path)
        elif top == "pipelines" and inside and not _one_of(inside, _OTHERWISE):
            found.setdefault(name, []).append(path)
    return {name: tuple(paths) for name, paths in found.items()}


def framework_of(changed: Iterable[str], install: str) -> tuple[str, ...]:
    """List the changed files that jobs install the program from, sorted.

    >>> framework_of(["mlops/operations/verdicts/gate.py", "docs/a.md"], "make")
    ('mlops/operations/verdicts/gate.py',)
    """
    places = [path.lstrip("/") for path in INSTALLED[install]]
    return tuple(sorted(path for path in changed if _one_of(path, places)))


def _one_of(path: str, places: Iterable[str]) -> bool:
    return any(path.startswith(place) if place.endswith("/") else path == place for place in places)
