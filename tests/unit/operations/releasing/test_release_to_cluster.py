"""A release to a cluster: its pull request names the image, in the release file and in the manifests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops.bundle.contents import Contents
from mlops.bundle.model_image import model_image
from mlops.operations.compiling.compile import check_files, compile_files
from mlops.operations.releasing.release import Wanted, release
from mlops.operations.releasing.rollback import rollback
from mlops.operations.workspace import open_workspace
from tests.builders.clusters import KUBERNETES
from tests.builders.quick_yaml import dump
from tests.builders.released import Shop, make_released
from tests.builders.repositories import BASE, commit, git
from tests.runner.api import Api

pytestmark = pytest.mark.slow
DEPLOYMENT = "pipelines/tiny/deploy/kubernetes/staging/deployment.yaml"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    with Api(tokens={"app": {"pull-requests": "write"}}, accounts={"app": "mlops-app[bot]"}) as api:
        monkeypatch.setenv("GITHUB_API_URL", api.url)
        monkeypatch.setenv("GITHUB_REPOSITORY", "shop/models")
        monkeypatch.setenv("MLOPS_TOKEN", "app")
        yield api


def clustered(shop: Shop) -> Shop:
    """Give the pipeline a configuration that holds, with a target in a cluster."""
    shutil.copytree(BASE / "conf", shop.root / "conf", dirs_exist_ok=True)
    shutil.copytree(BASE / "pipelines/churn/data", shop.root / "pipelines/tiny/data")
    text = (shop.root / "conf/pipeline/churn.yaml").read_text()
    (shop.root / "conf/pipeline/churn.yaml").unlink()
    (shop.root / "conf/pipeline/tiny.yaml").write_text(text + dump({"deploy": {"kubernetes": KUBERNETES}}))
    compile_files(open_workspace(shop.root))
    commit(shop.root, "A target in a cluster")
    git(shop.root, "push", "-q", "--force", "origin", "main")
    return shop


def image(shop: Shop, bundle: str) -> str:
    return model_image("tiny", Contents.read(shop.store().get(bundle))).digest


def test_the_pull_request_of_a_release_and_of_a_rollback_name_the_image(tmp_path: Path, api: Api) -> None:
    shop = clustered(make_released(tmp_path))
    release(shop.root, Wanted("tiny", "staging", shop.first))
    text = shop.file("staging").read_text()
    assert text.endswith(f"bundle: {shop.first}\nimage: {image(shop, shop.first)}\n")
    assert check_files(open_workspace(shop.root)) == ()
    commit(shop.root, "Release one (#1)")
    git(shop.root, "push", "-q", "origin", "main")
    release(shop.root, Wanted("tiny", "staging"), propose=True)
    branch = "mlops/release/staging/tiny"
    manifest = git(shop.origin, "show", f"{branch}:{DEPLOYMENT}")
    assert image(shop, shop.second) in manifest
    assert image(shop, shop.first) not in manifest
    changed = git(shop.origin, "diff", "--name-only", "main", branch, "--", "pipelines/tiny/deploy").split()
    assert changed == [DEPLOYMENT]
    git(shop.root, "fetch", "-q", "origin", branch)
    git(shop.root, "merge", "-q", "--ff-only", "FETCH_HEAD")
    assert check_files(open_workspace(shop.root)) == ()
    git(shop.root, "push", "-q", "origin", "HEAD:main")
    rollback(shop.root, Wanted("tiny", "staging"), propose=True)
    back = git(shop.origin, "show", f"mlops/rollback/staging/tiny:{DEPLOYMENT}")
    assert image(shop, shop.first) in back
    released = git(shop.origin, "show", "mlops/rollback/staging/tiny:conf/release/staging/tiny.yaml")
    assert f"bundle: {shop.first}\nimage: {image(shop, shop.first)}\n" in released


def test_an_image_that_is_missing_is_written_and_what_others_change_is_left_to_them(tmp_path: Path, api: Api) -> None:
    shop = clustered(make_released(tmp_path))
    shop.say("staging", shop.second)
    shop.say("staging", shop.first)
    assert release(shop.root, Wanted("tiny", "staging", shop.first)).state == "written"
    text = shop.file("staging").read_text()
    assert text == f"bundle: {shop.first}\nimage: {image(shop, shop.first)}\n"
    commit(shop.root, "Name the image")
    git(shop.root, "push", "-q", "origin", "main")
    assert release(shop.root, Wanted("tiny", "staging", shop.first)).state == "live already"
    pipeline = shop.root / "conf/pipeline/tiny.yaml"
    pipeline.write_text(f"{pipeline.read_text()}    pull_secret: mine\n")
    compile_files(open_workspace(shop.root))
    commit(shop.root, "Of a branch that nobody merged")
    for act, branch in ((release, "release"), (rollback, "rollback")):
        act(shop.root, Wanted("tiny", "staging", shop.second if act is release else None), propose=True)
        manifest = git(shop.origin, "show", f"mlops/{branch}/staging/tiny:{DEPLOYMENT}")
        assert image(shop, shop.second) in manifest
        assert "mine" not in manifest
        assert (shop.root / DEPLOYMENT).read_text().count("mine") == 1
