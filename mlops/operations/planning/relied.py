"""Files that CI goes by though no stage reads them: what is recorded of a run, own code, what a job installs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlops.plan.shell import INSTALLED

FRAMEWORK_CHANGE = "framework-change"
"""The label of a change that moves the program itself: what it makes may be made otherwise than by what judges it."""
_NAMED = 3
_LONG = 80
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


def to_look_at(framework: Sequence[str]) -> str:
    """Name the files of the program that a change moves, its code first; some of them where there are many.

    How many there are stands first, and a long name is cut: no name hides the others.

    >>> to_look_at(("Makefile", "mlops/ml/data/splits.py"))
    '2 files: mlops/ml/data/splits.py, Makefile'
    """
    files = sorted(framework, key=lambda path: not path.startswith("mlops/"))
    shown = [path if len(path) <= _LONG else f"{path[:_LONG]}…" for path in files[:_NAMED]]
    more = [f"and {len(files) - _NAMED} more"] if len(files) > _NAMED else []
    return f"{len(files)} files: {', '.join([*shown, *more])}" if len(files) > 1 else "".join(shown)


def _one_of(path: str, places: Iterable[str]) -> bool:
    return any(path.startswith(place) if place.endswith("/") else path == place for place in places)
