"""One MLflow run for each candidate and its inputs: found again by key, fed once per epoch, never a reason to fail.

Training does not depend on what a tracking server says: when it fails, a warning is printed once and the run goes on.
"""

from __future__ import annotations

import logging
import os
import time
from typing import TYPE_CHECKING, Any

from mlops.extras import need
from mlops.files.sqlite_store import artifact_location, begin, one_at_a_time
from mlops.ml.training.session import complain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

RUN_KEY = "mlops.run_key"
_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # A server that is down should cost seconds, not the minutes of MLflow's own patience.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}


class Run:
    """A run in MLflow, or nothing at all once MLflow has failed."""

    def __init__(self, uri: str, experiment: str, *, name: str, key: str, tags: Mapping[str, str]) -> None:
        self.uri, self.experiment, self.name = uri, experiment, name
        self.tags = {**tags, RUN_KEY: key}
        self._client: Any = None
        self._id = ""
        self._logged = -1
        self._known: frozenset[str] = frozenset()
        self._lost = False
        self._attempt(self._open)

    @property
    def id(self) -> str:
        """The run's id in MLflow; empty when MLflow could not be reached."""
        return self._id

    def parameters(self, values: Mapping[str, Any]) -> None:
        """Log parameters, flattened to `a.b`."""

        def send() -> None:
            from mlflow.entities import Param

            entries = [Param(key, str(value)[:6000]) for key, value in sorted(_flat(values))]
            self._client.log_batch(self._id, params=entries)

        self._attempt(send)

    def log(self, measures: Mapping[str, float], step: int) -> None:
        """Log what one epoch measured, unless an earlier run with this key has logged that epoch."""
        if step > self._logged:
            self._attempt(lambda: self._send(measures, step))
            self._logged = step

    def finish(self, measures: Mapping[str, float], status: str = "FINISHED") -> None:
        """Log final results, unless they are there already, and close the run."""
        new = {name: value for name, value in measures.items() if name not in self._known}

        def close() -> None:
            if new:
                self._send(new, 0)
            self._client.set_terminated(self._id, status)

        self._attempt(close)

    def _send(self, measures: Mapping[str, float], step: int) -> None:
        from mlflow.entities import Metric

        now = time.time_ns() // 1_000_000
        self._client.log_batch(self._id, metrics=[Metric(key, value, now, step) for key, value in measures.items()])

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
            experiment = _experiment(client, self.experiment, artifact_location(self.uri, self.experiment))
            found = client.search_runs([experiment], f"tags.`{RUN_KEY}` = '{self.tags[RUN_KEY]}'", max_results=1)
            run = found[0] if found else client.create_run(experiment, tags=self.tags, run_name=self.name)
        self._client, self._id = client, run.info.run_id
        if found:
            client.update_run(self._id, status="RUNNING")
            self._known = frozenset(run.data.metrics)
            self._logged = _last_step(client, self._id, run.data.metrics)

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


def _experiment(client: Any, name: str, location: str | None) -> str:
    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return str(client.create_experiment(name, artifact_location=location))
        except Exception:  # someone else may have made it since
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    return str(found.experiment_id)


def _last_step(client: Any, run: str, metrics: Mapping[str, float]) -> int:
    if "validation_loss" not in metrics:
        return -1
    return max((int(point.step) for point in client.get_metric_history(run, "validation_loss")), default=-1)


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
