"""A repository whose last merge was judged by a run of its pull request, and GitHub as it tells of that run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from mlops.bundle.manifest import seal
from mlops.files.canonical import digest_file
from mlops.operations.compiling.compile import compile_files
from mlops.operations.dvc.lock import md5_tree
from mlops.operations.reviewing.artifacts import digest
from mlops.operations.reviewing.github import Client
from mlops.operations.workspace import open_workspace
from mlops.plan.gate import registered
from tests.builders.bundles import make_bundle
from tests.builders.papers import gate_of, write_papers
from tests.builders.repositories import commit, make_repository, record
from tests.runner.api import Api

TOKEN = "reader"
FOLDER = "pipelines/churn"


@dataclass
class Judged:
    """The repository after the merge; `artifacts` is what GitHub keeps of the run, `bundle` the digest it judged."""

    root: Path
    api: Api
    artifacts: Path
    bundle: str
    head: str

    @property
    def evidence(self) -> Path:
        """What the job left of the pipeline."""
        return self.artifacts / "report-churn" / "churn"

    @property
    def statement(self) -> str:
        """The digest of what the job said of its bundle."""
        return digest_file(self.evidence / "bundle.json")

    def client(self) -> Client:
        """GitHub, asked by a token that may only read; nobody waits."""
        return Client("shop/models", TOKEN, self.api.url, wait=lambda _: None)

    def tell(self, **outputs: str) -> None:
        """Write the artifact that says what each job told, as things are now; `outputs` of the job stand instead."""
        batches = json.dumps([{"name": "churn", "pipelines": "churn", "index": 0}])
        ran = {
            "evidence-0": digest(self.artifacts / "report-churn"),
            "bundle-0": f"{self.bundle} {self.statement}",
        } | outputs
        needs = {"affected": {"outputs": {"batches": batches, "count": "1"}}, "pipeline": {"outputs": ran}}
        (self.artifacts / "judged").mkdir(exist_ok=True)
        (self.artifacts / "judged" / "judged.json").write_text(json.dumps(needs))

    def relock(self) -> None:
        """Let the lock in the evidence say what lies there, as one would who forges a whole run."""
        path = self.evidence / "dvc.lock"
        lock = yaml.safe_load(path.read_text())
        places = {"artifacts/bundle": self.evidence / "bundle"}
        for entry in (one for stage in lock["stages"].values() for kind in ("deps", "outs") for one in stage[kind]):
            place = places.get(entry["path"], self.evidence / entry["path"].removeprefix("reports/"))
            if place.exists() and (entry["path"] in places or entry["path"].startswith("reports/")):
                entry["md5"] = md5_tree(place)
        path.write_text(yaml.safe_dump(lock, sort_keys=False))


def prepare(folder: Path) -> str:
    """Make the repository in `folder/work` and what a job left in `folder/artifacts`; give the bundle's digest."""
    root = make_repository(folder / "work")
    (root / ".gitignore").write_text("artifacts/\n.mlops/\n")
    compile_files(open_workspace(root))
    commit(root, "A model")
    trained = folder / "trained"
    shutil.copytree(root, trained)
    section = record(trained).pipeline("churn").stage("gate").section
    bundle = trained / FOLDER / "artifacts/bundle"
    bundle.unlink()
    make_bundle(bundle)
    (bundle / "manifest.json").unlink()
    name = seal(bundle, "churn", "binary").digest
    write_papers(trained / FOLDER / "reports", bundle, gate=gate_of(name, registered=registered(section)))
    evidence = folder / "artifacts" / "report-churn" / "churn"
    shutil.copytree(trained / FOLDER / "reports", evidence)
    shutil.copytree(bundle, evidence / "bundle")
    shutil.copy(trained / FOLDER / "dvc.lock", evidence / "dvc.lock")
    (evidence / "exit-code").write_text("0\n")
    return name


@contextmanager
def judged(prepared: Path, folder: Path, bundle: str) -> Iterator[Judged]:
    """Copy what was prepared, and answer for GitHub until the block ends."""
    for part in ("work", "artifacts"):
        shutil.copytree(prepared / part, folder / part)
    root, head = folder / "work", "a" * 40
    with Api(tokens={TOKEN: {"actions": "read", "pull-requests": "read"}}) as api:
        made = Judged(root, api, folder / "artifacts", bundle, head)
        made.relock()
        made.tell()
        (root / FOLDER / "notes.md").write_text("what the merge brought\n")
        commit_now = commit(root, "Merge the change")
        run = {"event": "pull_request", "path": ".github/workflows/mlops-pr.yml", "conclusion": "success"}
        run |= {"head_sha": head, "head_branch": "change", "head_repository": {"full_name": "shop/models"}}
        api.ran.ended(run, {"verdict": "success", "What was judged": "success", "churn": "success"}, made.artifacts)
        api.ran.merged(commit_now, 7, head)
        yield made
