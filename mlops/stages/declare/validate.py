"""The stage `validate`: the snapshot held against its contract."""

from __future__ import annotations

from mlops.blocks.address import own_file
from mlops.blocks.table_rule import Freshness
from mlops.blocks.where import whole
from mlops.configuration.columns import mentions
from mlops.configuration.data import SHOWN, brief, computed, excluded, paths_of_images, unshown
from mlops.configuration.pipeline import Pipeline
from mlops.plan.stage import Kind, Output
from mlops.stages.declare import own
from mlops.stages.declare.declaration import Declaration, Files, Given, Parameter
from mlops.stages.declare.forecasts import LOOKBACK, lookback, task_of

_GONE_BY = (
    "evaluate.slices evaluate.bins evaluate.crosses evaluate.explain.key features.drop "
    "gates.*.by gates.*.of preset.gates.*.by preset.gates.*.of"
)


def learns_key(spec: Pipeline) -> bool:
    """Say whether the column that a split by time goes by is learnt from too: where parts of dates are asked for.

    Without a word about dates it only orders the rows; what `keys` names is never learnt from.
    """
    split = spec.data.split
    orders = split.by == "time" and split.key is not None and spec.forecast is None
    return (
        orders and "datetime" in spec.features.model_fields_set and split.key not in {*spec.data.keys, spec.data.entity}
    )


def _keys(spec: Pipeline) -> list[str]:
    data = spec.data
    ordered = [data.split.key] if data.split.key and spec.forecast is None else []
    return sorted({*data.keys, *([data.entity] if data.entity else []), *ordered, *paths_of_images(data)})


def _freshness(spec: Pipeline) -> list[Freshness]:
    recorded = spec.data.source.recorded
    return [rule.model_copy(update={"before": rule.before or recorded}) for rule in spec.data.freshness]


def _named(spec: Pipeline) -> dict[str, list[str]]:
    """List the columns that no rule of the data names and later stages go by, so that the first to see a table says it.

    What looks back at a forecast's past is made after that.
    """
    data, past = spec.data, lookback(spec)
    told = {data.target, data.entity, data.weight, *data.keys, *data.derive, *excluded(data), *(data.include or ())}
    told |= set(() if past is None else past.columns(data.target))
    found: dict[str, set[str]] = {}
    for each in mentions(spec):
        rule = data.columns.get(each.column)
        known = each.column in told or (rule is not None and not (rule.optional and each.use == "kept"))
        if each.path[0] in ("evaluate", "features", "gates", "preset") and not known:
            found.setdefault(each.purpose, set()).add(each.column)
    return {purpose: sorted(columns) for purpose, columns in sorted(found.items())}


def _further(spec: Pipeline) -> tuple[str, ...]:
    checks = {own_file(check.use) for check in spec.data.checks}
    return (*checks, *(() if spec.data.drift is None else (spec.data.drift.reference,)))


VALIDATE = Declaration(
    "validate",
    parameters=(
        Parameter("task", "task", task_of),
        Parameter("target", "data.target"),
        Parameter("positive", "data.positive"),
        Parameter("entity", "data.entity"),
        Parameter("weight", "data.weight", optional=True),
        Parameter(
            "keys",
            "data.keys data.entity data.split.key data.images forecast",
            _keys,
            but=f"forecast.backtest forecast.sliding {SHOWN}",
        ),
        Parameter(
            "columns", "data.columns", lambda spec: {name: brief(rule) for name, rule in spec.data.columns.items()}
        ),
        Parameter("strict", "data.strict"),
        Parameter("rows", "data.rows"),
        Parameter("unique", "data.unique"),
        Parameter(
            "derive", "data.derive", lambda spec: {name: computed(rule) for name, rule in spec.data.derive.items()}
        ),
        Parameter("where", "data.where", lambda spec: whole(spec.data.where), optional=True),
        Parameter("exclude", "data.exclude", lambda spec: excluded(spec.data), whole=True),
        Parameter("include", "data.include"),
        Parameter("drop_null_target", "data.drop_null_target"),
        Parameter("ordered", "data.ordered", optional=True),
        Parameter("pairs", "data.pairs", optional=True),
        Parameter("freshness", "data.freshness data.source.recorded", _freshness, optional=True),
        Parameter("checks", "data.checks", optional=True),
        Parameter("drift", "data.drift", optional=True),
        Parameter("label_noise", "data.label_noise", optional=True),
        Parameter(
            "dated",
            "features.datetime data.split.by data.split.key",
            lambda spec: spec.data.split.key if learns_key(spec) else None,
            optional=True,
        ),
        LOOKBACK,
        Given("accepted_leak"),
        Parameter("image", "features.kind", lambda spec: spec.features.kind == "image", optional=True),
        Parameter(
            "images",
            "data.images",
            lambda spec: {name: unshown(image) for name, image in spec.data.images.items()},
            optional=True,
            but=SHOWN,
        ),
        Parameter("named", _GONE_BY, _named, optional=True, whole=True),
        Parameter("made_by", "stages", own.made_by, optional=True, whole=True),
    ),
    inputs=(
        Files("stages", lambda spec: [own.table(own.made_by(spec))]),
        Files("data.checks data.drift", _further),
    ),
    outputs=(
        Output("artifacts/schema.json"),
        Output("artifacts/valid.parquet"),
        Output("reports/data.json", Kind.REPORT),
    ),
)
