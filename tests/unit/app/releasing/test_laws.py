"""Whatever was released and taken back: nothing that is compiled moves, so nothing has to be run again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.app.planning.plan import plan
from mlops.app.releasing.releases import file_of, written
from mlops.app.workspace import open_workspace
from mlops.backends.registry import render
from tests.builders.repositories import make_repository, record

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


def follow(root: Path, environment: str, bundle: str | None, reason: str | None) -> None:
    path = root / file_of(environment, "churn")
    text = path.read_text() if path.is_file() else None
    if bundle is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(written(text, bundle, reason, file_of(environment, "churn")))
