"""What a stage declares is what it reads, is made of keys that exist, and is no part of its own code."""

from __future__ import annotations

import importlib

import pytest

from mlops.configuration.pipeline import Pipeline
from mlops.operations.digests.cache import PACKAGE
from mlops.operations.digests.code import Source
from mlops.operations.language.keys import Keys, written
from mlops.stages.declare.declaration import Declaration, Files, Parameter, Spliced, Subject, leads, split
from mlops.stages.declare.features import FEATURES
from mlops.stages.declare.order import STAGES
from mlops.stages.declare.registry import DECLARED
from tests.unit.configuration.test_monitor import PIPELINE
from tests.unit.operations.language.test_readers import leaves

ALL = [*leaves(Pipeline)]
by_name = pytest.mark.parametrize("declared", DECLARED, ids=STAGES)


def test_every_stage_of_the_order_is_declared_and_no_other() -> None:
    assert tuple(stage.name for stage in DECLARED) == STAGES


def parsed(stage: str) -> set[str]:
    """Name what a stage parses its section with, without what is there to be digested, or for a smoke run alone."""
    block = importlib.import_module(f"mlops.stages.{stage}").Params
    return {field.alias or name for name, field in block.model_fields.items()} - {"code", "libraries", "extract"}


@by_name
def test_a_stage_reads_the_parameters_that_it_declares(declared: Declaration) -> None:
    named = {part.name for part in declared.parameters if not isinstance(part, Spliced)}
    spliced = [part.key for part in declared.parameters if isinstance(part, Spliced)]
    inside = {key[len(prefix)] for prefix in spliced for key in ALL if leads(prefix, key)}
    assert named | inside == parsed(declared.name)


@by_name
def test_what_it_is_made_of_are_keys_of_the_yaml(declared: Declaration) -> None:
    parts = (*declared.parameters, *(each for each in declared.inputs if isinstance(each, Files)))
    keys = [key for part in parts for key in (*split(part.keys), *split(part.but))] + [*split(declared.keys)]
    assert [key for key in keys if not any(leads(key, leaf) for leaf in ALL)] == []


@by_name
def test_how_a_section_is_made_is_no_part_of_its_code(declared: Declaration) -> None:
    reached = Source(PACKAGE).reached(f"mlops.stages.{declared.name}")
    assert f"mlops.stages.{declared.name}" in reached
    assert [name for name in reached if name.startswith("mlops.stages.declare")] == []


@pytest.mark.parametrize(
    ("parameter", "key"),
    [
        (("ingest", "source", "path"), ("data", "source", "path")),
        (("validate", "exclude", 0), ("data", "exclude")),
        (("split", "seed"), ("data", "split", "seed")),
        (("train", "explain", "sample"), ("evaluate", "explain", "sample")),
        (("train", "candidates", "mlp", "lr"), ("model", "mlp", "lr")),
        (("evaluate", "importance", "sample"), ("evaluate", "explain", "sample")),
        (("evaluate", "group"), ("data", "entity")),
        (("measure", "requests"), ("evaluate", "serving", "requests")),
        (("gate", "rules", 3, "at_most"), ("gates",)),
        (("gate", "waivers", 0), ("gate", "waivers", 0)),
        (("gate", "code"), ("gate", "code")),
        (("enrich", "parameters", "by"), ("stages", "enrich", "parameters", "by")),
    ],
)
def test_a_parameter_leads_back_to_the_key_that_is_written(parameter: Keys, key: Keys) -> None:
    assert written(parameter) == key


def test_the_first_stage_to_see_a_table_is_told_the_columns_that_nothing_else_tells_it() -> None:
    keys = {
        "data": {
            **PIPELINE["data"],
            "columns": {"age": {"type": "int"}},
            "derive": {"old": {"from": "age", "rule": "is_null"}},
        },
        "features": {"drop": ["note"]},
        "evaluate": {"slices": ["age", "plan", "old", "y"], "bins": {"income": [10.0]}, "crosses": [["age", "plan"]]},
        "gates": [
            {"metric": "auroc", "at_least": 0.6, "by": "age+plan"},
            {"metric": "f1", "at_least": 0.6, "by": "city"},
        ],
    }
    told = next(declared for declared in DECLARED if declared.name == "validate")
    assert told.section(Subject("churn", Pipeline.model_validate(PIPELINE | keys)))["named"] == {
        "evaluate.bins": ["income"],
        "evaluate.crosses": ["plan"],
        "evaluate.slices": ["plan"],
        "features.drop": ["note"],
        "gates.by": ["city"],
    }
    assert "named" not in told.section(Subject("churn", Pipeline.model_validate(PIPELINE)))


@pytest.mark.parametrize(("ahead", "long"), [({"horizon": 7}, True), ({"horizons": [1, 7]}, False)])
def test_of_several_horizons_no_long_category_is_told_by_targets_that_stand_in_several_rows(
    ahead: dict[str, object], *, long: bool
) -> None:
    keys = {
        "task": "forecasting",
        "data": {**PIPELINE["data"], "split": {"by": "time", "key": "day"}},
        "forecast": {**ahead, "backtest": 0},
        "model": {"trees": {"kind": "lightgbm", "columns": "mixed"}},
    }
    (groups,) = (each for each in FEATURES.parameters if isinstance(each, Parameter) and each.name == "groups")
    assert groups.made is not None
    assert ("long_target_coded" in groups.made(Pipeline.model_validate(PIPELINE | keys))) is long
