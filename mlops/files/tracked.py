"""What MLflow is told beside figures, by the names that its own pages read: who, from where, on which data.

Training tells it of candidates, `mlops register` of what came of them; nothing here imports MLflow.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mlops.errors import InfrastructureError

if TYPE_CHECKING:
    from mlflow import MlflowClient

PARENT = "mlflow.parentRunId"
PIPELINE, CANDIDATE = "mlops.pipeline", "mlops.candidate"
MODEL = "mlops.model"
"""The digest of the ONNX file that a run trained, by which who registers it finds that run."""
_KIND = {"mlflow.experimentKind": "custom_model_development"}
"""What MLflow's pages, but for a switch of the browser in 3.17, and its search know an experiment of models by."""
_TYPES = {"int": "long", "float": "double", "bool": "boolean", "date": "datetime", "datetime": "datetime"}
_LONGEST = 60_000  # characters of a schema; MLflow keeps more, but shows all of them on one page


@dataclass(frozen=True)
class Source:
    """Who made a run, by what they typed, at which commit; `job` where a machine of CI did."""

    command: str
    user: str = ""
    commit: str = ""
    job: bool = False

    @property
    def tags(self) -> dict[str, str]:
        """Spell it in MLflow's tags; what is not known is left out."""
        said = {
            "mlflow.source.name": self.command,
            "mlflow.source.type": "JOB" if self.job else "LOCAL",
            "mlflow.user": self.user,
            "mlflow.source.git.commit": self.commit,
        }
        return {name: value for name, value in said.items() if value}


@dataclass(frozen=True)
class Data:
    """Rows that a run learnt from or was judged on: their place and digest, how many, their columns; never a row.

    `columns` are names and types as data reports have them.
    """

    name: str
    digest: str
    place: str = ""
    rows: int | None = None
    columns: tuple[tuple[str, str], ...] = ()

    @property
    def short(self) -> str:
        """The digest as MLflow takes it, of at most 36 characters."""
        return self.digest.removeprefix("sha256:")[:32]

    @property
    def dataset(self) -> tuple[str, str, str, str, str | None, str | None]:
        """Spell it as MLflow's entity takes it, such that `mlflow.data.get_source` reads where it is."""
        scheme = urlsplit(self.place).scheme
        kind, key = ("http", "url") if scheme in {"http", "https"} else (scheme or "local", "uri")
        source = json.dumps({key: self.place, "sha256": self.digest.removeprefix("sha256:")}, sort_keys=True)
        return self.name, self.short, kind, source, self._schema(), self._profile()

    def _profile(self) -> str | None:
        return None if self.rows is None else json.dumps({"num_rows": self.rows})

    def _schema(self) -> str | None:
        columns = [{"name": name, "type": _TYPES.get(kind, "string"), "required": True} for name, kind in self.columns]
        spelt = json.dumps({"mlflow_colspec": columns})
        return spelt if columns and len(spelt) <= _LONGEST else None


def named(metric: str) -> str:
    """Name what an epoch measured as MLflow groups charts, and as it is named when training has ended.

    >>> named("validation_auroc"), named("auroc")
    ('validation/auroc', 'auroc')
    """
    part, _, rest = metric.partition("_")
    return f"{part}/{rest}" if part in {"train", "validation"} and rest else metric


def experiment_of(client: MlflowClient, name: str, location: str | None) -> str:
    """Find or make an experiment of models, and give its id.

    Raises:
        InfrastructureError: it is deleted; what was deleted is revived by people alone.
    """
    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return client.create_experiment(name, artifact_location=location, tags=_KIND)
        except Exception as error:  # MLflow's own, which is not imported here
            if getattr(error, "error_code", "") != "RESOURCE_ALREADY_EXISTS":
                raise
            found = client.get_experiment_by_name(name)
    if found is None or found.lifecycle_stage != "active":
        hint = f"restore it in MLflow, or delete it for good: mlflow gc, or name another experiment than `{name}`"
        raise InfrastructureError(f"the MLflow experiment `{name}` is deleted", hint=hint)
    for key, value in _KIND.items():
        if key not in found.tags:  # a kind that people chose is theirs
            client.set_experiment_tag(found.experiment_id, key, value)
    return str(found.experiment_id)
