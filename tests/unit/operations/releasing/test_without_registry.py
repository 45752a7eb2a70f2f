"""An emergency while the registry is down: Git says what was live, DVC has it, its digest proves it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from mlops.bundle.store import Store
from mlops.cli.main import run
from mlops.operations.live.live import choose
from mlops.operations.releasing.reconcile import reconcile
from mlops.operations.releasing.release import Wanted
from mlops.operations.releasing.rollback import rollback
from tests.builders.bundles import make_bundle
from tests.builders.released import Shop, run_of
from tests.builders.repositories import commit, git

SILENT = "postgresql://127.0.0.1:1/mlflow"
STAGES = "stages:\n  package:\n    cmd: 'true'\n    outs: [artifacts/bundle]\n"
pytestmark = pytest.mark.slow


def dvc(root: Path, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "dvc", *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Two runs that were recorded and pushed, the second live; nothing of them is left on this machine."""
    folder = tmp_path_factory.mktemp("shop")
    root = folder / "work"
    (root / "conf/pipeline").mkdir(parents=True)
    (root / "conf/project.yaml").write_text(
        f"name: shop\ntracking: {{uri: '{SILENT}'}}\nenvironments: {{prod: {{}}}}\n"
    )
    (root / "conf/pipeline/tiny.yaml").write_text("# not read here\n")
    (root / ".gitignore").write_text("artifacts/\n.mlops/\n")
    git(folder, "init", "-q", "-b", "main", str(root))
    dvc(root, "init", "-q")
    dvc(root, "remote", "add", "-q", "-d", "s", str(folder / "store"))
    (root / "pipelines/tiny").mkdir(parents=True)
    (root / "pipelines/tiny/dvc.yaml").write_text(STAGES)
    digests = []
    for seed in (1, 2):
        digests.append(run_of(root, "tiny", make_bundle(folder / f"bundle-{seed}", seed=seed)))
        dvc(root, "commit", "-q", "--force", "pipelines/tiny/dvc.yaml")
        dvc(root, "push", "-q")
        commit(root, f"Run {seed}")
    git(folder, "clone", "-q", "--bare", str(root), "origin.git")
    git(root, "remote", "add", "origin", str(folder / "origin.git"))
    shop = Shop(root, folder / "origin.git", *digests)
    for digest in digests:
        shop.say("prod", digest)
    return shop


@pytest.fixture
def shop(made: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    start = git(made.root, "rev-parse", "HEAD").strip()
    for gone in (".dvc/cache", ".mlops", "pipelines/tiny/artifacts"):
        shutil.rmtree(made.root / gone, ignore_errors=True)
    monkeypatch.chdir(made.root)
    yield made
    git(made.root, "reset", "-q", "--hard", start)


def test_a_rollback_is_proved_from_git_and_dvc(shop: Shop) -> None:
    made = rollback(shop.root, Wanted("tiny", "prod"))
    assert (made.state, made.bundle, made.replaces) == ("written", shop.first, shop.second)
    assert shop.file("prod").read_text().startswith(f"bundle: {shop.first}\n")


def test_what_is_served_is_what_the_merged_rollback_says(shop: Shop) -> None:
    rollback(shop.root, Wanted("tiny", "prod"))
    commit(shop.root, "Go back")
    assert choose(shop.root, "tiny", "prod").digest == shop.first


def test_the_plan_of_a_reconciliation_proves_it_and_says_what_has_to_wait(shop: Shop) -> None:
    rollback(shop.root, Wanted("tiny", "prod"))
    commit(shop.root, "Go back")
    shutil.rmtree(shop.root / ".mlops", ignore_errors=True)
    done = reconcile(shop.root, "prod", dry=True)
    (row,) = done.rows
    assert (row.should, row.was, row.action, row.code, done.code) == (shop.first, "not known", "proved", 6, 6)
    assert row.problem.startswith(f"MLflow at {SILENT} does not answer: ")
    assert row.problem.endswith("; the bundle is proved, from Git and DVC, and its aliases are set once that answers")
    assert not (shop.root / ".mlops/bundles").exists(), "a dry run keeps nothing"
    reconcile(shop.root, "prod")
    assert Store(shop.root / ".mlops/bundles").get(shop.first).is_dir()


def test_a_bundle_that_is_not_what_its_digest_says_is_not_gone_back_to(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """The remote delivers another file under the same name."""
    store = shop.root.parent / "store/files/md5"
    model = (shop.root.parent / "bundle-1/model.onnx").read_bytes()
    (poisoned,) = (path for path in store.rglob("*") if path.is_file() and path.read_bytes() == model)
    poisoned.chmod(0o644)
    poisoned.write_bytes(b"another model")
    try:
        assert run(["rollback", "tiny", "--env", "prod"]) == 5
    finally:
        poisoned.write_bytes(model)
    assert capsys.readouterr().err.startswith(f"tiny: the bundle {shop.first[:19]}… cannot be had\n")
    assert shop.file("prod").read_text() == f"bundle: {shop.second}\n"


def test_the_verb_ends_with_6_and_the_way_out(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["reconcile", "--env", "prod", "--dry-run"]) == 6
    shown = capsys.readouterr()
    assert shown.out.splitlines()[1].split() == ["tiny", "not", "known", shop.second[:19], "proved"]
    assert "its aliases are set once that answers" in shown.err


def test_with_neither_registry_nor_reviews_only_break_glass_goes_through(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    glass = 'approvals: {releases: refuse, break_glass: {people: ["@ana"]}}'
    (shop.root / "conf/policy.yaml").write_text(f'owners: ["@bo"]\n{glass}\n')
    commit(shop.root, "Refuse what nobody looked at")
    rollback(shop.root, Wanted("tiny", "prod"))
    commit(shop.root, "Go back")
    (row,) = reconcile(shop.root, "prod", dry=True).rows
    assert (row.action, row.code) == ("failed", 7)
    assert row.problem == "approval: not looked at: nothing was asked"
    broken = f'break_glass: {{by: "@ana", reason: GitHub does not answer, since: "{date.today()}"}}\n'
    shop.file("prod").write_text(shop.file("prod").read_text() + broken)
    commit(shop.root, "Break glass")
    assert run(["reconcile", "--env", "prod", "--dry-run"]) == 6
    shown = capsys.readouterr()
    assert shown.out.splitlines()[1].split()[-1] == "proved"
    assert f"tiny: BREAK-GLASS by @ana since {date.today()}: GitHub does not answer; nobody approved it" in shown.err
