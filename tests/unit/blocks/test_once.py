"""A parameter stands once: what YAML is typed by is what stages and library take."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic_core import PydanticUndefined

from mlops.blocks.bootstrap import Bootstrap
from mlops.blocks.trainer import Trainer
from mlops.configuration.pipeline import Evaluate, Pipeline
from mlops.ml.training.session import Judge, Session

if TYPE_CHECKING:
    from pydantic import BaseModel

ROOMS = ("blocks", "configuration", "models", "sources", "targets", "transforms")
"""Where what may be asked for is declared."""

_COMPILED = "as any release compiled it: every key may be absent, and others may be there"
_WRITTEN = "a document keeps the keys of its version, also when YAML moves on"

ALIKE: dict[frozenset[str], str] = {
    frozenset(pair): reason
    for *pair, reason in (
        ("models.mlp.Mlp", "models.cnn.Cnn", "two kinds, with widths of other shapes and defaults of their own"),
        ("files.number_text.NumberText", "blocks.number_form.NumberForm", "the loader of a bundle knows no blocks"),
        ("configuration.reading.excerpt.Mistake", "diagnostics.Position", "what a parser says has no file yet"),
        ("targets.cluster.ClusterTarget", "targets.container.ContainerTarget", "two kinds, and a token from elsewhere"),
        ("models.gradient_boosting.GradientBoosting", "models.random_forest.RandomForest", "two kinds, as above"),
        (
            "configuration.monitor.Quality",
            "configuration.monitor.ColumnQuality",
            "a column's own shares have no defaults",
        ),
        (
            "configuration.data.Data",
            "ml.data.contract.Contract",
            "a section of params.yaml that seven blocks come together in",
        ),
        (
            "configuration.pipeline.Evaluate",
            "stages.examine.Asked",
            "a section, with metrics and slices chosen and crosses named",
        ),
        (
            "configuration.gates.GateRule",
            "ml.evaluation.judging.rule.Rule",
            "one bound of a rule that may have several",
        ),
        ("blocks.examine.Explain", "blocks.examine.Attributed", "the part that `train` reads, without defaults"),
        ("blocks.ensemble.Ensemble", "documents.ensemble.EnsembleReport", _WRITTEN),
        (
            "configuration.requests.Requests",
            "bundle.schema.Requests",
            "it travels in a model's loader, which knows no other room",
        ),
        (
            "configuration.project.Project",
            "operations.starting.settings.Settings",
            "answers to `mlops init`: words, not blocks",
        ),
        ("sources.source.Source", "files.dialect.Dialect", "one CSV file, whose separator was found"),
        ("blocks.split.Fractions", "ml.evaluation.studies.backtest.Fold", "rows of the parts, not shares"),
        ("blocks.split.Fractions", "ml.data.splits.Divided", "rows of the parts, not shares"),
        ("configuration.pipeline.Pipeline", "stages.package.Params", "a section: the words that a card is made of"),
        (
            "blocks.column_rule.ColumnRule",
            "ml.data.inference.ColumnGuess",
            "what a column looks like, to be written down",
        ),
        ("configuration.data.Data", "ml.data.roles.Roles", "what a file's columns seem to be for"),
        (
            "configuration.checking.problem.Problem",
            "configuration.reading.scalar.Refusal",
            "findings, which are no parameters",
        ),
        ("configuration.checking.problem.Problem", "compiler.rules.finding.Finding", "findings"),
        ("configuration.reading.scalar.Refusal", "compiler.rules.finding.Finding", "findings"),
        ("configuration.checking.problem.Problem", "diagnostics.Diagnostic", "findings"),
        ("configuration.reading.scalar.Refusal", "diagnostics.Diagnostic", "findings"),
        ("operations.scoring.score.Wanted", "targets.batch.BatchTarget", "a run is of values, typed or of the YAML"),
        ("targets.container.ContainerTarget", "targets.local.LocalTarget", "two kinds, as above"),
        ("blocks.own_stage.OwnStage", "stages.own.Params", "a section: rows and files are named, code makes it stale"),
        (
            "blocks.own_stage.OwnStage",
            "stages.declare.declaration.Declaration",
            "what any stage declares, as functions",
        ),
        ("configuration.ci.Continuous", "plan.review.Review", "a plan is of values, whatever YAML is typed by"),
        ("blocks.waiver.Waiver", "documents.gate.Waived", _WRITTEN),
        ("blocks.forecast.Horizon", "documents.metrics.Forecast", _WRITTEN),
        ("blocks.examine.Attributed", "documents.explanations.ExplanationsReport", _WRITTEN),
        ("configuration.accept.Acceptance", "documents.monitor.AcceptedReport", _WRITTEN),
        ("configuration.data.Data", "documents.data.DataReport", _WRITTEN),
        ("blocks.bootstrap.Bootstrap", "operations.verdicts.loosened._Bootstrap", _COMPILED),
        ("blocks.waiver.Waiver", "operations.verdicts.loosened._Waiver", _COMPILED),
        ("configuration.gates.GateRule", "operations.verdicts.loosened._Rule", _COMPILED),
        ("blocks.accepted_leak.AcceptedLeak", "operations.verdicts.loosened._Leak", _COMPILED),
        ("blocks.accepted_leak.AcceptedLeak", "configuration.accept.Acceptance", "an incident always ends"),
        ("blocks.accepted_leak.AcceptedLeak", "documents.monitor.AcceptedReport", _WRITTEN),
        ("models.gradient_boosting.GradientBoosting", "models.lightgbm.LightGBM", "two kinds, as above"),
        ("models.lightgbm.LightGBM", "models.random_forest.RandomForest", "two kinds, as above"),
        ("models.mlp.Mlp", "models.tabm.TabM", "two kinds, as above"),
        ("models.mlp.Mlp", "models.realmlp.RealMlp", "two kinds, as above"),
        ("models.cnn.Cnn", "models.realmlp.RealMlp", "two kinds, as above"),
        ("models.realmlp.RealMlp", "models.tabm.TabM", "two kinds, as above"),
        ("models.cnn.Cnn", "models.resnet.ResNet", "two kinds, as above"),
        (
            "blocks.number_embedding.Periodic",
            "blocks.number_embedding.PeriodicBias",
            "two embeddings, with defaults of their own",
        ),
        ("models.cnn.Cnn", "models.tabm.TabM", "two kinds, as above"),
        ("models.cnn.Cnn", "models.keras.Keras", "two kinds, as above"),
        ("models.keras.Keras", "models.mlp.Mlp", "two kinds, as above"),
        ("models.keras.Keras", "models.realmlp.RealMlp", "two kinds, as above"),
        ("models.keras.Keras", "models.resnet.ResNet", "two kinds, as above"),
        ("models.keras.Keras", "models.tabm.TabM", "two kinds, as above"),
        ("models.catboost.CatBoost", "models.gradient_boosting.GradientBoosting", "two kinds, as above"),
        ("models.catboost.CatBoost", "models.lightgbm.LightGBM", "two kinds, as above"),
        ("models.catboost.CatBoost", "models.random_forest.RandomForest", "two kinds, as above"),
        ("models.catboost.CatBoost", "models.xgboost.XGBoost", "two kinds, as above"),
        ("models.gradient_boosting.GradientBoosting", "models.xgboost.XGBoost", "two kinds, as above"),
        ("models.lightgbm.LightGBM", "models.xgboost.XGBoost", "two kinds, as above"),
        ("models.random_forest.RandomForest", "models.xgboost.XGBoost", "two kinds, as above"),
        ("blocks.accepted_leak.AcceptedLeak", "documents.gate.Accepted", _WRITTEN),
        ("configuration.accept.Acceptance", "documents.gate.Accepted", _WRITTEN),
        ("blocks.column_rule.ColumnRule", "documents.inferred_columns.InferredColumn", _WRITTEN),
        ("blocks.tune.Tune", "documents.tuning.TuningReport", _WRITTEN),
        ("blocks.tune.Tune", "stages.tune.Params", "a section: trials and spaces by candidate, without defaults"),
        ("configuration.data.Data", "stages.ingest.Params", "a section: the tables that a snapshot is taken of"),
        ("configuration.pipeline.Pipeline", "stages.scoring.Learning", "a section, which two stages share"),
        ("blocks.split.Fractions", "ml.evaluation.studies.walk_forward.Stretch", "rows of the parts, not shares"),
        (
            "blocks.image_column.ImageColumn",
            "bundle.picture_text.PictureForm",
            "it travels in a model's loader, which knows no configuration",
        ),
        ("blocks.forecast.Horizon", "ml.data.ahead.Ahead", "a guess says no `horizon`, which is asked for"),
    )
}
"""Pairs that may name the same things, and why."""


def sources(package: Path) -> dict[str, str]:
    """Give every module's text by name; the loader is a copy of the bundle's modules by its nature."""
    paths = (path for path in sorted(package.rglob("*.py")) if "loader" not in path.parts)
    return {".".join(path.relative_to(package).with_suffix("").parts): path.read_text("utf-8") for path in paths}


def fields(texts: Mapping[str, str]) -> Iterator[tuple[str, frozenset[str]]]:
    """Give the fields that each class of two or more writes itself; what it inherits stands elsewhere."""
    for module, text in texts.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef):
                own = (item.target for item in node.body if isinstance(item, ast.AnnAssign))
                names = frozenset(target.id for target in own if isinstance(target, ast.Name))
                if len(names) > 1:
                    yield f"{module}.{node.name}", names


def twins(texts: Mapping[str, str]) -> set[frozenset[str]]:
    """Find the pairs with a declaration in them that share more than half of one's fields, at least three or all."""
    found = set()
    for (one, ours), (other, theirs) in combinations(fields(texts), 2):
        shared, least = len(ours & theirs), min(len(ours), len(theirs))
        enough = ours == theirs or (shared >= 3 and 2 * shared > least)
        if enough and any(name.partition(".")[0] in ROOMS for name in (one, other)):
            found.add(frozenset((one, other)))
    return found


@pytest.mark.slow
def test_no_parameters_stand_twice(repository: Path) -> None:
    found = twins(sources(repository / "mlops"))
    assert sorted(map(sorted, found - set(ALIKE))) == [], "inherit the block, or say above why these two are two"
    assert sorted(map(sorted, set(ALIKE) - found)) == [], "they are no longer alike: take the exception out"


@pytest.mark.parametrize(
    ("room", "text", "caught"),
    [
        (
            "ml.training.session",
            "class Options:\n    max_epochs: int\n    batch_size: int\n    patience: int = 5",
            True,
        ),
        ("stages.measure", "class Params(Serving):\n    code: str\n    libraries: dict[str, str]", False),
        ("ml.data.rules", "class Limit:\n    at_most: float\n    severity: str", True),
        ("ml.data.rules", "class Limit:\n    at_most: float\n    severity: str\n    column: str", False),
    ],
)
def test_a_planted_twin_is_caught(repository: Path, room: str, text: str, caught: bool) -> None:
    blocks = {f"blocks.{name}": said for name, said in sources(repository / "mlops" / "blocks").items()}
    assert bool(twins({**blocks, room: text}) - twins(blocks)) is caught


SECTIONS = (
    ("mlops.configuration.data", "Data", "mlops.ml.data.contract", "Contract", {"exclude"}),
    (
        "mlops.configuration.pipeline",
        "Evaluate",
        "mlops.stages.evaluate",
        "Params",
        {"metrics", "crosses", "robustness"},
    ),
    ("mlops.blocks.examine", "Explain", "mlops.blocks.examine", "Attributed", set[str]()),
    ("mlops.blocks.examine", "Explain", "mlops.blocks.examine", "Importance", set[str]()),
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "block", "stage", "section", "reshaped"), SECTIONS, ids=("data", "evaluate", "shares", "shuffles")
)
def test_a_section_that_repeats_names_has_no_default_of_its_own(
    module: str, block: str, stage: str, section: str, reshaped: set[str]
) -> None:
    written: type[BaseModel] = getattr(importlib.import_module(module), block)
    read: type[BaseModel] = getattr(importlib.import_module(stage), section)
    for name in sorted(set(written.model_fields) & set(read.model_fields) - reshaped):
        here, there = _default(read, name), _default(written, name)
        assert here in (PydanticUndefined, there), name


def _default(block: type[BaseModel], name: str) -> Any:
    return block.model_fields[name].get_default(call_default_factory=True)


def test_who_says_nothing_gets_what_the_reference_says_from_python_too() -> None:
    trained = Session("net", 0, Judge("auroc", True, lambda *_: 0.0)).options
    assert trained == Trainer() == Pipeline.model_fields["trainer"].default
    assert (trained.max_epochs, trained.patience) == (40, 8)
    assert Evaluate().bootstrap == Bootstrap()
