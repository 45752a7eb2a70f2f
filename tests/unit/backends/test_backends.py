"""Back ends are a slice: what names them is derived, and a new one is one file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from mlops.backends import BACKENDS
from mlops.compiler.files import PLACES
from mlops.configuration.ci import Continuous
from mlops.configuration.project import Project
from tests.builders.repositories import make_repository

DRONE = '''"""`.drone.yml`: a toy."""

from mlops.backends.backend import backend
from mlops.blocks.block import Block
from mlops.files.compiled_text import document
from mlops.plan.pipeline import Plan


class Drone(Block):
    """Keys of its own."""

    flight: int = 1
    """How high."""


def render(plan: Plan) -> dict[str, str]:
    return {".drone.yml": document("conf/", {"branch": plan.review.branch, **plan.review.own})}


KIND = backend(
    __name__, __doc__, render, asked="ci", called="Drone", block=Drone, most_jobs=40, folder=".drone",
    covers="change", places=(".drone.yml",), reviewed=("/.drone.yml",),
)
'''
STARTED = "import sys, mlops.backends as b; b.__path__.append(sys.argv.pop(1)); from mlops.__main__ import main; main()"
IMAGE = f"python@sha256:{'a' * 64}"


def test_a_key_that_is_an_engines_own_is_one_of_ci() -> None:
    keys = {key for each in BACKENDS.values() for key in each.keys or ()}
    assert keys <= set(Continuous.model_fields)
    assert "kind" not in keys


def test_a_key_that_one_engine_alone_has_need_not_be_given() -> None:
    assert [key for block in BACKENDS.blocks() for key in block.model_fields] == ["image"]
    assert not any(info.is_required() for block in BACKENDS.blocks() for info in block.model_fields.values())
    assert Continuous(kind="gitlab").own == {"image": None}
    assert Continuous().own == {}


def test_what_may_be_named_is_what_is_there() -> None:
    for model, key in ((Continuous, "ci"), (Project, "orchestrate")):
        properties = model.model_json_schema()["properties"]
        said = properties["kind"] if model is Continuous else properties["orchestrate"]["items"]
        assert {*said.get("enum", ()), said.get("const")} - {None} == set(BACKENDS.asked(key))  # type: ignore[arg-type]


def test_every_file_of_an_engine_is_reviewed_by_the_owners_of_the_policy() -> None:
    always = ("/.github/", "/pipelines/", "/FOLDER/")
    for each in BACKENDS.values():
        for place in each.places:
            assert f"/{place}".startswith((*always, *each.reviewed)), each.name


def test_compiled_files_lie_in_the_folder_of_every_engine() -> None:
    assert {".github/CODEOWNERS", ".gitlab/CODEOWNERS", ".gitlab/gates/*.yaml", "orchestrate/airflow/*.py"} <= set(
        PLACES
    )
    assert not any("FOLDER" in place for place in PLACES)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "gitlab", "jobs": 201}, "GitLab runs at most 200 jobs side by side: write `jobs: 200` or less"),
        ({"kind": "gitlab", "public": True}, "`public` means nothing to `kind: gitlab`: leave it out"),
        ({"image": IMAGE}, "`image` means nothing to `kind: github`: leave it out"),
        ({"kind": "drone"}, "Input should be "),
    ],
)
def test_what_an_engine_does_not_do_is_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError) as found:
        Continuous.model_validate(settings)
    assert found.value.errors()[0]["msg"].removeprefix("Value error, ").startswith(message)


def test_nobodys_ci_minds_no_key() -> None:
    assert Continuous.model_validate({"kind": "none", "image": IMAGE, "public": True}).image == IMAGE


@pytest.mark.slow
def test_a_back_end_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more/drone.py").write_text(DRONE)
    root = make_repository(tmp_path / "shop")
    (root / "conf/policy.yaml").write_text('owners: ["@platform"]\n')

    def mlops(*command: str, ci: str) -> subprocess.CompletedProcess[str]:
        (root / "conf/project.yaml").write_text(f"name: shop\nci: {{kind: drone{ci}}}\n")
        called = [sys.executable, "-c", STARTED, str(tmp_path / "more"), *command]
        return subprocess.run(called, cwd=root, capture_output=True, text=True, check=False)

    done = mlops("compile", ci=", flight: 3")
    assert done.returncode == 0, done.stderr
    assert (root / ".drone.yml").read_text().endswith("branch: main\nflight: 3\n")
    assert "\n/.drone.yml @platform\n" in (root / ".drone/CODEOWNERS").read_text()
    assert not (root / ".github").exists()
    assert (
        "Drone runs at most 40 jobs side by side: write `jobs: 40` or less" in mlops("validate", ci=", jobs: 41").stderr
    )
    assert "`image` means nothing to `kind: drone`: leave it out" in mlops("validate", ci=f", image: {IMAGE}").stderr
    rows = json.loads(mlops("kinds", "backends", "-o", "json", ci="").stdout)["kinds"]
    assert {"slice": "backends", "kind": "drone", "what": "`.drone.yml`: a toy."}.items() <= next(
        row.items() for row in rows if row["kind"] == "drone"
    )
