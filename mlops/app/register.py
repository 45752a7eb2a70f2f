"""`mlops register NAME`: the bundle in the working tree becomes a version in the MLflow registry, once."""

from __future__ import annotations

import csv
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from mlops.bundle.store import Store
from mlops.errors import ConfigurationError, InfrastructureError, IntegrityError, StaleError
from mlops.files import canonical
from mlops.release import registry
from mlops.release.entry import Measured, Origin
from mlops.release.tracking import resolve_uri

STORE = Path(".mlops/bundles")


@dataclass(frozen=True)
class Registration:
    """A registered bundle; `created` is False where it was registered before, at `commit`."""

    pipeline: str
    version: str
    bundle: str
    commit: str
    dirty: bool
    created: bool
    tracking: str


def register(root: Path, name: str, *, tracking_uri: str, experiment: str | None = None) -> Registration:
    """Put the pipeline's bundle into the store and register it.

    Raises:
        StaleError: there is no bundle to register yet.
        IntegrityError: the bundle is not the one that the run reported.
        InfrastructureError: MLflow does not answer, or git does not.
    """
    folder = root / "pipelines" / name
    bundle = folder / "artifacts" / "bundle"
    digest = _checked(bundle, folder / "reports" / "bundle.json", name)
    commit, dirty = head(root, (f"pipelines/{name}", f"conf/pipeline/{name}.yaml"))
    Store(root / STORE).put(bundle)
    uri = resolve_uri(tracking_uri, root)
    made = registry.register(
        bundle,
        pipeline=name,
        tracking_uri=uri,
        experiment=experiment or name,
        origin=Origin(commit, dirty, f"pipelines/{name}"),
        history=read_history(folder / "reports" / "history.csv"),
    )
    return Registration(name, made.version, digest, made.commit, dirty, made.created, uri)


def head(root: Path, paths: tuple[str, ...]) -> tuple[str, bool]:
    """Name the commit that is checked out, and whether `paths` differ from it."""
    commit = _git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    if not commit:
        hint = "commit the pipeline first: a version names the commit it was made from"
        raise ConfigurationError(f"{root.name}/ has no git commit yet", hint=hint)
    return commit, bool(_git(root, "status", "--porcelain", "--", *paths))


def read_history(path: Path) -> tuple[Measured, ...]:
    """Read what training measured by epoch, as `candidate/metric`; nothing where no candidate has epochs."""
    if not path.is_file():
        return ()
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["value"]]
    return tuple((f"{row['candidate']}/{row['metric']}", float(row["value"]), int(row["epoch"])) for row in rows)


def _checked(bundle: Path, report: Path, name: str) -> str:
    """Digest the bundle on disk and hold it against what the run reported."""
    manifest = bundle / "manifest.json"
    if not manifest.is_file() or not report.is_file():
        raise StaleError(f"pipelines/{name} has no bundle", hint=f"run `mlops run {name}` first")
    digest = canonical.digest_file(manifest)
    reported = json.loads(report.read_text(encoding="utf-8")).get("digest")
    if digest != reported:
        message = f"pipelines/{name}/artifacts/bundle is {digest[:19]}… but reports/bundle.json says {str(reported)[:19]}…"
        raise IntegrityError(message, hint=f"run `mlops run {name}` to make it again")
    return digest


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(("git", *arguments), cwd=root, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InfrastructureError(f"git does not answer: {error}") from error
    return done.stdout.strip() if done.returncode == 0 else ""
