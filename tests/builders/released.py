"""A repository whose pipeline `tiny` has two bundles, an origin to push to, and a registry that knows both."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.bundle.store import Store
from mlops.operations.releasing.register import register_bundle
from mlops.release.tracking import connection
from tests.builders.bundles import make_bundle
from tests.builders.papers import write_papers
from tests.builders.repositories import commit, git
from tests.builders.stores import make_store

if TYPE_CHECKING:
    from mlflow import MlflowClient

IGNORED = "artifacts/\n.mlops/\n"


@dataclass(frozen=True)
class Shop:
    """A working repository, its origin, and the digests of the first and the second bundle."""

    root: Path
    origin: Path
    first: str
    second: str

    @property
    def uri(self) -> str:
        return f"sqlite:///{self.root}/.mlops/mlflow.db"

    def file(self, environment: str, name: str = "tiny") -> Path:
        return self.root / f"conf/release/{environment}/{name}.yaml"

    def say(self, environment: str, bundle: str | None, message: str = "", name: str = "tiny") -> str:
        """Commit a release file to the main branch and push it."""
        path = self.file(environment, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if bundle is None:
            path.unlink()
        else:
            path.write_text(f"bundle: {bundle}\n")
        made = commit(self.root, message or f"{environment}: {bundle}")
        git(self.root, "push", "-q", "--force", "origin", "main")
        return made

    def store(self) -> Store:
        return Store(self.root / ".mlops/bundles")

    @contextmanager
    def client(self) -> Iterator[MlflowClient]:
        with connection(self.uri) as client:
            yield client


def run_of(root: Path, name: str, bundle: Path) -> str:
    """Leave what a run leaves: a bundle, and reports with the statement on it."""
    folder = root / "pipelines" / name
    shutil.rmtree(folder / "artifacts", ignore_errors=True)
    shutil.copytree(bundle, folder / "artifacts/bundle")
    if not (folder / "dvc.lock").exists():
        (folder / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n")
    return write_papers(folder / "reports", bundle).bundle


def make_released(folder: Path, *, registered: bool = True) -> Shop:
    """Make the repository; `registered` makes an MLflow store, which takes a second."""
    root, origin = folder / "work", folder / "origin.git"
    (root / "conf/pipeline").mkdir(parents=True)
    (root / "conf/project.yaml").write_text("name: shop\n")
    (root / "conf/pipeline/tiny.yaml").write_text("# not read here\n")
    (root / ".gitignore").write_text(IGNORED)
    digests = []
    if registered:
        make_store(root / ".mlops/mlflow.db")
    git(folder, "init", "-q", "-b", "main", str(root))
    for seed in (1, 2):
        digests.append(run_of(root, "tiny", make_bundle(folder / f"bundle-{seed}", seed=seed)))
        commit(root, f"Run {seed}")
        Store(root / ".mlops/bundles").put(root / "pipelines/tiny/artifacts/bundle")
        if registered:
            register_bundle(root, "tiny", "sqlite:///.mlops/mlflow.db", "tiny")
    git(root, "clone", "-q", "--bare", str(root), str(origin))
    git(root, "remote", "add", "origin", str(origin))
    return Shop(root, origin, digests[0], digests[1])
