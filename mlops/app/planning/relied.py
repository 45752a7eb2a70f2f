"""Files that CI goes by though no stage reads them: what is recorded of a run, own code, what a job installs."""

from __future__ import annotations

from collections.abc import Iterable

from mlops.lower.owners import INSTALLED

_EVERYWHERE = (".dvc/", ".dvcignore", "dvc.yaml")
# compared with the YAML by `compile --check`; or made again wherever they decide, and read by no run
_OTHERWISE = ("dvc.yaml", "params.yaml", ".gitignore", "comparisons/", "ledger/", "deploy/")


def relied_on(name: str, changed: Iterable[str], install: str) -> tuple[str, ...]:
    """List the changed files that a pipeline's record, or the job that judges it, rests on.

    `install` is how jobs install the program, `ci.install` of the project.

    >>> relied_on("churn", ["pipelines/churn/dvc.lock", "pipelines/eu/dvc.lock", ".dvc/config", "docs/a.md"], "lock")
    ('.dvc/config', 'pipelines/churn/dvc.lock')
    """
    folder = f"pipelines/{name}/"
    shared = (*_EVERYWHERE, *(path.lstrip("/") for path in INSTALLED[install]))
    found = []
    for path in sorted(changed):
        inside = path.startswith(folder) and not _one_of(path.removeprefix(folder), _OTHERWISE)
        if inside or path.endswith("/.dvcignore") or _one_of(path, shared):
            found.append(path)
    return tuple(found)


def _one_of(path: str, places: Iterable[str]) -> bool:
    return any(path.startswith(place) if place.endswith("/") else path == place for place in places)
