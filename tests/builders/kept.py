"""A repository whose pipeline `churn` has a verdict and a ledger, and what people then do to it."""

from __future__ import annotations

import json
from pathlib import Path

from mlops.ledger.line import Line
from mlops.operations.auditing.enter import enter
from tests.builders.comments import gate
from tests.builders.repositories import commit, git, make_repository

GATE = "pipelines/churn/reports/gate.json"
FOLDER = "pipelines/churn/ledger/model"
WAIVER = """\
waivers:
  - rule: auroc
    reason: the new feed is late this week
    owner: "@ada"
    approver: "@grace"
    granted: "2026-01-01"
    expires: "2026-01-10"
"""


def make_kept(folder: Path) -> Path:
    """Make the repository, its first verdict entered and committed on `main`."""
    root = make_repository(folder)
    judge(root, 1)
    commit(root, "Begin")
    return root


def judge(root: Path, seed: int, verdict: str = "pass", *, entered: bool = True) -> None:
    """Leave what a run leaves: a verdict on the bundle of a seed, and its entry."""
    place = root / GATE
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps({**gate(verdict), "bundle": bundle(seed)}))
    if entered:
        enter(root, "churn")


def live(root: Path, seed: int | None, environment: str = "prod", *, entered: bool = True) -> None:
    """Write the release file of a bundle, or take it away, and its entry."""
    place = root / f"conf/release/{environment}/churn.yaml"
    place.parent.mkdir(parents=True, exist_ok=True)
    if seed is None:
        place.unlink()
    else:
        place.write_text(f"bundle: {bundle(seed)}\n")
    if entered:
        enter(root, "churn")


def waive(root: Path, rule: str = "auroc", *, entered: bool = True) -> None:
    place = root / "conf/waiver/churn.yaml"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(WAIVER.replace("auroc", rule))
    if entered:
        enter(root, "churn")


def bundle(seed: int) -> str:
    return f"sha256:{seed:064x}"


def files(root: Path, place: str = "model") -> dict[str, bytes]:
    """Read a folder of the ledger by the names of its files."""
    folder = root / "pipelines/churn/ledger" / place
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())} if folder.is_dir() else {}


def line(root: Path, place: str = "model") -> Line:
    return Line.of("churn", place, dict(files(root, place)))


def merge(root: Path, branch: str) -> None:
    git(root, "merge", "-q", "--no-ff", "-m", f"Merge {branch}", branch)
