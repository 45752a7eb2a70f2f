"""What others may import: a repository validated, planned, run and judged, a bundle loaded, what own models are told.

A function does what the verb of its name does, by the same code. Errors are raised, findings and verdicts are values.
The rest of `mlops` may move in any release: docs/api.md says what is promised.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops.errors import (
    ConfigurationError,
    DataError,
    GateFailed,
    Inconclusive,
    InfrastructureError,
    IntegrityError,
    MlopsError,
    StaleError,
)

if TYPE_CHECKING:
    import pandera.polars as pandera

    from mlops.bundle.predictor import Predictor
    from mlops.bundle.schema import BadRows
    from mlops.diagnostics import Diagnostic, Position
    from mlops.documents.change_report import (
        Cost,
        Counts,
        DataChange,
        Deploy,
        Drift,
        FileChange,
        GateChange,
        KeyChange,
        MadeOf,
        PipelineChange,
        Planned,
        Share,
        Shift,
        StagePlan,
        TableChange,
    )
    from mlops.ml.training.problem import Problem, Task
    from mlops.operations.verdicts.gate import Verdict

__all__ = [
    "BadRows",
    "ConfigurationError",
    "Cost",
    "Counts",
    "DataChange",
    "DataError",
    "Deploy",
    "Diagnostic",
    "Drift",
    "FileChange",
    "GateChange",
    "GateFailed",
    "Inconclusive",
    "InfrastructureError",
    "IntegrityError",
    "KeyChange",
    "MadeOf",
    "MlopsError",
    "PipelineChange",
    "Planned",
    "Position",
    "Predictor",
    "Problem",
    "Repository",
    "Share",
    "Shift",
    "StagePlan",
    "StaleError",
    "TableChange",
    "Task",
    "Verdict",
    "data_schema",
    "gate",
    "load_bundle",
    "open_repository",
    "plan",
    "run",
    "validate",
]

_HOMES = {  # of what is imported when it is asked for: to import this module costs nothing of what they are made of
    "mlops.operations.verdicts.gate": ("Verdict",),
    "mlops.documents.change_report": (
        *("Cost", "Counts", "DataChange", "Deploy", "Drift", "FileChange", "GateChange", "KeyChange", "MadeOf"),
        *("PipelineChange", "Planned", "Share", "Shift", "StagePlan", "TableChange"),
    ),
    "mlops.bundle.predictor": ("Predictor",),
    "mlops.bundle.schema": ("BadRows",),
    "mlops.diagnostics": ("Diagnostic", "Position"),
    "mlops.ml.training.problem": ("Problem", "Task"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}
_RENAMED: dict[str, str] = {}
"""Names of earlier releases, each with the name that took its place: they go on working for a release, and warn."""


@dataclass(frozen=True)
class Repository:
    """A repository by its folder: nothing of it is kept, each call reads it as it is then."""

    root: Path

    @property
    def pipelines(self) -> tuple[str, ...]:
        """Name its pipelines in order, also those whose YAML is wrong.

        Example:
            >>> open_repository().pipelines
            ('churn',)
        """
        from mlops.configuration.load import names
        from mlops.configuration.reading.library import Configuration

        return names(Configuration(self.root))


def open_repository(path: str | Path = ".") -> Repository:
    """Find the repository that a folder is in: the nearest one upwards with `conf/project.yaml`.

    Raises:
        ConfigurationError: there is none.

    Example:
        >>> open_repository("conf/pipeline").root == Path.cwd()
        True
    """
    from mlops.operations.root import find_root

    return Repository(find_root(Path(path).resolve()))


def validate(repository: Repository, *names: str, base: str | None = None) -> tuple[Diagnostic, ...]:
    """Check the YAML of these pipelines, or of all; give every finding, sorted by place. None is raised.

    With `base`, a commit, its policy holds too, as for `mlops validate --base`.

    Raises:
        ConfigurationError: Git does not know the base.
        Inconclusive: nothing is wrong, but the base is from before the repository began.

    Example:
        >>> [finding for finding in validate(open_repository()) if finding.severity == "error"]
        []
        >>> [found] = validate(open_repository(), "chrn")
        >>> str(found.position), found.message, found.hint
        ('conf/pipeline/chrn.yaml:1:1', 'there is no pipeline `chrn`', 'did you mean `churn`?')
    """
    from mlops.operations import validate as checks

    found, _ = checks.validate(repository.root, names, base)
    return found


def plan(repository: Repository, *names: str, base: str | None = None) -> Planned:
    """Say of these pipelines, or of all, what will run and why: against the last run, or against a commit.

    Raises:
        ConfigurationError: the YAML is wrong, with every problem in `diagnostics`; or Git does not know the base.
        IntegrityError: a merge left both versions of what is compiled or recorded.

    Example:
        >>> planned = plan(open_repository())
        >>> planned.affected, [change.name for change in planned.pipelines]
        ((), ['churn'])
    """
    from mlops.operations import merging
    from mlops.operations.planning import plan as planning
    from mlops.operations.workspace import open_workspace

    merging.refuse(repository.root)
    return planning.plan(open_workspace(repository.root, names), base)


def run(repository: Repository, name: str, *, frozen: bool = False) -> Verdict:
    """Compile what was edited, run what is stale of a pipeline, and give its verdict: one that fails is returned too.

    What a stage prints goes where this process prints. `frozen`, and CI wherever it is set, refuses to compile.

    Raises:
        ConfigurationError: the YAML is wrong, with every problem in `diagnostics`.
        StaleError: frozen, and a compiled file is not what the YAML compiles to; or the rules moved meanwhile.
        IntegrityError: what lies here is not what was recorded.
        InfrastructureError: the extra `train` is not installed, DVC failed, or the live bundle cannot be had.
        MlopsError: a stage stopped for another reason than its verdict; `exit_code` is the stage's.

    Example:
        >>> verdict = run(open_repository(), "churn")
        >>> verdict.pipeline, verdict.verdict, verdict.error()
        ('churn', 'pass', None)
    """
    from mlops.extras import need
    from mlops.operations import merging
    from mlops.operations.compiling.current import in_ci, make_current
    from mlops.operations.running.run import run_pipeline
    from mlops.operations.workspace import open_workspace

    need("train", "`mlops.api.run`")
    frozen = frozen or in_ci()
    if frozen:
        merging.refuse(repository.root)
    workspace = open_workspace(repository.root, (name,))
    make_current(workspace, (name,), frozen=frozen)
    return run_pipeline(workspace, name)


def gate(repository: Repository, name: str) -> Verdict:
    """Give the verdict of the last run, beside what is live now; nothing is trained.

    Whether it may be merged is asked with the rules of the base too, which is `mlops gate --base`.

    Raises:
        ConfigurationError: there is no such pipeline.
        InfrastructureError: it never ran here, or the live bundle cannot be had.
        IntegrityError: the record is damaged, or a merge left two versions of it.

    Example:
        >>> verdict = gate(open_repository(), "churn")
        >>> verdict.verdict, [(rule.id, rule.value, rule.low) for rule in verdict.rules]
        ('pass', [('auroc', 0.8, 0.75)])
    """
    from mlops.configuration.reading.library import Configuration
    from mlops.operations import merging
    from mlops.operations.judging.settle import settled
    from mlops.operations.workspace import known

    merging.refuse(repository.root)
    known(Configuration(repository.root), (name,))
    return settled(repository.root, name)


def data_schema(repository: Repository, name: str) -> pandera.DataFrameSchema:
    """Give the rules on a pipeline's table as a pandera schema for Polars frames; each refuses, whatever its severity.

    The stage `validate` asks the same in a pass of its own, and more than a schema holds: drift, freshness, own checks.

    Raises:
        ConfigurationError: there is no such pipeline, or the YAML is wrong.
        InfrastructureError: the extra `train` is not installed.

    Example:
        >>> data_schema(open_repository(), "churn").columns["plan"].checks
        [<Check isin: isin(['free', 'paid'])>]
    """
    from mlops.extras import need
    from mlops.operations.workspace import open_workspace

    need("train", "`mlops.api.data_schema`")
    from mlops.ml.data.pandera_schema import schema_of
    from mlops.stages.validate import Params

    rules = Params.model_validate(open_workspace(repository.root, (name,)).pipeline(name).stage("validate").section)
    return schema_of(rules.columns, rules.unique, rules.pairs, strict=rules.strict, ordered=rules.ordered)


def load_bundle(folder: str | Path, digest: str | None = None) -> Predictor:
    """Read a bundle, hold every byte against its manifest, and load it; with `digest`, that bundle alone.

    Raises:
        InfrastructureError: there is no bundle.
        IntegrityError: it is another one, or not what its manifest says.

    Example:
        >>> model = load_bundle("bundle")
        >>> model.task, model.classes
        ('binary', (False, True))
        >>> row = {"age": 40.5, "visits": 3, "insured": True, "plan": "gold", "joined": "2019-02-28", "seen": None}
        >>> model.predict_rows([row, row]).shape
        (2,)
        >>> try:
        ...     model.predict_rows([{**row, "visits": "three"}])
        ... except BadRows as error:
        ...     print(error)
        row 0, field `visits`: must be a whole number, not a string
    """
    from mlops.bundle.predictor import Predictor

    return Predictor.open(Path(folder), digest)


def __getattr__(name: str) -> Any:
    """Import a class when it is asked for; a name of an earlier release warns of its end."""
    if (new := _RENAMED.get(name)) is not None:
        message = f"mlops.api.{name} is now mlops.api.{new}, and will be gone in the next release"
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        return globals().get(new) or __getattr__(new)
    if name not in _HOME_OF:
        raise AttributeError(f"module 'mlops.api' has no attribute '{name}'", name=name)
    found = globals()[name] = getattr(import_module(_HOME_OF[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
