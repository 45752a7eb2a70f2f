"""A bundle is found wherever it may be, and only if it is what its digest says."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mlops.configuration.project import Project
from mlops.errors import IntegrityError
from mlops.operations.live.bundles import STORE, made_at, obtain, prove
from mlops.operations.live.registry import bring_live
from tests.builders.bundles import make_bundle
from tests.builders.released import make_released, run_of
from tests.builders.repositories import commit, git


def _dvc(root: Path, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "dvc", *arguments], cwd=root, check=True, capture_output=True)


@pytest.mark.slow
def test_an_earlier_bundle_comes_back_from_dvc_as_of_the_commit_that_made_it(tmp_path: Path) -> None:
    root = tmp_path / "work"
    git(tmp_path, "init", "-q", "-b", "main", str(root))
    _dvc(root, "init", "-q")
    (root / "pipelines/tiny").mkdir(parents=True)
    stages = "stages:\n  package:\n    cmd: 'true'\n    outs: [artifacts/bundle]\n"
    (root / "pipelines/tiny/dvc.yaml").write_text(stages)
    (root / ".gitignore").write_text("artifacts/\n.mlops/\n")
    digests, commits = [], []
    for seed in (1, 2):
        digests.append(run_of(root, "tiny", make_bundle(tmp_path / f"bundle-{seed}", seed=seed)))
        if seed == 1:
            _dvc(root, "commit", "-q", "--force", "pipelines/tiny/dvc.yaml")
        commits.append(commit(root, f"Run {seed}"))
    assert [made_at(root, "tiny", digest) for digest in digests] == commits
    assert made_at(root, "tiny", f"sha256:{'a' * 64}") is None
    place = obtain(root, "tiny", digests[0])
    assert place == root / ".mlops/bundles" / digests[0].removeprefix("sha256:")
    assert prove(place, "tiny", digests[0]).digest == digests[0]


def test_a_bundle_of_another_pipeline_is_refused(tmp_path: Path) -> None:
    from mlops.bundle.contents import verify

    bundle = make_bundle(tmp_path / "tiny")
    digest = verify(bundle)
    with pytest.raises(IntegrityError) as caught:
        prove(bundle, "churn", digest)
    assert str(caught.value) == f"the bundle {digest[:19]}… is of tiny, not of churn"


def test_a_bundle_that_answers_otherwise_than_when_it_was_made_is_refused(tmp_path: Path) -> None:
    import json

    from mlops.bundle.contents import verify
    from mlops.bundle.manifest import seal
    from mlops.files.canonical import dumps

    bundle = make_bundle(tmp_path / "tiny")
    golden = json.loads((bundle / "golden.json").read_bytes())
    golden["scores"][0] += 0.001
    (bundle / "golden.json").write_text(dumps(golden))
    (bundle / "manifest.json").unlink()
    seal(bundle, "tiny", "binary")
    with pytest.raises(IntegrityError) as caught:
        prove(bundle, "tiny", verify(bundle))
    assert str(caught.value).startswith("1 of 8 golden rows score otherwise than when the bundle was made")


def test_the_live_bundle_is_brought_to_where_stages_look_and_its_absence_stops_nothing(tmp_path: Path) -> None:
    shop = make_released(tmp_path, registered=False)
    project = Project.model_validate({"name": "shop"})
    shutil.rmtree(shop.root / STORE)
    for digest in (None, "sha256:" + "0" * 64):
        bring_live(shop.root, project, "tiny", digest)
        assert not (shop.root / STORE).exists()
    bring_live(shop.root, project, "tiny", shop.second)
    assert shop.store().get(shop.second).is_dir()
