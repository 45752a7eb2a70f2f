"""A bundle by its digest: found wherever it may be, verified, kept in the store, proved to answer."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from mlops.bundle.contents import Contents, verify
from mlops.bundle.store import Store
from mlops.documents.gate import GateReport
from mlops.documents.statement import Reported
from mlops.errors import InfrastructureError, IntegrityError, MlopsError
from mlops.files import conflict
from mlops.files.canonical import digest_file
from mlops.operations.dvc.get import get
from mlops.operations.git import files_at, git

STORE = ".mlops/bundles"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
TOLERANCE = 1e-6  # another processor may sum in another order: about 1e-7 of a score

Fetch = Callable[[Path], Path]
"""Bring a bundle into an empty folder and say where it lies there."""


def obtain(root: Path, name: str, digest: str, fetch: Fetch | None = None, keep: Store | None = None) -> Path:
    """Find a bundle: in the store, the work tree, by `fetch`, by DVC as of the commit that made it; keep it in a store.

    Raises:
        IntegrityError: a copy was found and no good one.
        InfrastructureError: there is none anywhere; says where it was looked for.
    """
    store = keep or Store(root / STORE)
    tried: list[MlopsError] = []
    for way in _ways(root, store, name, digest, fetch):
        try:
            return way()
        except MlopsError as error:
            tried.append(error)
    listed = "\n".join(f"  {error.message.splitlines()[0]}" for error in tried)
    kind = IntegrityError if any(isinstance(error, IntegrityError) for error in tried) else InfrastructureError
    raise kind(
        f"{name}: the bundle {digest[:19]}… cannot be had\n{listed}",
        hint="`dvc pull` it, or check out the commit that made it and `mlops run` it",
    )


def prove(bundle: Path, name: str, digest: str) -> Contents:
    """Check that a bundle is what its digest says, is of this pipeline, loads, and answers its golden rows.

    Raises:
        IntegrityError: one of these does not hold.
    """
    from mlops.bundle.golden import Golden
    from mlops.bundle.predictor import Predictor

    contents = Contents.read(bundle, digest)
    if contents.manifest.pipeline != name:
        raise IntegrityError(f"the bundle {digest[:19]}… is of {contents.manifest.pipeline}, not of {name}")
    Golden.of(contents).check(Predictor.load(contents), TOLERANCE)
    return contents


def made_at(root: Path, name: str, digest: str, reference: str = "HEAD") -> str | None:
    """Name the last commit, up to a reference, that wrote a report which names this bundle; None where none does.

    That is the newest statement about it: Git is asked when the digest came and went, then who wrote the file last.
    """
    path = f"pipelines/{name}/reports/bundle.json"
    done = git(root, "log", "--format=%H", f"-S{digest}", reference, "--", path)
    until = reference
    for commit in done.stdout.decode().split():
        if _names(root, commit, path, digest):
            last = git(root, "rev-list", "--max-count=1", until, "--", path).stdout.decode().strip()
            return last if last and _names(root, last, path, digest) else commit
        until = f"{commit}^"
    return None


def recorded_at(root: Path, name: str, digest: str, reference: str = "HEAD") -> str | None:
    """Name the last commit that holds the report and the lock of the run that made a bundle; None where none does."""
    commit = made_at(root, name, digest, reference)
    lock = f"pipelines/{name}/dvc.lock"
    return commit if commit is not None and files_at(root, commit, [lock]) else None


def reported(root: Path, name: str) -> Reported:
    """Read what the last run says of its bundle; empty where there is none, raises Conflicted where two stand there."""
    path = root / "pipelines" / name / "reports" / "bundle.json"
    try:
        data = path.read_bytes()
    except OSError:
        return Reported()
    found = _reported(data)
    if found is None:
        conflict.refuse(data, f"pipelines/{name}/reports/bundle.json")
    return found or Reported()


def judged(root: Path, name: str) -> dict[str, str]:
    """Read which bundle the last gate judged, and its verdict on it: {digest: verdict}, or nothing."""
    try:
        gate = GateReport.parse((root / "pipelines" / name / "reports" / "gate.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return {} if gate.bundle is None else {gate.bundle: gate.verdict}


def _ways(root: Path, store: Store, name: str, digest: str, fetch: Fetch | None) -> Iterator[Callable[[], Path]]:
    """Give the cheapest way first."""
    yield lambda: store.get(digest)
    yield lambda: _from_work_tree(root, store, name, digest)
    if fetch is not None:
        yield lambda: _fetched(store, fetch, digest)
    yield lambda: _from_dvc(root, store, name, digest)


def _fetched(store: Store, fetch: Fetch, digest: str) -> Path:
    with tempfile.TemporaryDirectory(prefix="mlops-bundle-") as folder:
        return _kept(store, fetch(Path(folder)), digest)


def _from_work_tree(root: Path, store: Store, name: str, digest: str) -> Path:
    folder = root / "pipelines" / name / "artifacts" / "bundle"
    manifest = folder / "manifest.json"
    if not manifest.is_file() or digest_file(manifest) != digest:
        raise InfrastructureError(f"pipelines/{name}/artifacts/bundle is another bundle, or none")
    return _kept(store, folder, digest)


def _from_dvc(root: Path, store: Store, name: str, digest: str) -> Path:
    commit = made_at(root, name, digest)
    if commit is None:
        raise InfrastructureError(f"no commit's pipelines/{name}/reports/bundle.json names it")
    lock = f"pipelines/{name}/dvc.lock"
    if not files_at(root, commit, [lock]):
        raise InfrastructureError(f"{lock} is not in commit {commit[:8]}, so dvc knows nothing of it")
    with tempfile.TemporaryDirectory(prefix="mlops-dvc-") as folder:
        place = Path(folder) / "bundle"
        if not get(root, name, "artifacts/bundle", commit, place):
            raise InfrastructureError(f"dvc has it neither in its cache nor in a remote, as of commit {commit[:8]}")
        return _kept(store, place, digest)


def _kept(store: Store, folder: Path, digest: str) -> Path:
    verify(folder, digest)
    store.put(folder)
    return store.get(digest)


def _names(root: Path, commit: str, path: str, digest: str) -> bool:
    found = _reported(files_at(root, commit, [path]).get(path) or b"")
    return found is not None and found.digest == digest


def _reported(data: bytes) -> Reported | None:
    try:
        return Reported.model_validate_json(data)
    except ValueError:
        return None
