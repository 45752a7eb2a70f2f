"""Whatever was released and taken back: nothing that is compiled moves, so nothing has to be run again."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.compiler.files import render
from mlops.errors import StaleError
from mlops.operations.git import changed_files
from mlops.operations.live.releases import file_of, written
from mlops.operations.planning.plan import plan
from mlops.operations.releasing.release import Wanted, release
from mlops.operations.releasing.rollback import rollback
from mlops.operations.workspace import open_workspace
from tests.builders.released import Shop, make_released
from tests.builders.repositories import commit, git, make_repository, record

pytestmark = pytest.mark.slow

DIGESTS = tuple(f"sha256:{letter * 64}" for letter in "abc")
ENVIRONMENTS = ("staging", "prod")
Step = tuple[str, str | None, str | None]
"""An environment, the bundle that it serves from now on (None takes the file away), and a reason."""

PROJECT = """\
name: shop
tracking: {uri: "https://mlflow.example"}
environments: {staging: {}, prod: {after: staging, role: live}}
"""
REMOTE = "[core]\n    remote = store\n['remote \"store\"']\n    url = https://dvc.example/shop\n    verify = true\n"

steps = st.lists(
    st.tuples(
        st.sampled_from(ENVIRONMENTS),
        st.sampled_from([None, *DIGESTS]),
        st.sampled_from([None, "the second one is slow"]),
    ),
    min_size=1,
    max_size=6,
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_repository(tmp_path_factory.mktemp("laws"))
    (root / "conf/project.yaml").write_text(PROJECT)
    (root / ".dvc").mkdir(exist_ok=True)
    (root / ".dvc/config").write_text(REMOTE)
    record(root)
    return root


@settings(max_examples=25, deadline=None)
@given(history=steps)
def test_releases_and_rollbacks_move_nothing_that_is_compiled_or_run(root: Path, history: list[Step]) -> None:
    before = open_workspace(root)
    compiled = render(before.plan)
    try:
        for environment, bundle, reason in history:
            follow(root, environment, bundle, reason)
            after = open_workspace(root)
            assert render(after.plan) == compiled
            assert plan(after).affected == ()
    finally:
        for environment in ENVIRONMENTS:
            follow(root, environment, None, None)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_released(tmp_path_factory.mktemp("released"))


verbs = st.lists(
    st.tuples(
        st.sampled_from(("release", "release an earlier one", "rollback")),
        st.sampled_from(ENVIRONMENTS),
        st.sampled_from((None, "the second one is slow")),
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(history=verbs)
def test_a_release_or_a_rollback_writes_one_key_of_one_file_whatever_lies_about(
    shop: Shop, history: list[tuple[str, str, str | None]]
) -> None:
    """Lock and reports of a run that nobody recorded are in the work tree: no release takes them along."""
    root, start = shop.root, git(shop.root, "rev-parse", "HEAD").strip()
    report = "pipelines/tiny/reports/measure.json"
    try:
        for verb, environment, reason in history:
            (root / report).write_text("{}\n")
            file = file_of(environment, "tiny")
            before = said(root / file)
            bundle = shop.first if verb == "release an earlier one" else None
            wanted = Wanted("tiny", environment, bundle, reason)
            try:
                made = rollback(root, wanted) if verb == "rollback" else release(root, wanted)
            except StaleError as error:  # nothing to go back to
                assert verb == "rollback"
                assert "was live" in str(error) or "was never live" in str(error)
                continue
            changed = {path for path in changed_files(root, "HEAD", ".") if path != report}
            entries = {path for path in changed if path.startswith(f"pipelines/tiny/ledger/{environment}/")}
            assert (changed - entries, len(entries)) == ((set(), 0) if made.state == "live already" else ({file}, 1))
            after = said(root / file)
            assert after["bundle"] == made.bundle
            assert {key: value for key, value in after.items() if key not in ("bundle", "reason")} == {
                key: value for key, value in before.items() if key not in ("bundle", "reason")
            }
            (root / report).unlink()
            commit(root, f"{verb} {environment}")
    finally:
        git(root, "reset", "-q", "--hard", start)
        (root / report).unlink(missing_ok=True)


@pytest.mark.slow
def test_what_git_does_not_record_is_released_nowhere(shop: Shop) -> None:
    start = git(shop.root, "rev-parse", "HEAD").strip()
    git(shop.root, "reset", "-q", "--hard", "HEAD~1")
    try:
        for environment in ENVIRONMENTS:
            with pytest.raises(StaleError, match="and only what Git records is released"):
                release(shop.root, Wanted("tiny", environment, shop.second))
            assert changed_files(shop.root, "HEAD", ".") == frozenset()
    finally:
        git(shop.root, "reset", "-q", "--hard", start)


def said(path: Path) -> dict[str, str]:
    return dict(yaml.safe_load(path.read_text())) if path.is_file() else {}


def follow(root: Path, environment: str, bundle: str | None, reason: str | None) -> None:
    path = root / file_of(environment, "churn")
    text = path.read_text() if path.is_file() else None
    if bundle is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(written(text, bundle, reason, file_of(environment, "churn")))
