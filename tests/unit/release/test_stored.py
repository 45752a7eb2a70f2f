"""What MLflow's store holds of a version is compared byte by byte: whatever was put there by others is told by name."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlops.errors import IntegrityError
from mlops.files.canonical import digest_file
from mlops.release import published, stored
from mlops.release.entry import Origin
from mlops.release.mlmodel import Made
from mlops.release.registry import Registered, register
from mlops.release.tracking import connection
from tests.builders.bundles import make_bundle
from tests.builders.flipped import flip, read, rewrite
from tests.builders.papers import write_papers
from tests.builders.stores import make_store

pytestmark = pytest.mark.slow
LOADER = published.present()
TABLE = f"code/{LOADER}/table.py"


class Held:
    """A registered bundle: where the store has it, its digest, its client."""

    def __init__(self, folder: Path) -> None:
        self.db = folder / "mlflow.db"
        self.uri = make_store(self.db)
        self.bundle = make_bundle(folder / "bundle")
        self.papers = write_papers(folder / "reports", self.bundle)
        self.version = self.register().version
        with connection(self.uri) as client:
            found = client.get_model_version("tiny", self.version)
            self.client, self.run = client, str(found.run_id)
        self.model = Path(str(found.source))

    def register(self) -> Registered:
        origin = Origin("c" * 40)
        papers, uri = self.papers, self.uri
        return register(self.bundle, papers, pipeline="tiny", tracking_uri=uri, experiment="tiny", origin=origin)

    def hold(self) -> None:
        stored.hold(self.client, self.client.get_model_version("tiny", self.version), self.papers.bundle)

    def first(self, *, whole: bool) -> str | None:
        version = self.client.get_model_version("tiny", self.version)
        return stored.first(self.client, version, self.papers.bundle, whole=whole)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Held:
    return Held(tmp_path_factory.mktemp("stored"))


@pytest.fixture
def held(made: Held, tmp_path: Path) -> Iterator[Held]:
    shutil.copytree(made.model, tmp_path / "model")
    rows = made.db.read_bytes()
    yield made
    shutil.rmtree(made.model)
    shutil.copytree(tmp_path / "model", made.model)
    made.db.write_bytes(rows)


def refusal(held: Held) -> str:
    with pytest.raises(IntegrityError) as refused:
        held.hold()
    *_, last = refused.value.message.split(":\n  ", 1)
    return last


def test_what_register_wrote_is_held(held: Held) -> None:
    held.hold()
    assert (held.first(whole=False), held.first(whole=True)) == (None, None)
    assert held.register().created is False


@pytest.mark.parametrize(
    "name",
    [
        "MLmodel",
        "python_env.yaml",
        "requirements.txt",
        "input_example.json",
        "serving_input_example.json",
        "bundle/model.onnx",
        f"code/{LOADER}/schema.py",
        f"code/{LOADER}/__pycache__",
    ],
)
def test_a_flipped_bit_is_named_by_its_file(name: str, held: Held) -> None:
    flip(held.model / name)
    wrote = "when it was made" if name.startswith("bundle/") else "`mlops register` wrote"
    assert refusal(held) == f"model/{name} has other bytes than {wrote}"
    assert held.first(whole=False) is None  # the list of files is as it was
    assert held.first(whole=True) == refusal(held)
    with pytest.raises(IntegrityError):
        held.register()


def test_another_version_of_a_library_is_told_by_the_tag_alone(held: Held) -> None:
    path = held.model / "requirements.txt"
    path.write_text(path.read_text().replace("numpy==", "numpy==9"))
    held.client.set_model_version_tag("tiny", held.version, "mlops.verdict", "pass")
    assert refusal(held) == "model/requirements.txt has other bytes than `mlops register` wrote"


def test_a_tag_that_agrees_excuses_no_package_of_others(held: Held) -> None:
    (held.model / "requirements.txt").write_text("evil==1.0\n")
    tag = json.loads(held.client.get_model_version("tiny", held.version).tags["mlops.files"])
    tag["requirements.txt"] = "7d4d0d2d" * 8
    held.client.set_model_version_tag("tiny", held.version, "mlops.files", json.dumps(tag))
    assert refusal(held) == "model/requirements.txt has other bytes than `mlops register` wrote"


def test_a_tag_that_leaves_a_file_out_excuses_nothing(held: Held) -> None:
    path = held.model / "requirements.txt"
    path.write_text(path.read_text().replace("numpy==", "numpy==9"))
    tag = json.loads(held.client.get_model_version("tiny", held.version).tags["mlops.files"])
    del tag["requirements.txt"]
    held.client.set_model_version_tag("tiny", held.version, "mlops.files", json.dumps(tag))
    assert refusal(held) == "model/requirements.txt has other bytes than `mlops register` wrote"


def _swapped(held: Held) -> str:
    other = make_bundle(held.model.parent / "other", seed=2)
    shutil.rmtree(held.model / "bundle")
    shutil.move(other, held.model / "bundle")
    return "model/bundle/manifest.json has other bytes"


def _extra(held: Held) -> str:
    (held.model / "code/numpy.py").write_text("x")
    return "model/code/numpy.py is no part of it"


def _compiled(held: Held) -> str:
    cache = held.model / f"code/{LOADER}/__pycache__"
    cache.unlink()
    cache.mkdir()
    (cache / "pyfunc.cpython-311.pyc").write_bytes(b"x")
    return f"model/code/{LOADER}/__pycache__ is missing"


def _no_loader(held: Held) -> str:
    shutil.rmtree(held.model / "code")
    return f"model/code/{LOADER}/__init__.py is missing"


def _missing(held: Held) -> str:
    (held.model / "bundle/golden.json").unlink()
    return "model/bundle/golden.json is missing"


def _gone(held: Held) -> str:
    shutil.rmtree(held.model / "bundle")
    return "model/bundle/manifest.json is missing, or is none"


def _longer(held: Held) -> str:
    with (held.model / "bundle/model.onnx").open("ab") as file:
        file.write(b"x")
    size = (held.model / "bundle/model.onnx").stat().st_size
    return f"model/bundle/model.onnx has {size:,} bytes"


def _moved(column: str) -> Callable[[Held], str]:
    def move(held: Held) -> str:
        expected = read(held.db, "model_versions", column)
        rewrite(held.db, "model_versions", column, "/elsewhere/model")
        return f"it leads to /elsewhere/model, but its run keeps the model in {expected}"

    return move


@pytest.mark.parametrize(
    "poison",
    [
        *(_swapped, _extra, _compiled, _no_loader, _missing, _gone, _longer),
        *(_moved("source"), _moved("storage_location")),
    ],
    ids=[
        *("swapped", "extra", "compiled", "no_loader", "missing", "gone", "longer"),
        *("source", "storage_location"),
    ],
)
def test_what_the_list_tells_is_told_without_reading_it_all(poison: Callable[[Held], str], held: Held) -> None:
    sentence = poison(held)
    assert held.first(whole=False) == sentence
    assert refusal(held).splitlines()[0] == sentence


def _tag(held: Held, files: dict[str, str]) -> None:
    held.client.set_model_version_tag("tiny", held.version, "mlops.files", json.dumps(files))


def _agreeing(held: Held) -> dict[str, str]:
    """The tag that agrees with whatever lies beside the bundle."""
    paths = [path for path in held.model.rglob("*") if path.is_file() and "bundle" not in path.parts]
    return {path.relative_to(held.model).as_posix(): digest_file(path).removeprefix("sha256:") for path in paths}


def test_a_tag_that_agrees_excuses_no_loader_of_others(held: Held) -> None:
    flip(held.model / f"code/{LOADER}/schema.py")
    _tag(held, _agreeing(held))
    assert refusal(held) == f"model/code/{LOADER}/schema.py has other bytes than `mlops register` wrote"
    (held.model / f"code/{LOADER}/evil.py").write_text("x")
    _tag(held, _agreeing(held))
    assert refusal(held) == f"model/code/{LOADER}/evil.py is no part of it"


def _described(**changes: Any) -> Callable[[Path], object]:
    def write(model: Path) -> None:
        described = yaml.safe_load((model / "MLmodel").read_text())
        described["flavors"]["python_function"].update(changes)
        (model / "MLmodel").write_text(yaml.safe_dump(described))

    return write


def _written(name: str, text: str) -> Callable[[Path], object]:
    return lambda model: (model / name).write_text(text)


def _pickled(model: Path) -> None:
    _described(loader_module="mlflow.pyfunc.model", python_model="python_model.pkl")(model)
    (model / "python_model.pkl").write_bytes(b"cos\nsystem\n(S'id'\ntR.")


def _linked(name: str, target: str) -> Callable[[Path], object]:
    def link(model: Path) -> None:
        (model / name).unlink()
        (model / name).symlink_to(target)

    return link


def _elsewhere(model: Path) -> None:
    """The very bytes, for now."""
    shutil.copytree(model / "code", model.parent / "code")
    shutil.rmtree(model / "code")
    (model / "code").symlink_to(model.parent / "code")


def _pipe(model: Path) -> None:
    (model / TABLE).unlink()
    os.mkfifo(model / TABLE)


WROTE = "has other bytes than `mlops register` wrote"
HOSTILE: dict[str, tuple[Callable[[Path], object], str]] = {
    "another loader": (_described(loader_module="os"), f"MLmodel {WROTE}"),
    "code of others": (_described(code="../../../elsewhere"), f"MLmodel {WROTE}"),
    "no digest": (_described(config=None), f"MLmodel {WROTE}"),
    "another digest": (_described(config={"bundle": "sha256:" + "0" * 64}), f"MLmodel {WROTE}"),
    "a pickled model": (_pickled, "python_model.pkl is no part of it"),
    "a wheel of others": (
        _written("requirements.txt", "numpy @ https://index.example/numpy-9-py3-none-any.whl\n"),
        f"requirements.txt {WROTE}",
    ),
    "another index": (
        _written("python_env.yaml", "dependencies: [--index-url https://index.example/]\n"),
        f"python_env.yaml {WROTE}",
    ),
    "another environment": (_written("conda.yaml", "dependencies: [evil]\n"), "conda.yaml is no part of it"),
    "a module with the name of one that is installed": (
        _written("code/mlops.py", "x"),
        "code/mlops.py is no part of it",
    ),
    "a module that comes with a loader": (
        _written(f"code/{LOADER}/sitecustomize.py", "x"),
        f"code/{LOADER}/sitecustomize.py is no part of it",
    ),
    "a link to what others can read": (_linked("MLmodel", "/etc/passwd"), "MLmodel is a link"),
    "a loader that is elsewhere": (_elsewhere, "code is a link"),
    "a file that never ends": (_pipe, f"{TABLE} has 0 bytes"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_who_writes_the_store_and_the_rows_is_told(case: str, held: Held) -> None:
    spoil, sentence = HOSTILE[case]
    spoil(held.model)
    if case != "a file that never ends":
        _tag(held, _agreeing(held))
    assert refusal(held) == f"model/{sentence}"


def test_a_tag_that_names_no_loader_lets_none_lie_there(held: Held) -> None:
    _tag(held, {name: digest for name, digest in _agreeing(held).items() if "/" not in name})
    assert refusal(held).splitlines()[0] == f"model/code/{LOADER}/__init__.py is no part of it"


@pytest.mark.parametrize("tag", ["[" * 100_000, "3", "{"])
def test_a_tag_that_is_none_agrees_with_nothing(tag: str, held: Held) -> None:
    rewrite(held.db, "model_version_tags", "value", tag, "key = 'mlops.files'")
    assert refusal(held).splitlines()[0] == f"model/code/{LOADER}/__init__.py is no part of it"


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next release, which has another loader."""
    monkeypatch.setattr(published, "PUBLISHED", {**published.PUBLISHED, "99.0": f"sha256:{'f' * 64}"})


@pytest.mark.usefixtures("later")
def test_the_loader_of_an_earlier_release_is_held_to_its_digest(held: Held) -> None:
    held.hold()
    assert (held.first(whole=False), held.register().created) == (None, False)
    flip(held.model / f"code/{LOADER}/schema.py")
    first, second = refusal(held).splitlines()
    assert first == f"model/code/{LOADER}/schema.py has other bytes than `mlops register` wrote"
    assert second.strip() == "model/code is no loader that was published"
    _tag(held, _agreeing(held))
    assert refusal(held) == "model/code is no loader that was published"
    (held.model / "code/numpy.py").write_text("x")
    _tag(held, _agreeing(held))
    assert held.first(whole=False) == "model/code/numpy.py is no part of it"


def test_the_loader_of_a_later_release_is_not_known(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published, "PUBLISHED", {"0.0.1": f"sha256:{'f' * 64}"})
    assert refusal(held) == f"model/code/{LOADER} is no loader that this release knows"


def test_a_version_of_before_loaders_travelled_is_held_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Made.here()
    with monkeypatch.context() as before:
        before.setattr(Made, "here", lambda: dataclasses.replace(here, loader="", example=False))
        held = Held(tmp_path)
    assert not (held.model / "code").exists()
    assert "loader_module: mlops.bundle.pyfunc" in (held.model / "MLmodel").read_text()
    held.hold()
    assert (held.first(whole=False), held.first(whole=True), held.register().created) == (None, None, False)
    flip(held.model / "MLmodel")
    assert refusal(held) == "model/MLmodel has other bytes than `mlops register` wrote"
    flip(held.model / "MLmodel")
    for name, data in published.files().items():
        (held.model / name).parent.mkdir(parents=True, exist_ok=True)
        (held.model / name).write_bytes(data)
    assert refusal(held).splitlines()[0] == f"model/code/{LOADER}/__init__.py is no part of it"


def test_a_version_of_before_there_were_examples_is_held_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Made.here()
    with monkeypatch.context() as before:
        before.setattr(Made, "here", lambda: dataclasses.replace(here, example=False))
        held = Held(tmp_path)
    assert not list(held.model.glob("*example*"))
    held.hold()
    assert (held.first(whole=True), held.register().created) == (None, False)
    (held.model / "input_example.json").write_text("{}")
    assert refusal(held) == "model/input_example.json is no part of it"


def test_a_tag_that_names_no_example_lets_none_lie_there(held: Held) -> None:
    _tag(held, {name: digest for name, digest in _agreeing(held).items() if "example" not in name})
    assert refusal(held).splitlines()[0] == "model/input_example.json is no part of it"
    for path in held.model.glob("*example*"):
        path.unlink()
    assert refusal(held) == "model/MLmodel has other bytes than `mlops register` wrote"


def test_what_mlflow_leaves_where_it_loads_in_place_is_no_harm(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_URI", held.uri)
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", held.uri)
    mlflow.artifacts.download_artifacts(f"models:/tiny/{held.version}", tracking_uri=held.uri)
    left = held.model / "registered_model_meta"
    assert left.read_text() == "model_name: tiny\nmodel_version: '1'\n"
    held.hold()
    (output,) = held.client.get_run(held.run).outputs.model_outputs
    mlflow.artifacts.download_artifacts(f"models:/{output.model_id}", tracking_uri=held.uri)
    assert left.read_text() == "model_name: null\nmodel_version: null\n"
    held.hold()
    assert (held.first(whole=False), held.first(whole=True)) == (None, None)
    flip(left)
    assert held.first(whole=False) is None
    assert refusal(held) == "model/registered_model_meta has other bytes than MLflow writes"
    left.write_text("")
    assert held.first(whole=False) == "model/registered_model_meta is no part of it"


def test_the_whole_sentence(held: Held) -> None:
    flip(held.model / "MLmodel")
    with pytest.raises(IntegrityError) as refused:
        held.hold()
    digest = held.papers.bundle[:19]
    assert (refused.value.message, refused.value.hint) == (
        f"tiny: MLflow's copy of run {held.run[:8]} is not the bundle {digest}…:\n"
        "  model/MLmodel has other bytes than `mlops register` wrote",
        "load nothing from there; find out who wrote it, then: mlops repair tiny --registry",
    )


def test_a_registration_that_was_cut_short_does_not_take_over_what_others_left_in_its_run(
    tmp_path: Path, made: Any
) -> None:
    uri = make_store(tmp_path / "mlflow.db")
    with connection(uri) as client:
        experiment = client.create_experiment("tiny", artifact_location=str(tmp_path / "artifacts"))
        tags = {"mlops.bundle": made.papers.bundle}
        run = client.create_run(experiment, tags={**tags, "mlops.pipeline": "tiny"})
        model = client.create_logged_model(experiment, "tiny", run.info.run_id, tags)
        (tmp_path / "evil.py").write_text("x")
        client.log_model_artifact(model.model_id, str(tmp_path / "evil.py"))
    origin = Origin("c" * 40)

    def again() -> Registered:
        return register(made.bundle, made.papers, pipeline="tiny", tracking_uri=uri, experiment="tiny", origin=origin)

    with pytest.raises(IntegrityError, match="model/evil.py is no part of it") as refused:
        again()
    said = "that run is deleted in MLflow now; find out who wrote there, then: mlops register tiny"
    assert refused.value.hint == said
    with connection(uri) as client:
        assert client.search_model_versions("name = 'tiny'") == []
        assert client.search_logged_models([experiment]) == []
    done = again()
    assert (done.created, done.run_id != run.info.run_id) == (True, True)
