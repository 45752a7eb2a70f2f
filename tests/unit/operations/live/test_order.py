"""What is released here was live in the environment before: by Git's main line, and by what the registry says."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mlops.blocks.waiver import Waiver
from mlops.configuration.environment import Environment
from mlops.configuration.project import Project
from mlops.errors import InfrastructureError, MlopsError, StaleError
from mlops.operations.live.order import Claimed, refuse_out_of_order
from tests.builders.repositories import commit, git

pytestmark = pytest.mark.slow  # plays with Git or whole repositories

A, B = (f"sha256:{letter * 64}" for letter in "ab")
TODAY = date(2026, 3, 5)
PROJECT = Project(name="shop", environments={"staging": Environment(), "prod": Environment(after="staging")})
WAIVER = """\
waivers:
  - rule: release.after
    reason: staging is down, and prod answers nonsense
    owner: "@ada"
    approver: "@grace"
    granted: "2026-03-04"
    expires: "{expires}"
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository in which staging served first A, then B."""
    root = tmp_path / "shop"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    for bundle in (A, B):
        say(root, bundle)
    return root


def say(root: Path, bundle: str) -> str:
    file = root / "conf/release/staging/churn.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"bundle: {bundle}\n")
    return commit(root, f"staging: {bundle}")


def at(root: Path, bundle: str) -> str:
    """Name the commit that made a bundle live in staging."""
    return git(root, "log", "--format=%H", "--grep", bundle).strip()


def claimed(commit: str | None) -> Claimed:
    def find(environment: str) -> str | None:
        assert environment == "staging"
        return commit

    return find


def ask(root: Path, bundle: str, find: Claimed, environment: str = "prod") -> Waiver | None:
    return refuse_out_of_order(root, PROJECT, environment, "churn", bundle, find, TODAY)


def refused(root: Path, bundle: str, find: Claimed) -> tuple[type[MlopsError], str, str]:
    with pytest.raises(MlopsError) as caught:
        ask(root, bundle, find)
    return type(caught.value), caught.value.message, caught.value.hint


def test_what_was_reconciled_before_may_go_on_even_after_something_else_is_there(root: Path) -> None:
    assert ask(root, B, claimed(at(root, B))) is None
    assert ask(root, A, claimed(at(root, B))) is None
    assert ask(root, A, claimed(at(root, A))) is None


def test_nothing_comes_before_the_first_environment(root: Path) -> None:
    assert ask(root, f"sha256:{'c' * 64}", claimed(None), "staging") is None


def test_what_was_never_live_before_is_refused(root: Path) -> None:
    never = f"sha256:{'c' * 64}"
    assert refused(root, never, claimed(at(root, B))) == (
        StaleError,
        f"churn: the bundle {never[:19]}… was never live in staging",
        f"mlops release churn --env staging --bundle {never}; or, for some days: mlops waive churn release.after",
    )


def test_what_git_says_and_nobody_reconciled_is_refused(root: Path) -> None:
    made = at(root, B)[:8]
    assert refused(root, B, claimed(None)) == (
        StaleError,
        f"churn: {made} made it live in staging, which was never reconciled",
        "mlops reconcile --env staging",
    )
    earlier = at(root, A)
    assert refused(root, B, claimed(earlier)) == (
        StaleError,
        f"churn: {made} made it live in staging, which was last reconciled at {earlier[:8]}",
        "mlops reconcile --env staging",
    )


def test_what_only_a_side_branch_named_was_never_live(root: Path) -> None:
    never = f"sha256:{'c' * 64}"
    git(root, "switch", "-q", "-c", "side")
    made = say(root, never)
    git(root, "switch", "-q", "main")
    (root / "other.txt").write_text("so that the histories part")
    commit(root, "main goes on")
    git(root, "merge", "-q", "--no-ff", "-s", "ours", "-m", "Merge side", "side")
    assert refused(root, never, claimed(made))[1] == f"churn: the bundle {never[:19]}… was never live in staging"


def test_a_history_that_was_not_fetched_tells_nothing(root: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{root}", "clone")
    assert refused(tmp_path / "clone", A, claimed(at(root, B))) == (
        InfrastructureError,
        "the history before was not fetched",
        "git fetch --unshallow",
    )


def test_a_waiver_of_some_days_lets_it_through_once_it_is_committed(root: Path) -> None:
    never, file = f"sha256:{'c' * 64}", root / "conf/waiver/churn.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(WAIVER.format(expires="2026-03-11"))
    assert refused(root, never, claimed(None))[0] is StaleError
    commit(root, "An emergency")
    waiver = ask(root, never, claimed(None))
    assert waiver is not None
    assert (waiver.approver, waiver.expires) == ("@grace", "2026-03-11")
    for expires in ("2026-03-04", "2026-03-12"):  # over, and longer than any may hold
        file.write_text(WAIVER.format(expires=expires))
        commit(root, "Another")
        assert refused(root, never, claimed(None))[0] is StaleError
