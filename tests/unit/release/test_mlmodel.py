"""The MLflow model we write loads through MLflow and scores as the bundle does; one that others wrote is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from mlops.bundle.contents import Contents
from mlops.errors import IntegrityError
from mlops.files.canonical import digest_file
from mlops.release import loader, published
from mlops.release.entry import Origin
from mlops.release.mlmodel import BESIDE, Made, bundle_of, write_model
from mlops.release.registry import register
from tests.builders.bundles import VERSION1, make_bundle
from tests.builders.papers import write_papers
from tests.builders.stores import make_store
from tests.conftest import ROOT

pytestmark = pytest.mark.slow
LOADER = published.present()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "model"
    folder.mkdir()
    write_model(folder, Contents.read(make_bundle(folder.parent / "tiny")))
    return folder


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Say where `models:/` leads; MLflow keeps it, and tells it to the environment, until it is told otherwise."""
    import mlflow

    uri = make_store(tmp_path / "mlflow.db")
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        monkeypatch.setenv(name, uri)
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    yield uri
    mlflow.set_tracking_uri(None)
    mlflow.set_registry_uri("")


@pytest.mark.filterwarnings("ignore:.*AnyType:UserWarning")  # MLflow's own types warn when it is imported
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_registered_version_gives_the_golden_scores_through_mlflow(task: str, tmp_path: Path, store: str) -> None:
    import mlflow
    import pandas

    bundle = make_bundle(tmp_path / "tiny", task)
    papers = write_papers(tmp_path / "reports", bundle)
    register(bundle, papers, pipeline="tiny", tracking_uri=store, experiment="tiny", origin=Origin("c" * 40))
    model = mlflow.pyfunc.load_model("models:/tiny/1")
    golden = json.loads((bundle / "golden.json").read_bytes())
    frame = pandas.DataFrame(golden["rows"])
    np.testing.assert_array_equal(model.predict(frame), np.array(golden["scores"], dtype=np.float32))
    dated = frame.assign(joined=pandas.to_datetime(frame["joined"]), seen=pandas.to_datetime(frame["seen"]))
    np.testing.assert_array_equal(model.predict(dated), np.array(golden["scores"], dtype=np.float32))


def test_the_model_names_its_loader_and_carries_no_other_code_and_no_pickle(model: Path) -> None:
    described = yaml.safe_load((model / "MLmodel").read_text())
    flavor = described["flavors"].pop("python_function")
    assert described["flavors"] == {}
    assert (flavor["loader_module"], flavor["data"], flavor["code"]) == (f"{LOADER}.pyfunc", "bundle", "code")
    assert flavor["config"] == {"bundle": digest_file(model / "bundle/manifest.json")}
    inputs = {field["name"]: field["type"] for field in json.loads(described["signature"]["inputs"])}
    assert inputs == {
        "age": "any",  # has nulls
        "visits": "long",
        "insured": "boolean",
        "plan": "string",
        "joined": "any",
        "seen": "any",
    }
    assert [line.split("==")[0] for line in (model / "requirements.txt").read_text().splitlines()] == [
        "mlflow",
        "numpy",
        "onnxruntime",
        "pydantic",
    ]
    code = {path.relative_to(model).as_posix() for path in (model / "code").rglob("*") if path.is_file()}
    assert code == set(published.files())
    assert not [path for path in model.rglob("*") if path.suffix in {".pkl", ".pickle", ".joblib", ".pt"}]


OUTPUTS = {
    "binary": "probability of y=true",
    "multiclass": "probabilities of y=high, low, middle",
    "regression": "y",
}


@pytest.mark.filterwarnings("ignore:.*AnyType:UserWarning")
@pytest.mark.parametrize("task", OUTPUTS)
def test_mlflow_shows_rows_to_send_and_what_comes_back(task: str, tmp_path: Path) -> None:
    """By MLflow's own reader: the rows are golden ones, which are of nobody, and their answer fits the signature."""
    import mlflow

    bundle, model = make_bundle(tmp_path / "tiny", task), tmp_path / "model"
    write_model(model, Contents.read(bundle))
    golden = json.loads((bundle / "golden.json").read_bytes())
    described, loaded = mlflow.models.Model.load(str(model)), mlflow.pyfunc.load_model(str(model))
    shown, signature = described.load_input_example(str(model)), described.signature
    assert shown is not None
    assert signature is not None
    scores = loaded.predict(shown)
    np.testing.assert_array_equal(scores, np.array(golden["scores"][:5], dtype=np.float32))
    assert signature.outputs.input_names() == [OUTPUTS[task]]
    mlflow.models.validate_schema(scores, signature.outputs)
    served = described.get_serving_input(str(model))
    assert served is not None
    assert json.loads(served)["dataframe_split"]["columns"] == [field.name for field in signature.inputs.inputs]


def test_a_bundle_of_version_1_shows_no_rows(tmp_path: Path) -> None:
    write_model(tmp_path, Contents.read(VERSION1))
    assert not list(tmp_path.glob("*example*"))
    assert "name" not in json.loads(yaml.safe_load((tmp_path / "MLmodel").read_text())["signature"]["outputs"])[0]


def test_the_digest_of_the_loader_is_what_the_page_says_to_type(model: Path) -> None:
    typed = f"cd code/{LOADER} && LC_ALL=C sha256sum * | sha256sum"
    assert typed.replace(LOADER, "mlops_bundle_loader_*") in (ROOT / "docs/mlflow.md").read_text()
    done = subprocess.run(["sh", "-c", typed], cwd=model, capture_output=True, text=True, check=True)
    assert f"sha256:{done.stdout.split()[0]}" == list(published.PUBLISHED.values())[-1]


def test_an_installation_with_another_loader_registers_nothing(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = loader.make()
    monkeypatch.setattr(loader, "make", lambda: made | {"schema.py": made["schema.py"] + b"# mine\n"})
    published.files.cache_clear()
    with pytest.raises(IntegrityError) as refused:
        write_model(tmp_path / "model", Contents.read(model / "bundle"))
    published.files.cache_clear()
    found = published.digest(published.contents())
    said = f"the loader that {loader.PACKAGE} makes is {found} but must be {list(published.PUBLISHED.values())[-1]}"
    assert (str(refused.value), refused.value.hint) == (
        said,
        "install this package again; in its own repository: make golden",
    )
    assert not (tmp_path / "model").exists()


def test_a_model_of_ours_gives_its_bundle(model: Path) -> None:
    assert bundle_of(model) == model / "bundle"


BEFORE = """\
flavors:
  python_function:
    data: bundle
    env:
      virtualenv: python_env.yaml
    loader_module: mlops.bundle.pyfunc
    python_version: 3.11.7
mlflow_version: 3.17.2
model_uuid: 5d41402abc4b2a76b9719d911017c592
signature:
  inputs: '[]'
  outputs: '[]'
  params: null
"""
"""What was written while no loader travelled with a model."""


def test_a_model_of_before_gives_its_bundle(model: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(model, tmp_path / "model")
    shutil.rmtree(folder / "code")
    (folder / "MLmodel").write_text(BEFORE)
    assert bundle_of(folder) == folder / "bundle"
    made = Made.read({name: (folder / name).read_bytes() for name in BESIDE})
    assert (made.python, made.mlflow, made.loader, made.example) == ("3.11.7", "3.17.2", "", False)


def _flavor(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda described: described["flavors"]["python_function"].update(changes)


HOSTILE: dict[str, Callable[[dict[str, Any]], Any]] = {
    "code above": _flavor(code="code/../.."),
    "absolute code": _flavor(code="/tmp"),
    "the whole model as code": _flavor(code="."),
    "code for a loader that has none": _flavor(loader_module="mlops.bundle.pyfunc"),
    "foreign loader": _flavor(loader_module="os"),
    "a module of ours that is no loader": _flavor(loader_module=f"{LOADER}.canonical"),
    "a loader that was never published": _flavor(loader_module="mlops_bundle_loader_00000000.pyfunc"),
    "a loader without its code": lambda described: described["flavors"]["python_function"].pop("code"),
    "python model": _flavor(python_model="python_model.pkl"),
    "model code path": _flavor(model_code_path="model.py"),
    "another config": _flavor(config={"bundle": "sha256:0", "evil": 1}),
    "a config that is no digest": _flavor(config={"bundle": ["sha256:0"]}),
    "absolute data": _flavor(data="/etc"),
    "data above": _flavor(data="../bundle"),
    "pickled model": lambda described: described["flavors"].update(sklearn={"pickled_model": "../x"}),
    "model config": _flavor(config={"a": 1}),
    "no flavor": lambda described: described.pop("flavors"),
    "an example elsewhere": lambda described: described["saved_input_example_info"].update(artifact_path="/etc/passwd"),
    "external": lambda described: described.update(metadata={"mlflow.model.is_external": True}),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_model_that_others_wrote_is_refused(case: str, model: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(model, tmp_path / "model")
    described = yaml.safe_load((folder / "MLmodel").read_text())
    HOSTILE[case](described)
    (folder / "MLmodel").write_text(yaml.safe_dump(described))
    with pytest.raises(IntegrityError) as caught:
        bundle_of(folder)
    assert str(caught.value) == "model/MLmodel was not written by this framework"


@pytest.mark.parametrize(
    "text", ["", "[1, 2]", "!!python/object/apply:os.system [id]", "\0", "flavors: 3", "a: 2026-99-99", "[" * 5000]
)
def test_a_description_that_is_none_is_refused(text: str, model: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(model, tmp_path / "model")
    (folder / "MLmodel").write_text(text)
    with pytest.raises(IntegrityError):
        bundle_of(folder)


def test_a_bundle_that_is_a_link_is_refused(model: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(model, tmp_path / "model")
    shutil.rmtree(folder / "bundle")
    (folder / "bundle").symlink_to(model / "bundle")
    with pytest.raises(IntegrityError):
        bundle_of(folder)
