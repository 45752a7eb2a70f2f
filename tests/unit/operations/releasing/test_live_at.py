"""What a commit has live: where nobody can tell which environment that is, it is not `prod`."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops.errors import IntegrityError
from mlops.operations.live.history import live_at
from tests.builders.kept import bundle, live
from tests.builders.repositories import commit, make_repository

pytestmark = pytest.mark.slow
PROJECT = 'name: shop\nenvironments: {production: {role: live}}\ntracking: {uri: "https://tracking.shop.example"}\n'


def test_a_project_that_cannot_be_read_is_an_error_and_not_prod(tmp_path: Path) -> None:
    root = make_repository(tmp_path)
    place = root / "conf/project.yaml"
    place.write_text(PROJECT)
    live(root, 1, "production", entered=False)
    assert live_at(root, commit(root, "Live"), "churn") == bundle(1)

    (root / "project.yaml").write_text(PROJECT)
    place.unlink()
    place.symlink_to("../project.yaml")
    made = commit(root, "A link, which Git reads as the text of where it leads").strip()
    with pytest.raises(IntegrityError) as caught:
        live_at(root, made, "churn")
    assert caught.value.message == f"{made[:8]}:conf/project.yaml is no project that can be read"
    assert caught.value.hint == "repair conf/project.yaml at the base first"

    place.unlink()
    live(root, 2, entered=False)
    assert live_at(root, commit(root, "No project says nothing"), "churn") == bundle(2)
