"""Predictions of the rows of Parquet files, written by a job that a schedule starts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from mlops.blocks.block import Block, Items, misplaced
from mlops.blocks.cluster import ClusterJob
from mlops.blocks.column_name import free
from mlops.blocks.place import reachable
from mlops.files.compiled_text import Value, document, header
from mlops.files.remote_folder import is_address
from mlops.kinds.kind import of_block
from mlops.kinds.union import Kinded
from mlops.plan.placed import Placed
from mlops.targets.cluster import (
    MODELS,
    MOUNT,
    TEMPORARY,
    TEMPORARY_FOLDER,
    chosen,
    confined,
    image_volume,
    isolated,
    labels,
    metadata,
    named,
    pulled,
    reference,
    sized,
    temporary,
)

Place = Annotated[str, Field(min_length=1, max_length=500), reachable("the batch")]
Carried = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(free)]
"""A column of the input, which the data that the model learnt from need not have."""


class BatchTarget(Kinded):
    """Predictions of the rows of Parquet files, written by a job that a schedule starts (`mlops score`)."""

    kind: Literal["batch"] = "batch"
    """Name of the kind."""
    input: Place
    """Parquet file, or folder of some (hive partitions too): relative to the repository, or an address such as
    `s3://bucket/folder`, where a hosted runner finds it."""
    output: Place
    """Where predictions go: a file if the input is one, else a folder with a file for each of the input's."""
    every: Literal["hour", "day", "week"] = "day"
    """How often the compiled workflow scores what is new."""
    carry: Items[Carried] = ()
    """Columns of the input that the output has too, beside the keys of the data."""
    refused: Place | None = None
    """Where rows are listed that the model refuses, a file or a folder as the output is; where it is not given, such a
    row refuses its file."""
    run_by: Literal["actions", "airflow", "cronjob"] = "actions"
    """What starts it: the compiled workflow; a DAG for Airflow, in a checkout of this repository; a CronJob of
    Kubernetes for each environment, which needs `job`."""
    job: ClusterJob | None = None
    """What a cluster runs the CronJob of."""

    @model_validator(mode="after")
    def _startable(self) -> BatchTarget:
        if (self.run_by == "cronjob") != (self.job is not None):
            why = "`run_by: cronjob` has no `job`" if self.job is None else "`job` is read by `run_by: cronjob` alone"
            raise misplaced(("run_by",), why, "write `run_by: cronjob` and `job: {image: ..., model: ...}`, or neither")
        if self.run_by == "cronjob":
            said = {"input": self.input, "output": self.output, "refused": self.refused}
            for key, place in said.items():
                if place is not None and (not is_address(place) or place.startswith("file:")):
                    why = f"`{place}` is no place that a job of a cluster reaches"
                    raise misplaced((key,), why, f"write `{key}: s3://bucket/folder`")
        return self


def exposed(target: Block) -> str | None:
    """Nobody can ask a batch anything."""
    return None


def mounts(target: BatchTarget) -> bool:
    """Tell whether manifests name the image of the live bundle: those of a CronJob do."""
    return target.run_by == "cronjob"


def render(pipeline: str, source: str, said: Mapping[str, Any]) -> dict[str, str]:
    """Write the DAG of a batch that Airflow starts; nothing for any other.

    Names are all that comes from the YAML: no text of it becomes Python, or the Jinja of a `bash_command`.
    """
    target = BatchTarget.model_validate(said)
    if target.run_by != "airflow":
        return {}
    return {"score.py": header(source) + _DAG.format(name=pipeline, schedule=schedule(pipeline, target.every))}


def manifests(placed: Placed, said: Mapping[str, Any]) -> dict[str, str]:
    """Write the CronJob of one environment."""
    target = BatchTarget.model_validate(said)
    if target.job is None:
        return {}
    name = named(placed.pipeline, placed.target, target.kind)
    value: dict[str, Value] = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": metadata(placed, name, target.kind),
        "spec": {
            "schedule": schedule(placed.pipeline, target.every),
            "timeZone": "Etc/UTC",
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": _LATE[target.every],
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {"spec": _job(placed, name, target, target.job)},
        },
    }
    return {"cronjob.yaml": document(placed.sources, value)}


def schedule(pipeline: str, every: str) -> str:
    """Choose a time by the pipeline's name, so that not all of them start at the full hour.

    Example:
        >>> schedule("churn", "hour").endswith(" * * * *")
        True
    """
    digest = hashlib.sha256(f"{pipeline}/{every}".encode()).digest()
    minute, hour, day = 1 + digest[0] % 59, digest[1] % 24, digest[2] % 7
    return {"hour": f"{minute} * * * *", "day": f"{minute} {hour} * * *", "week": f"{minute} {hour} * * {day}"}[every]


def _job(placed: Placed, name: str, target: BatchTarget, job: ClusterJob) -> dict[str, Value]:
    """Try again what did not answer, and not what is wrong: a configuration, bytes, a file that is refused."""
    exits: dict[str, Value] = {"containerName": "score", "operator": "In", "values": [*_WRONG]}
    by: dict[str, Value] = {} if job.service_account is None else {"serviceAccountName": job.service_account}
    marked: dict[str, Value] = {
        "labels": labels(placed, name, target.kind),
        "annotations": {"mlops.bundle": placed.bundle},
    }
    return {
        "backoffLimit": 2,
        "activeDeadlineSeconds": job.minutes * 60,
        "ttlSecondsAfterFinished": 7 * 86_400,
        "podFailurePolicy": {"rules": [{"action": "FailJob", "onExitCodes": exits}]},
        "template": {
            "metadata": marked,
            "spec": {
                "restartPolicy": "Never",
                **by,
                **isolated(),
                **pulled(job.pull_secret),
                **chosen(job.nodes),
                "containers": [_container(placed, target, job)],
                "volumes": [image_volume(reference(placed, job.model)), temporary("1Gi")],
            },
        },
    }


def _container(placed: Placed, target: BatchTarget, job: ClusterJob) -> dict[str, Value]:
    given: dict[str, Value] = {} if job.secret is None else {"envFrom": [{"secretRef": {"name": job.secret}}]}
    return {
        "name": "score",
        "image": job.image,
        "command": ["python3", "-P", "-m", "mlops", "score", f"{MODELS}/{placed.pipeline}", "--expect", placed.bundle],
        "args": [each.replace("$", "$$") for each in _arguments(target)],  # a cluster puts variables in for `$(NAME)`
        "workingDir": TEMPORARY_FOLDER,
        **given,
        "resources": sized(job.resources),
        "securityContext": confined(),
        "volumeMounts": [MOUNT, {"name": TEMPORARY, "mountPath": TEMPORARY_FOLDER}],
    }


def _arguments(target: BatchTarget) -> Iterator[str]:
    yield from ("--in", target.input, "--out", target.output)
    for column in target.carry:
        yield from ("--carry", column)
    if target.refused is not None:
        yield from ("--refused", target.refused)


_LATE = {"hour": 1800, "day": 6 * 3600, "week": 24 * 3600}
"""Seconds after which a start that was missed is left to the next, by period."""
_WRONG = (2, 4, 5)  # exit codes that another try does not change
_DAG = '''\
"""Rows that are due, scored by what is live of {name} in this checkout; what is scored already is not scored again."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

ROOT = Path(__file__).resolve().parents[4]  # a checkout with its .venv, which every worker sees under this path

with DAG(
    "{name}.score",
    schedule="{schedule}",
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    tags=["mlops"],
):
    BashOperator(
        task_id="score",
        bash_command=".venv/bin/mlops score {name}",
        cwd=str(ROOT),
        retries=2,
        retry_delay=timedelta(minutes=5),
    )
'''

KIND = of_block(
    BatchTarget,
    {"exposed": exposed, "render": render, "manifests": manifests, "mounts": mounts},
    splits_traffic=False,
)
