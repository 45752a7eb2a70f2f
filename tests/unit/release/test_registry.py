"""Registering once, whatever happens: every external call fails in turn, two processes race, the server is gone."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from mlops.bundle.contents import Contents
from mlops.bundle.papers import Papers
from mlops.errors import InfrastructureError, IntegrityError
from mlops.files.canonical import digest_file
from mlops.files.sqlite_store import artifact_location
from mlops.files.tracked import Source
from mlops.release import published
from mlops.release.aliases import download_papers, find_version
from mlops.release.entry import Entry, Origin, read_entry
from mlops.release.mlmodel import BESIDE, EXAMPLE
from mlops.release.registry import Registered, enter, register
from mlops.release.tracking import connection
from tests.builders.bundles import make_bundle
from tests.builders.meeting import meet
from tests.builders.papers import gate_of, write_papers
from tests.builders.stores import make_store

pytestmark = pytest.mark.slow

COMMIT = "c" * 40
HISTORY = (("linear/train_loss", 0.5, 0), ("linear/train_loss", 0.25, 1))
PAGES = {"report.html": b"<p>", "plots/roc.csv": b"x,y\n0,0\n"}


class ServerGoneError(Exception):
    """What a client sees when the server dies under it."""


LOOKS = ("get_run", "get_logged_model", "get_model_version_download_uri", "tracking_uri", "download_artifacts")
"""What looks at what the store holds: to fail there is to fail at the one before."""


class FailingClient:
    """Passes calls on to a client and fails at one of them, before or after it took effect."""

    def __init__(self, client: Any, at: int, *, after: bool) -> None:
        self.client, self.at, self.after, self.calls = client, at, after, []

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.client, name)
        if name in LOOKS:
            return method

        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls.append(name)
            failing = len(self.calls) == self.at
            if failing and not self.after:
                raise ServerGoneError(name)
            result = method(*args, **kwargs)
            if failing:
                raise ServerGoneError(name)
            return result

        return call


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("bundles") / "tiny")


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_store(tmp_path_factory.mktemp("mlflow") / "mlflow.db")


@pytest.fixture(scope="module")
def client(uri: str) -> Any:
    with connection(uri) as client:
        pass
    return client  # without the lock, which would keep `register` out


@pytest.fixture(scope="module")
def registered(bundle: Path, uri: str) -> Registered:
    return _register(bundle, uri)


def _register(bundle: Path, uri: str, commit: str = COMMIT) -> Registered:
    origin = Origin(commit, source="data/tiny.csv", by=Source("mlops register tiny", "ada"))
    said = {"tracking_uri": uri, "experiment": "tiny", "origin": origin, "history": HISTORY, "pages": PAGES}
    return register(bundle, papers_of(bundle), pipeline="tiny", **said)


def papers_of(bundle: Path, **gate: Any) -> Papers:
    """The papers of a bundle; `gate` stands for parts of its verdict."""
    place = bundle.parent / "reports"
    return write_papers(place, bundle, gate=gate_of(digest_file(bundle / "manifest.json"), **gate))


def _other(bundle: Path, digest: str, name: str) -> Entry:
    entry = read_entry(Contents.read(bundle), papers_of(bundle), Origin(COMMIT), HISTORY)
    tags = tuple(sorted({**dict(entry.tags), "mlops.bundle": digest}.items()))
    return dataclasses.replace(entry, name=name, digest=digest, tags=tags)


def test_a_version_names_its_commit_and_every_digest(client: Any, bundle: Path, registered: Registered) -> None:
    contents, papers = Contents.read(bundle), papers_of(bundle)
    assert papers.statement is not None
    version = client.get_model_version("tiny", registered.version)
    assert (registered.created, registered.version, registered.commit) == (True, "1", COMMIT)
    assert version.run_id == registered.run_id
    tags = dict(version.tags)
    beside = {*BESIDE, *EXAMPLE, *published.files()}
    assert set(json.loads(tags.pop("mlops.files"))) == beside
    assert tags == {
        "commit": "cccccccc",
        "gate": "pass: 1 of 1 rule",
        "kind": "linear, binary",
        "mlops.bundle": contents.digest,
        "mlops.code": dict(read_entry(contents, papers, Origin(COMMIT)).tags)["mlops.code"],
        "mlops.commit": COMMIT,
        "mlops.configuration": papers.identity.configuration,
        "mlops.data": papers.identity.data,
        "mlops.dirty": "false",
        "mlops.gate": papers.identity.gate,
        "mlops.statement": papers.statement.name,
        "mlops.verdict": "pass",
    }


def runs(client: Any, name: str) -> tuple[list[Any], list[Any]]:
    """The runs of an experiment: those at the top, and those nested in them."""
    found = client.search_runs([client.get_experiment_by_name(name).experiment_id])
    top = [run for run in found if "mlflow.parentRunId" not in run.data.tags]
    return top, [run for run in found if run not in top]


def test_the_run_holds_parameters_pages_and_the_identity_of_data_and_code(client: Any, registered: Registered) -> None:
    run = client.get_run(registered.run_id)
    assert (run.info.status, run.info.user_id) == ("FINISHED", "ada")
    assert run.data.params == {"candidate": "linear", "kind": "linear", "task": "binary", "lr": "0.001"}
    tags = run.data.tags
    assert tags["mlflow.source.git.commit"] == COMMIT
    assert (tags["mlflow.source.name"], tags["mlflow.note.content"]) == ("mlops register tiny", "# Model card: tiny\n")
    said = [(found.dataset.name, found.dataset.digest, found.tags[0].value) for found in run.inputs.dataset_inputs]
    assert sorted(said) == [("tiny", "1" * 32, "training"), ("tiny test", "2" * 32, "testing")]
    assert {mlflow_source(found) for found in run.inputs.dataset_inputs} == {"data/tiny.csv"}
    kept = {item.path for item in client.list_artifacts(registered.run_id)}
    assert {"report.html", "plots", "figures.csv", "statements"} <= kept


def mlflow_source(found: Any) -> str:
    from mlflow.data import get_source

    return str(get_source(found).uri)


def test_candidates_are_nested_in_the_run(client: Any, registered: Registered) -> None:
    (top,), (linear,) = runs(client, "tiny")
    assert (top.info.run_id, linear.data.tags["mlflow.parentRunId"]) == (registered.run_id, registered.run_id)
    assert (linear.info.run_name, linear.info.status, linear.info.user_id) == ("tiny/linear", "FINISHED", "ada")
    assert linear.data.tags["mlflow.source.git.commit"] == COMMIT
    assert (linear.data.params, linear.data.metrics) == (
        {"kind": "linear"},
        {"train/loss": 0.25, "validation/auroc": 0.75},
    )
    history = client.get_metric_history(linear.info.run_id, "train/loss")
    assert [(metric.step, metric.value) for metric in history] == [(0, 0.5), (1, 0.25)]
    assert [found.dataset.name for found in linear.inputs.dataset_inputs] == ["tiny"]


def test_the_tab_of_models_has_it_with_its_version(client: Any, registered: Registered) -> None:
    """By MLflow's own search of models; the page of an experiment opens on them."""
    experiment = client.get_experiment_by_name("tiny")
    assert experiment.tags["mlflow.experimentKind"] == "custom_model_development"
    (model,) = client.search_logged_models([experiment.experiment_id])
    assert (model.name, str(model.status), model.source_run_id) == ("tiny", "READY", registered.run_id)
    assert (model.model_type, model.params["lr"]) == ("binary", "0.001")
    assert json.loads(model.tags["mlflow.modelVersions"]) == [{"name": "tiny", "version": 1}]
    made = [model.tags[f"mlflow.{key}"] for key in ("user", "source.name", "source.git.commit")]
    assert made == ["ada", "mlops register tiny", COMMIT], "who logged it, from where"
    assert dict(client.get_registered_model("tiny").tags) == {"task": "binary"}
    version = client.get_model_version("tiny", registered.version)
    assert (version.source, version.description) == (model.artifact_location, "# Model card: tiny\n")
    outputs = client.get_run(registered.run_id).outputs.model_outputs
    assert [output.model_id for output in outputs] == [model.model_id]


def test_the_run_that_trained_a_model_is_the_one_that_it_is_registered_under(bundle: Path, tmp_path: Path) -> None:
    from mlops.ml.training.tracking import Run

    uri, model = make_store(tmp_path / "mlflow.db"), digest_file(bundle / "model.onnx")
    parent = Run(uri, "tiny", name="tiny", key="sha256:1", tags={"mlops.pipeline": "tiny"})
    tags = {"mlops.pipeline": "tiny", "mlops.candidate": "linear"}
    child = Run(uri, "tiny", name="tiny/linear", key="sha256:2", tags=tags, parent=parent)
    child.finish({"validation/auroc": 0.75})
    parent.finish({}, **{"mlops.model": model})
    made = _register(bundle, uri)
    with connection(uri) as client:
        pass
    (top,), (nested,) = runs(client, "tiny")
    assert (made.run_id, top.info.run_id, nested.info.run_id) == (parent.id, parent.id, child.id)
    assert (top.data.tags["mlops.bundle"], top.data.tags["mlflow.source.git.commit"]) == (
        digest_file(bundle / "manifest.json"),
        COMMIT,
    )


def test_the_same_bundle_makes_no_second_version_even_from_another_commit(
    client: Any, bundle: Path, uri: str, registered: Registered
) -> None:
    again = _register(bundle, uri, commit="d" * 40)
    assert again == dataclasses.replace(registered, created=False)
    assert len(client.search_model_versions("name = 'tiny'")) == 1
    assert tuple(map(len, runs(client, "tiny"))) == (1, 1)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_registration_that_dies_at_any_call_is_finished_by_the_next(
    client: Any, bundle: Path, uri: str, after: bool
) -> None:
    contents, papers, at = Contents.read(bundle), papers_of(bundle), 0
    while True:
        at += 1
        name = f"dies-{'after' if after else 'before'}-{at}"
        entry = _other(bundle, f"sha256:{at:064x}", name)
        failing = FailingClient(client, at, after=after)
        try:
            enter(failing, entry, contents, papers, name, artifact_location(uri, name))
        except ServerGoneError:
            pass
        else:
            break
        enter(client, entry, contents, papers, name, artifact_location(uri, name))
        (version,) = client.search_model_versions(f"name = '{name}'")
        assert dict(version.tags) == dict(entry.tags)
        (run,), (child,) = runs(client, name)
        assert (run.info.run_id, run.info.status) == (version.run_id, "FINISHED")
        assert child.info.status == "FINISHED"
        assert len(client.get_metric_history(child.info.run_id, "train/loss")) == 2
        assert [len(each.inputs.dataset_inputs) for each in (run, child)] == [2, 1]
        (model,) = client.search_logged_models([run.info.experiment_id])
        assert (model.artifact_location, str(model.status)) == (version.source, "READY")
    assert at > 10, failing.calls


def _under_other_rules(entry: Entry, bundle: Path) -> tuple[Entry, Papers]:
    """Give the entry and the papers of the same content, judged otherwise."""
    papers = papers_of(bundle, method="by other rules")
    other = read_entry(Contents.read(bundle), papers, Origin("d" * 40))
    tags = {**dict(other.tags), "mlops.bundle": entry.digest}
    return dataclasses.replace(other, name=entry.name, digest=entry.digest, tags=tuple(sorted(tags.items()))), papers


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_second_statement_that_dies_at_any_call_is_finished_by_the_next(
    client: Any, bundle: Path, uri: str, after: bool
) -> None:
    contents, at = Contents.read(bundle), 0
    first = papers_of(bundle)
    while True:
        at += 1
        name = f"stated-{'after' if after else 'before'}-{at}"
        place, entry = artifact_location(uri, name), _other(bundle, f"sha256:{at:064x}", name)
        judged = dataclasses.replace(entry, tags=(*entry.tags, ("mlops.judged", "sha256:" + "b" * 64)))
        enter(client, judged, contents, first, name, place)
        other, papers = _under_other_rules(entry, bundle)
        try:
            enter(FailingClient(client, at, after=after), other, contents, papers, name, place)
        except ServerGoneError:
            version = find_version(client, name, entry.digest)
            assert version is not None
            assert version.statement in (entry.statement, "", other.statement)
            if version.statement == other.statement:
                assert version.judged is None, "nobody judged it under these rules"
        else:
            break
        enter(client, other, contents, papers, name, place)
        (found,) = client.search_model_versions(f"name = '{name}'")
        assert dict(found.tags) == {**dict(other.tags), "commit": COMMIT[:8], "mlops.commit": COMMIT}
        version = find_version(client, name, entry.digest)
        assert version is not None
        with tempfile.TemporaryDirectory() as folder:
            place_of = download_papers(client, version, Path(folder))
            assert {path.name: path.read_bytes() for path in place_of.iterdir()} == dict(papers.files)
        asked = FailingClient(client, 0, after=False)
        assert enter(asked, other, contents, papers, name, place).stated is False
        assert asked.calls == ["search_model_versions"]
    assert at > 5


def test_descriptions_follow_the_newest_card(client: Any, bundle: Path, tmp_path: Path, uri: str) -> None:
    contents, entry = Contents.read(bundle), _other(bundle, "sha256:" + "a" * 64, "described")
    place = artifact_location(uri, "described")
    enter(client, entry, contents, papers_of(bundle), "described", place)
    other, papers = _under_other_rules(entry, bundle)
    told = dataclasses.replace(other, about="Who leaves?", description="# A better card\n")
    assert enter(client, told, contents, papers, "described", place).stated
    (version,) = client.search_model_versions("name = 'described'")
    model = client.get_registered_model("described")
    assert (version.description, model.description) == ("# A better card\n", "Who leaves?")
    later = "sha256:" + "b" * 64
    tags = tuple(sorted({**dict(told.tags), "mlops.bundle": later}.items()))
    told = dataclasses.replace(told, digest=later, tags=tags, about="Who stays?")
    enter(client, told, contents, papers, "described", place)
    assert client.get_registered_model("described").description == "Who stays?"


REGISTER = """
from pathlib import Path
import mlflow.store.model_registry.sqlalchemy_store, mlflow.store.tracking.sqlalchemy_store
from mlops.bundle.papers import Papers
from mlops.bundle.contents import verify
from mlops.release.entry import Origin
from mlops.release.registry import register

def act(bundle, uri):
    papers = Papers.read(Path(bundle).parent / "reports", verify(Path(bundle)))
    made = register(Path(bundle), papers, pipeline="tiny", tracking_uri=uri, experiment="tiny", origin=Origin("c" * 40))
    print(made.version, made.created)
"""


def test_two_processes_that_register_one_bundle_make_one_version(bundle: Path, tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    papers_of(bundle)
    said, errors = meet(2, REGISTER, str(bundle), uri)
    assert errors == ""
    assert sorted(said) == ["1 False", "1 True"]


def test_on_a_server_the_later_of_two_registrations_takes_its_own_version_back(
    client: Any, bundle: Path, uri: str
) -> None:
    contents, entry = Contents.read(bundle), _other(bundle, "sha256:" + "e" * 64, "raced")

    class Overtaken(FailingClient):
        def __getattr__(self, name: str) -> Any:
            if name == "create_registered_model":  # the other process is a moment faster
                fresh = client.create_run(client.get_experiment_by_name("raced").experiment_id)
                client.create_registered_model("raced")
                client.create_model_version("raced", "elsewhere", fresh.info.run_id, tags=dict(entry.tags))
            return super().__getattr__(name)

    late = enter(
        Overtaken(client, 0, after=False), entry, contents, papers_of(bundle), "raced", artifact_location(uri, "raced")
    )
    (version,) = client.search_model_versions("name = 'raced'")
    assert (late.created, late.version, late.run_id) == (False, "1", version.run_id)
    (run,), nested = runs(client, "raced")
    assert nested == []
    assert run.info.run_id == version.run_id
    assert client.search_logged_models([run.info.experiment_id]) == []


def test_a_deleted_experiment_is_named_and_not_revived(client: Any, bundle: Path, uri: str) -> None:
    client.delete_experiment(client.create_experiment("gone"))
    with pytest.raises(InfrastructureError) as caught:
        enter(
            client, _other(bundle, "sha256:" + "f" * 64, "gone"), Contents.read(bundle), papers_of(bundle), "gone", None
        )
    assert str(caught.value) == "the MLflow experiment `gone` is deleted"


def test_a_bundle_of_another_pipeline_is_refused(bundle: Path, uri: str) -> None:
    with pytest.raises(IntegrityError) as caught:
        register(
            bundle, papers_of(bundle), pipeline="other", tracking_uri=uri, experiment="other", origin=Origin(COMMIT)
        )
    assert str(caught.value) == f"the bundle in {bundle} is of tiny, not of other"


def test_a_changed_bundle_is_refused_before_mlflow_is_imported(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "tiny")
    papers_of(folder)
    (folder / "profile.json").write_text("{}")
    code = (
        "import sys; from pathlib import Path; from mlops.errors import InfrastructureError, IntegrityError;"
        "from mlops.release.entry import Origin; from mlops.release.registry import register\n"
        "from mlops.bundle.papers import Papers; from mlops.files.canonical import digest_file\n"
        "at = Path(sys.argv[1]); papers = Papers.read(at.parent / 'reports', digest_file(at / 'manifest.json'))\n"
        "try: register(at, papers, pipeline='tiny', tracking_uri='sqlite:///x.db', experiment='e', "
        "origin=Origin('c'))\n"
        "except IntegrityError: print('refused', 'mlflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout == "refused False\n"
