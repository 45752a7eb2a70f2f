"""An upgrade and nothing else is judged by the release that it moves to; one other file, and the base judges."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops.files.compiled_text import MARK
from mlops.operations.judging import appointed
from mlops.operations.judging.appointed import appoint
from mlops.operations.starting.pin import FILE, Pin, Requirements, write
from tests.builders.repositories import commit, git

pytestmark = pytest.mark.slow

LATER = "vendor/mlops_by_pull_request-7.0-py3-none-any.whl"
UPGRADE = {
    FILE: write(Requirements(Pin("7.0", "b" * 64, f"./{LATER}"), "")),
    LATER: "a wheel",
    ".github/workflows/mlops-pr.yml": f"{MARK} from conf/: otherwise\n",
    "pipelines/churn/params.yaml": f"{MARK}: otherwise\n",
    "pipelines/churn/dvc.lock": "stages: {}\n",
    "pipelines/churn/reports/gate.json": "{}\n",
    "conf/.schema/pipeline.json": "{}\n",
    "conf/README.md": "keys\n",
    "conf/pipeline/churn.yaml": "description: renamed\n",
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "shop"
    put(home, {FILE: write(Requirements(Pin("0.1.0", "a" * 64), "")), "conf/project.yaml": "name: shop\n"})
    put(home, {"pipelines/churn/params.yaml": f"{MARK}: as it was\n"})
    commit(home)
    git(tmp_path, "clone", "-q", str(home), str(tmp_path / "change"))
    return home


def put(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def appointed_for(home: Path, files: dict[str, str]) -> str:
    change = put(home.parent / "change", files)
    commit(change)
    return appoint(home, change)


def test_an_upgrade_is_judged_by_the_release_that_it_moves_to(home: Path) -> None:
    assert appointed_for(home, UPGRADE) == "head"


@pytest.mark.parametrize(
    "path",
    [
        "note.txt",
        "conf/policy.yaml",
        "conf/waiver/churn.yaml",
        "conf/release/prod/churn.yaml",
        "pipelines/churn/rules.py",
        "pipelines/churn/data/table.csv",
        "pipelines/churn/dvc.lock.py",
        "vendor/mlops_by_pull_request-9.9-py3-none-any.whl",
        ".github/workflows/own.yml",
        ".github/workflows/mlops-main.yml",
        ".dvc/config",
        "mlops/cli/judge.py",
    ],
)
def test_one_other_file_beside_it_and_the_base_judges(home: Path, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert appointed_for(home, {**UPGRADE, path: "by hand\n"}) == "base"
    monkeypatch.setattr(appointed, "_written", lambda *_: True)
    assert appoint(home, home.parent / "change") == "head"


@pytest.mark.parametrize(
    "files",
    [
        {"pipelines/churn/dvc.lock": "stages: {}\n"},
        {"conf/pipeline/churn.yaml": "description: other\n"},
        {FILE: "mlops-by-pull-request==7.0\n"},
        {FILE: write(Requirements(Pin("0.1.0", "a" * 64), "click==8.1 \\\n    --hash=sha256:1\n"))},
    ],
    ids=["a lock alone", "YAML alone", "a pin without its hash", "what is locked beside the pin"],
)
def test_where_the_pin_does_not_move_the_base_judges(home: Path, files: dict[str, str]) -> None:
    assert appointed_for(home, files) == "base"


def test_a_repository_that_brings_the_program_itself_is_judged_by_its_base(home: Path) -> None:
    (home / "conf/project.yaml").write_text("name: shop\nci: {install: make}\n")
    assert appointed_for(home, UPGRADE) == "base"
