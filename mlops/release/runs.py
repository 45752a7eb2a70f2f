"""The run of a registered bundle in MLflow: found or made, with its figures, pages, model, and candidates nested in it.

Where training was tracked by the same server, its run is the one: what it trained is found by the model's digest. Every
step finds what an earlier attempt left.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.files.tracked import CANDIDATE, MODEL, PARENT, PIPELINE
from mlops.ml.training.tracking import input_of
from mlops.release.entry import BUNDLE, FILES
from mlops.release.place import models

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput, LoggedModel, Metric, Param, Run

    from mlops.release.entry import Entry, Trained

_PARAMS, _METRICS = 100, 900
_LONGEST = 5000  # characters of a model's parameter
_NOTE = "mlflow.note.content"
FIGURES = "figures.csv"


def run_of(client: MlflowClient, entry: Entry, experiment: str) -> Run:
    """Attach to the run of an interrupted registration, or take the run that trained the model, or make one."""
    own = f"tags.`{PIPELINE}` = '{entry.name}'"
    text = f"tags.`{BUNDLE}` = '{entry.digest}' and {own}"
    found = client.search_runs([experiment], text, order_by=["attributes.start_time ASC"], max_results=1)
    if found:
        return found[0]
    tags = {key: value for key, value in entry.tags if key != FILES and not key.startswith("mlops.code.")}
    tags |= {PIPELINE: entry.name, MODEL: entry.trained, _NOTE: entry.description}
    tags |= {"mlflow.source.git.commit": entry.origin.commit}
    trained = client.search_runs([experiment], f"tags.`{MODEL}` = '{entry.trained}' and {own}")
    for run in trained:
        if BUNDLE not in run.data.tags:  # another bundle may hold the same model
            _log_tags(client, str(run.info.run_id), tags)
            return client.get_run(run.info.run_id)
    return client.create_run(experiment, tags=entry.origin.by.tags | tags, run_name=entry.run_name)


def _made_by(entry: Entry) -> dict[str, str]:
    """Say who made it, by what, and at which commit its bundle was made."""
    return entry.origin.by.tags | {"mlflow.source.git.commit": entry.origin.commit}


def show(client: MlflowClient, run: Run, entry: Entry, pages: Mapping[str, bytes]) -> None:
    """File what people look at: the report, what is drawn there, and the table of figures with their intervals."""
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows(entry.figures)
    with tempfile.TemporaryDirectory(prefix="mlops-pages-") as folder:
        for name, data in {**pages, FIGURES: table.getvalue().encode()}.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        client.log_artifacts(run.info.run_id, folder)


def model_of(client: MlflowClient, run: Run, entry: Entry) -> LoggedModel:
    """Find the model that a run of this bundle made, or make it; its files are still to be uploaded."""
    from mlflow.entities import LoggedModelOutput

    run_id, experiment = str(run.info.run_id), str(run.info.experiment_id)
    found = client.search_logged_models([experiment], f"tags.`{BUNDLE}` = '{entry.digest}'")
    model = next((each for each in found if each.source_run_id == run_id), None)
    if model is None:
        tags = {key: value for key, value in entry.tags if not key.startswith("mlops.")} | {BUNDLE: entry.digest}
        tags |= _made_by(entry) | ({_NOTE: entry.about} if entry.about else {})
        params = {key: value[:_LONGEST] for key, value in entry.params}
        model = client.create_logged_model(experiment, entry.name, run_id, tags, params, params["task"])
    outputs = client.get_run(run_id).outputs
    if model.model_id not in {each.model_id for each in (outputs.model_outputs if outputs else ())}:
        client.log_outputs(run_id, [LoggedModelOutput(model.model_id, 0)])
    return model


def log(client: MlflowClient, run: Run, entry: Entry, model: LoggedModel) -> None:
    """Log parameters, figures and data of a run; what was measured is the model's too, on the rows it was judged on.

    MLflow drops a value that is already there, so the time is the run's own.
    """
    from mlflow.entities import Metric, Param

    started, run_id, test = run.info.start_time, str(run.info.run_id), entry.rows.test
    of = {"model_id": model.model_id} | ({"dataset_name": test.name, "dataset_digest": test.short} if test else {})
    _log_batches(
        client,
        run_id,
        [Param(key, value) for key, value in entry.params],
        [Metric(key, value, started, step, **of) for key, value, step in entry.metrics],
    )
    client.log_inputs(run_id, _inputs(entry))


def nest(client: MlflowClient, run: Run, entry: Entry) -> None:
    """Nest the candidates in a run, which has them already where its training was tracked."""
    known = {str(each.data.tags.get(CANDIDATE)): each for each in _nested(client, run)}
    for trained in entry.candidates:
        child = known.get(trained.name) or _child(client, run, entry, trained)
        if child.info.status != "FINISHED":
            _tell(client, child, entry, trained)


def give_up(client: MlflowClient, run_id: str) -> None:
    """Delete a run with all that is of it; MLflow keeps it until its own `gc`."""
    run = client.get_run(run_id)
    for model in models(client, run_id):
        client.delete_logged_model(model.model_id)
    for nested in _nested(client, run):
        client.delete_run(nested.info.run_id)
    client.delete_run(run_id)


def _nested(client: MlflowClient, run: Run) -> list[Run]:
    text = f"tags.`{PARENT}` = '{run.info.run_id}'"
    return list(client.search_runs([run.info.experiment_id], text))


def _child(client: MlflowClient, run: Run, entry: Entry, trained: Trained) -> Run:
    tags = _made_by(entry) | {PARENT: str(run.info.run_id), PIPELINE: entry.name, CANDIDATE: trained.name}
    return client.create_run(run.info.experiment_id, tags=tags, run_name=f"{entry.name}/{trained.name}")


def _tell(client: MlflowClient, child: Run, entry: Entry, trained: Trained) -> None:
    from mlflow.entities import Metric, Param

    started, run_id = child.info.start_time, str(child.info.run_id)
    metrics = [Metric(key, value, started, step) for key, value, step in trained.metrics]
    _log_batches(client, run_id, [Param("kind", trained.kind)], metrics)
    client.log_inputs(run_id, [input_of(entry.rows.data, "training")])
    client.set_terminated(run_id, "FINISHED")


def _inputs(entry: Entry) -> list[DatasetInput]:
    test = entry.rows.test
    return [input_of(entry.rows.data, "training"), *([input_of(test, "testing")] if test else [])]


def _log_tags(client: MlflowClient, run_id: str, tags: Mapping[str, str]) -> None:
    from mlflow.entities import RunTag

    client.log_batch(run_id, tags=[RunTag(key, value) for key, value in tags.items()])


def _log_batches(client: MlflowClient, run_id: str, params: list[Param], metrics: list[Metric]) -> None:
    """Log in as few calls as MLflow allows: 100 parameters, and 1,000 things of all sorts at once."""
    for part in range(max(-(-len(params) // _PARAMS), -(-len(metrics) // _METRICS))):
        some = params[part * _PARAMS : (part + 1) * _PARAMS]
        client.log_batch(run_id, metrics[part * _METRICS : (part + 1) * _METRICS], some)
