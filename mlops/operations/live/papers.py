"""The papers of a bundle by its digest: in itself, the work tree, the commit that recorded them, the registry."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from mlops.bundle.contents import Contents
from mlops.bundle.papers import FILES, Papers
from mlops.errors import InfrastructureError, IntegrityError, MlopsError
from mlops.operations.git import files_at
from mlops.operations.live.bundles import Fetch, made_at


def papers_of(
    root: Path, name: str, contents: Contents, statement: str | None = None, fetch: Fetch | None = None
) -> Papers:
    """Find the statement about a bundle with its reports; the newest there is, or the one of that digest.

    Raises:
        IntegrityError: what was found is not what it says, and no other is.
        InfrastructureError: there are none anywhere; says where they were looked for.
    """
    within = Papers.within(contents)
    if within is not None:
        return within
    tried: list[MlopsError] = []
    for way in _ways(root, name, contents.digest, fetch):
        try:
            papers = way()
        except MlopsError as error:
            tried.append(error)
            continue
        found = papers.statement
        if found is not None and statement in (None, found.name):
            return papers
        tried.append(InfrastructureError("the statement there is another than the registered one"))
    listed = "\n".join(f"  {error.message.splitlines()[0]}" for error in tried)
    kind = IntegrityError if any(isinstance(error, IntegrityError) for error in tried) else InfrastructureError
    raise kind(
        f"{name}: what was said about the bundle {contents.digest[:19]}… cannot be had\n{listed}",
        hint=f"commit pipelines/{name}/reports of the run that made it, or register it there: mlops register {name}",
    )


def _ways(root: Path, name: str, digest: str, fetch: Fetch | None) -> Iterator[Callable[[], Papers]]:
    yield lambda: Papers.read(root / "pipelines" / name / "reports", digest)
    yield lambda: _committed(root, name, digest)
    if fetch is not None:
        yield lambda: _fetched(fetch, digest)


def _committed(root: Path, name: str, digest: str) -> Papers:
    commit = made_at(root, name, digest)
    if commit is None:
        raise InfrastructureError(f"no commit's pipelines/{name}/reports/bundle.json names it")
    paths = {f"pipelines/{name}/reports/{file}": file for file in FILES}
    found = files_at(root, commit, paths)
    return Papers.of({paths[path]: data for path, data in found.items()}, digest)


def _fetched(fetch: Fetch, digest: str) -> Papers:
    with tempfile.TemporaryDirectory(prefix="mlops-papers-") as folder:
        return Papers.read(fetch(Path(folder)), digest)
