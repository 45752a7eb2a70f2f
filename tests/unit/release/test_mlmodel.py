"""The MLflow model we write loads through MLflow and scores as the bundle does; one that others wrote is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from mlops.bundle.contents import Contents
from mlops.errors import IntegrityError
from mlops.release.entry import Origin
from mlops.release.mlmodel import bundle_of, write_model
from mlops.release.registry import register
from tests.builders.bundles import make_bundle
from tests.builders.papers import write_papers
from tests.builders.stores import make_store

pytestmark = pytest.mark.slow


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


def test_the_model_names_its_loader_and_carries_no_code_and_no_pickle(model: Path) -> None:
    described = yaml.safe_load((model / "MLmodel").read_text())
    flavor = described["flavors"].pop("python_function")
    assert described["flavors"] == {}
    assert (flavor["loader_module"], flavor["data"], "code" in flavor) == ("mlops.bundle.pyfunc", "bundle", False)
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
    assert not [path for path in model.rglob("*") if path.suffix in {".pkl", ".pickle", ".joblib", ".py", ".pt"}]


def test_a_model_of_ours_gives_its_bundle(model: Path) -> None:
    assert bundle_of(model) == model / "bundle"


def _flavor(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda described: described["flavors"]["python_function"].update(changes)


HOSTILE: dict[str, Callable[[dict[str, Any]], Any]] = {
    "code": _flavor(code="code"),
    "foreign loader": _flavor(loader_module="os"),
    "absolute data": _flavor(data="/etc"),
    "data above": _flavor(data="../bundle"),
    "pickled model": lambda described: described["flavors"].update(sklearn={"pickled_model": "../x"}),
    "model config": _flavor(config={"a": 1}),
    "no flavor": lambda described: described.pop("flavors"),
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
