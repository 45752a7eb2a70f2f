"""A release file that is edited by hand names what Git records, or what was live there before."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops.errors import InfrastructureError
from mlops.operations.judging.release_record import unrecorded
from tests.builders.released import Shop, make_released
from tests.builders.repositories import git

pytestmark = pytest.mark.slow

A = "sha256:" + "a" * 64


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_released(tmp_path, registered=False)


def base(shop: Shop) -> str:
    return git(shop.root, "rev-parse", "HEAD").strip()


def test_a_bundle_that_nobody_recorded_is_found_at_its_file(shop: Shop) -> None:
    before = base(shop)
    shop.say("prod", A)
    (found,) = unrecorded(shop.root, before)
    assert (found.position.file, found.rule, found.severity) == (
        "conf/release/prod/tiny.yaml",
        "release-unrecorded",
        "error",
    )
    assert (
        found.message == f"{before[:8]}, which this is to be merged into, does not record the run that made {A[:19]}…"
    )
    assert found.hint == "merge pipelines/tiny/dvc.lock and its reports first: mlops record tiny"


def test_what_is_recorded_and_what_did_not_change_is_let_through(shop: Shop) -> None:
    before = base(shop)
    shop.say("prod", shop.first)
    assert list(unrecorded(shop.root, before)) == []
    after = base(shop)
    shop.file("prod").write_text(f"# slowly\nbundle: {shop.first}\n")
    assert list(unrecorded(shop.root, after)) == []


def test_a_record_and_its_release_are_two_pull_requests(shop: Shop) -> None:
    earlier = git(shop.root, "rev-parse", "HEAD~1").strip()
    shop.say("prod", shop.second)
    assert len(list(unrecorded(shop.root, earlier))) == 1


def test_what_was_live_there_comes_back_whatever_is_recorded_of_it(shop: Shop) -> None:
    shop.say("prod", A, "long ago")
    shop.say("prod", shop.first)
    before = base(shop)
    shop.say("prod", A, "back")
    assert list(unrecorded(shop.root, before)) == []
    shop.say("staging", A)
    assert len(list(unrecorded(shop.root, before))) == 1


def test_a_shallow_clone_cannot_tell(shop: Shop, tmp_path: Path) -> None:
    shop.say("prod", A)
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{shop.root}", "shallow")
    root = tmp_path / "shallow"
    (root / "conf/release/prod/tiny.yaml").write_text(f"bundle: {shop.first[:-1]}0\n")
    with pytest.raises(InfrastructureError, match="the history before was not fetched"):
        list(unrecorded(root, base(Shop(root, shop.origin, shop.first, shop.second))))
