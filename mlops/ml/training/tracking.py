"""One MLflow run for all candidates on the same inputs, and one nested in it for each: found again by key.

Training does not depend on what a tracking server says: when it fails, a warning is printed once and the run goes on.
Nor does it wait for one: what epochs measured is sent together, at most every two seconds, and ever more rarely.
"""

from __future__ import annotations

import logging
import os
import time
from typing import TYPE_CHECKING, Any

from mlops.extras import need
from mlops.files.sqlite_store import artifact_location, begin, one_at_a_time
from mlops.files.tracked import PARENT, experiment_of, named
from mlops.ml.training.session import complain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mlflow.entities import DatasetInput

    from mlops.files.tracked import Data

RUN_KEY = "mlops.run_key"
_LOSS = "validation/loss"
_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # A server that is down should cost seconds, not the minutes of MLflow's own patience.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}
_PAUSE, _SHARE = 2.0, 1 / 8  # seconds, and of the time since a run was opened: hours take some fifty calls
_MOST, _PARAMS = 850, 90  # values and parameters in a call; MLflow takes 1,000 things, 100 parameters among them


class Run:
    """A run in MLflow, or nothing at all once MLflow has failed; in `parent`, whose connection it shares."""

    def __init__(
        self,
        uri: str,
        experiment: str,
        *,
        name: str,
        key: str,
        tags: Mapping[str, str],
        data: Data | None = None,
        parent: Run | None = None,
    ) -> None:
        self.uri, self.experiment, self.name, self.data = uri, experiment, name, data
        self.tags = {**tags, RUN_KEY: key} | ({} if parent is None else {PARENT: parent.id})
        self._client: Any = None
        self._id = self._place = ""
        self._logged = -1
        self._parameters: list[tuple[str, str]] = []
        self._waiting: list[tuple[str, float, int, int]] = []
        self._opened, self._sent = time.monotonic(), float("-inf")
        self._finished = False
        self._lost = parent is not None and not parent.id
        self._attempt(self._open if parent is None else parent._sharing(self._begin))

    @property
    def id(self) -> str:
        """The run's id in MLflow; empty when MLflow could not be reached."""
        return self._id

    @property
    def known(self) -> bool:
        """Whether an earlier run with this key came to its end."""
        return self._finished

    def parameters(self, values: Mapping[str, Any]) -> None:
        """Log parameters, flattened to `a.b`, together with what is measured first."""
        self._parameters = [(key, str(value)[:6000]) for key, value in sorted(_flat(values))]

    def log(self, measures: Mapping[str, float], step: int) -> None:
        """Log what one epoch measured, unless an earlier run with this key has logged that epoch."""
        if step > self._logged:
            self._logged = step
            self._wait(measures, step)
            now = time.monotonic()
            if now - self._sent >= max(_PAUSE, _SHARE * (now - self._opened)):
                self._attempt(self._send)

    def finish(self, measures: Mapping[str, float], status: str = "FINISHED", **tags: str) -> None:
        """Log final results after the last epoch, unless they are there already, and close the run."""
        if not self._finished:
            self._wait(measures, self._logged + 1)

        def close() -> None:
            self._send(tags)
            self._client.set_terminated(self._id, status)

        self._attempt(close)

    def _wait(self, measures: Mapping[str, float], step: int) -> None:
        now = time.time_ns() // 1_000_000
        self._waiting += [(named(key), value, now, step) for key, value in measures.items()]

    def _send(self, tags: Mapping[str, str] | None = None) -> None:
        """Send what waits, in as few calls as MLflow allows."""
        from mlflow.entities import Metric, Param, RunTag

        params, metrics = [Param(*item) for item in self._parameters], [Metric(*item) for item in self._waiting]
        self._parameters, self._waiting, self._sent = [], [], time.monotonic()
        for start in range(_MOST, len(metrics), _MOST):
            self._client.log_batch(self._id, metrics=metrics[start : start + _MOST])
        for start in range(_PARAMS, len(params), _PARAMS):
            self._client.log_batch(self._id, params=params[start : start + _PARAMS])
        told = [RunTag(key, value) for key, value in (tags or {}).items()]
        if metrics or params or told:
            self._client.log_batch(self._id, metrics[:_MOST], params[:_PARAMS], told)

    def _open(self) -> None:
        need("registry", "tracking")
        for name, value in _ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        from mlflow import MlflowClient

        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.WARNING)
        with one_at_a_time(self.uri):
            begin(self.uri, MlflowClient)
            client = MlflowClient(self.uri)
            place = experiment_of(client, self.experiment, artifact_location(self.uri, self.experiment))
            self._begin(client, place)

    def _sharing(self, begin: Callable[[Any, str], None]) -> Callable[[], None]:
        def share() -> None:
            with one_at_a_time(self.uri):
                begin(self._client, self._place)

        return share

    def _begin(self, client: Any, place: str) -> None:
        """Find the run of this key in an experiment, or make it."""
        found = client.search_runs([place], f"tags.`{RUN_KEY}` = '{self.tags[RUN_KEY]}'", max_results=1)
        run = found[0] if found else client.create_run(place, tags=self.tags, run_name=self.name)
        self._client, self._place, self._id = client, place, run.info.run_id
        if found:
            self._finished = run.info.status == "FINISHED"
            self._logged = _last_step(client, self._id, run.data.metrics)
            client.update_run(self._id, status="RUNNING")
        elif self.data is not None:
            client.log_inputs(self._id, [input_of(self.data, "training")])

    def _attempt(self, action: Callable[[], None]) -> None:
        """Do something with MLflow; warn the first time it fails, and then leave MLflow alone."""
        if self._lost:
            return
        try:
            action()
        except Exception as error:  # whatever a server does, training goes on
            self._lost = True
            reason = (str(error).strip().splitlines() or [""])[0].replace(_secret(self.uri), "")[:200]
            complain(
                f"MLflow at {self.uri.replace(_secret(self.uri), '')} failed, training goes on without it: {reason}"
            )


def input_of(data: Data, context: str) -> DatasetInput:
    """Make data an input of a run, for `training` or `testing`."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    return DatasetInput(Dataset(*data.dataset), [InputTag("mlflow.data.context", context)])


def _last_step(client: Any, run: str, metrics: Mapping[str, float]) -> int:
    if _LOSS not in metrics:
        return -1
    return max((int(point.step) for point in client.get_metric_history(run, _LOSS)), default=-1)


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _secret(uri: str) -> str:
    """Find the user name and password of a URI, which are not for printing."""
    user, at, _ = uri.partition("://")[2].rpartition("@")
    return user + at
