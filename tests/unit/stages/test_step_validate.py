import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops.errors import DataError
from mlops.files.canonical import digest_file
from mlops.ml.data import joining, parquet, sample
from mlops.ml.data.joining import Joined
from mlops.stages import validate
from mlops.stages.context import StageContext

pytestmark = pytest.mark.slow

ROWS = 200
CANARY = "CANARY"


def table(**columns) -> pl.DataFrame:
    draw = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "__row__": range(ROWS),
            "person": [str(1000 + row // 2) for row in range(ROWS)],
            "age": [str(age) for age in draw.integers(18, 90, ROWS)],
            "city": draw.choice(["Bonn", "Rome"], ROWS),
            "spent": [str(round(amount, 2)) for amount in draw.lognormal(size=ROWS)],
            "left": draw.choice(["yes", "no"], ROWS),
            **columns,
        }
    )


class Pipeline:
    """A folder of a pipeline whose snapshot is given, and what the stage leaves in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, frame: pl.DataFrame, **params) -> None:
        parquet.write(frame, self.folder / "artifacts" / "raw.parquet")
        section = {"task": "binary", "target": "left", **params}
        validate.run(StageContext(self.folder, "churn", "validate", section))

    def refused(self, frame: pl.DataFrame, **params) -> DataError:
        with pytest.raises(DataError) as caught:
            self.run(frame, **params)
        assert not (self.folder / "artifacts" / "valid.parquet").exists()
        assert not (self.folder / "artifacts" / "schema.json").exists()
        return caught.value

    @property
    def valid(self) -> pl.DataFrame:
        return pl.read_parquet(self.folder / "artifacts" / "valid.parquet")

    @property
    def schema(self):
        return json.loads((self.folder / "artifacts" / "schema.json").read_text())

    @property
    def report(self):
        return json.loads((self.folder / "reports" / "data.json").read_text())

    def roles(self):
        return {column["name"]: column["role"] for column in self.schema["columns"]}


@pytest.fixture
def pipeline(tmp_path):
    folder = tmp_path / "pipelines" / "churn"
    folder.mkdir(parents=True)
    return Pipeline(folder)


def test_types_are_settled_and_roles_given(pipeline):
    pipeline.run(table(), entity="person", keys=["person"], columns={"age": {"sensitive": True}})
    assert pipeline.valid.schema == {
        "__row__": pl.Int64,
        "person": pl.Int64,
        "age": pl.Int64,
        "city": pl.String,
        "spent": pl.Float64,
        "left": pl.Boolean,
    }
    assert pipeline.roles() == {
        "person": "key",
        "age": "feature",
        "city": "feature",
        "spent": "feature",
        "left": "target",
    }
    assert (pipeline.schema["classes"], pipeline.schema["positive"]) == ([False, True], True)
    assert [column["name"] for column in pipeline.schema["columns"] if column["sensitive"]] == ["age"]


def test_the_report_counts_and_names_its_source(pipeline):
    pipeline.run(table(), columns={"age": {"type": "int", "between": [0, 120]}})
    report = pipeline.report
    assert report["rows"] == ROWS
    assert report["source"] == digest_file(pipeline.folder / "artifacts" / "raw.parquet")
    assert [check["name"] for check in report["checks"]] == ["type", "rows", "between", "target_missing", "leakage"]
    assert all(check["passed"] for check in report["checks"])
    assert sum(label["rows"] for label in report["target"]["classes"]) == ROWS


def test_the_same_data_gives_the_same_bytes(pipeline):
    contents = []
    for _ in range(2):
        pipeline.run(table())
        names = ("artifacts/valid.parquet", "artifacts/schema.json", "reports/data.json")
        contents.append([(pipeline.folder / name).read_bytes() for name in names])
    assert contents[0] == contents[1]


def test_a_long_table_is_searched_in_part_and_the_report_says_so(pipeline, monkeypatch):
    pipeline.run(table())
    assert "searched" not in pipeline.report
    monkeypatch.setattr(sample, "MOST", 150)
    pipeline.run(table())
    assert pipeline.report["searched"] == {"of": ROWS, "rows": 150, "seed": 0}
    assert pipeline.report["rows"] == ROWS


def test_a_column_that_later_stages_go_by_is_missed_at_once(pipeline):
    pipeline.run(table(), named={"evaluate.slices": ["city"]})
    assert pipeline.report["header"] == ["person", "age", "city", "spent", "left"]
    error = pipeline.refused(table(), named={"evaluate.slices": ["citty"], "gates.by": ["plan"]})
    assert error.message.splitlines()[1:] == [
        "  present: `citty`, named in `evaluate.slices`, is not a column of the data; did you mean `city`?",
        "  present: `plan`, named in `gates.by`, is not a column of the data",
    ]


def test_every_problem_is_reported_at_once(pipeline):
    ages = ["old", *["200"] * 2, *["30"] * (ROWS - 3)]
    error = pipeline.refused(
        table(age=ages),
        columns={"age": {"type": "int", "between": [0, 120]}, "city": {"in": ["Bonn"]}, "citi": {}},
        exclude=["spend"],
    )
    assert error.message.splitlines()[0] == "5 of 8 checks of the data failed"
    assert error.message.splitlines()[1:5] == [
        "  present: `citi`, named in `columns`, is not a column of the data; did you mean `city`?",
        "  present: `spend`, named in `exclude`, is not a column of the data; did you mean `spent`?",
        "  type: 1 of 200 values of `age` are not of type int, the first in row 1: name what means a missing value in "
        "`nulls:` under `source:`, write `type: string` if they are values, or correct them; `public: true` of the "
        "column shows them",
        "  between: 2 of 200 values of `age` are outside 0 to 120",
    ]
    assert error.hint == (
        "reports/data.json has every check and its counts; correct the data, or the rule if that is wrong"
    )
    assert [check["name"] for check in pipeline.report["checks"] if not check["passed"]] == [
        "present",
        "present",
        "type",
        "between",
        "in",
    ]


def test_an_earlier_result_does_not_outlive_a_refusal(pipeline):
    pipeline.run(table())
    assert pipeline.valid.height == ROWS
    pipeline.refused(table(), rows={"at_least": 1000})  # and looks that nothing is left


def test_a_warning_does_not_stop_the_run(pipeline, capsys):
    pipeline.run(table(), columns={"city": {"in": ["Bonn"], "severity": "warn"}})
    assert "values of `city` are not one of Bonn" in capsys.readouterr().err
    assert pipeline.valid.height == ROWS


def test_strict_refuses_what_is_not_declared(pipeline):
    error = pipeline.refused(table(), strict=True, columns={"age": {}, "city": {}}, keys=["person"])
    assert "undeclared: `spent` is in the data but not in `columns`, and `strict` is on" in error.message


def test_missing_targets_are_refused_with_their_count(pipeline):
    left = [None, None, *["yes", "no"] * ((ROWS - 2) // 2)]
    error = pipeline.refused(table(left=left))
    assert error.message == (
        "1 of 3 checks of the data failed\n"
        "  target_missing: 2 of 200 rows have no value of the target `left`; `drop_null_target: true` leaves them out"
    )


def test_missing_targets_can_be_left_out(pipeline):
    left = [None, None, *["yes", "no"] * ((ROWS - 2) // 2)]
    pipeline.run(table(left=left), drop_null_target=True)
    assert pipeline.valid.height == ROWS - 2
    assert pipeline.valid["__row__"][0] == 2


def test_excluded_columns_are_dropped_but_a_target_can_be_computed_from_them(pipeline):
    derive = {"rich": {"from": "spent", "rule": "greater_than", "value": 1}}
    pipeline.run(table(), target="rich", derive=derive, exclude=["spent"])
    assert "spent" not in pipeline.valid.columns
    assert pipeline.roles()["rich"] == "target"


def test_what_the_target_is_computed_from_must_be_excluded(pipeline):
    derive = {"rich": {"from": "spent", "rule": "greater_than", "value": 1}}
    error = pipeline.refused(table(), target="rich", derive=derive)
    assert "leakage: `spent` gives the target away: `rich` is computed from it" in error.message
    assert error.hint == (
        "leave out what is known only afterwards (`exclude: {after_outcome: [spent]}` in the data block), or, "
        "where all of it is known when a prediction is asked for, accept it in conf/accept/PIPELINE.yaml "
        "(`leak: {columns: [spent], reason: ...}`)"
    )


def test_a_leak_that_somebody_answers_for_is_told_and_passes(pipeline, capsys):
    frame, reason = table().with_columns(gone=pl.col("left")), "It is asked for on the form itself."
    pipeline.run(frame, accepted_leak={"columns": ["gone"], "reason": reason})
    assert (
        f"`gone` gives the target away: it is `left` under another name; accepted: {reason}" in capsys.readouterr().err
    )
    error = pipeline.refused(frame, accepted_leak={"columns": ["age"], "reason": reason})
    assert "leakage: `gone` gives the target away" in error.message


def test_a_leak_can_be_allowed(pipeline):
    frame = table()
    pipeline.refused(frame.with_columns(gone=pl.col("left")))
    pipeline.run(frame.with_columns(gone=pl.col("left")), columns={"gone": {"leakage": "allowed"}})
    assert pipeline.roles()["gone"] == "feature"


def test_only_included_columns_are_features(pipeline):
    pipeline.run(table(), include=["age"], keys=["person"])
    assert pipeline.valid.columns == ["__row__", "person", "age", "left"]


def test_a_column_that_names_rows_becomes_a_key_unless_it_is_asked_for(pipeline):
    frame = table(name=[f"n{row}" for row in range(ROWS)])
    pipeline.run(frame)
    assert pipeline.roles()["name"] == "key"
    pipeline.run(frame, include=["name", "age"])
    assert pipeline.roles()["name"] == "feature"


def test_a_missing_entity_is_refused(pipeline):
    error = pipeline.refused(table(person=[None] * ROWS), entity="person")
    assert "entity_missing: 200 of 200 rows have no value of the entity `person`" in error.message


def test_a_few_rows_of_nobody_pass_where_their_number_is_declared(pipeline):
    frame = table(person=[None, *range(1, ROWS)])
    assert "entity_missing: 1 of 200 rows have no value" in pipeline.refused(frame, entity="person").message
    pipeline.run(frame, entity="person", columns={"person": {"nulls": {"at_most": 0.01}}})
    assert pipeline.roles()["person"] == "key"


def test_a_table_without_features_is_refused(pipeline):
    error = pipeline.refused(table(), exclude=["age", "city", "spent", "person"])
    assert "features: no column is left to learn from" in error.message


def test_a_target_may_have_blanks_in_its_name(pipeline):
    pipeline.run(table().rename({"left": "has left us"}), target="has left us")
    assert pipeline.roles()["has left us"] == "target"


def test_a_regression_learns_numbers(pipeline):
    pipeline.run(table(), task="regression", target="spent")
    assert pipeline.schema["classes"] is None
    assert set(pipeline.report["target"]) == {"rows", "mean", "std"}


def test_values_of_public_columns_may_be_shown(pipeline):
    frame = table(city=["Oslo", *["Bonn"] * (ROWS - 1)])
    error = pipeline.refused(frame, columns={"city": {"in": ["Bonn"], "public": True}})
    assert "1 of 200 values of `city` are not one of Bonn (such as Oslo)" in error.message


CELLS = st.none() | st.sampled_from(["0", "1", "yes", "no", "a", "2024-01-01", "1.5", "inf", "nan", "", " ", "é"])


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    rows=st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=12),
    times=st.sampled_from([1, 30]),
    task=st.sampled_from(["binary", "multiclass", "regression"]),
    drop=st.booleans(),
)
def test_any_table_is_either_passed_or_refused(pipeline, rows, times, task, drop):
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    series = [pl.Series(name, values * times, dtype=pl.String) for name, values in zip("xyz", columns, strict=True)]
    frame = pl.DataFrame([pl.Series("__row__", range(len(rows) * times), dtype=pl.Int64), *series])
    try:
        pipeline.run(frame, task=task, target="z", drop_null_target=drop)
    except DataError as error:
        assert error.message.splitlines()[0].endswith("checks of the data failed")
    else:
        assert pipeline.valid.columns == ["__row__", "x", "y", "z"]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    rule=st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["int", "float", "bool", "date", "category", "string"]),
            "in": st.just(["a"]),
            "matches": st.just("[a-z]"),
            "unique": st.booleans(),
            "nulls": st.floats(0, 1).map(lambda share: {"at_most": share}),
            "severity": st.sampled_from(["block", "warn"]),
        },
    ),
    planted=st.integers(1, ROWS),
    column=st.sampled_from(["age", "city", "note"]),
)
def test_no_report_or_message_shows_a_value_that_is_not_public(pipeline, capsys, rule, planted, column):
    values = [f"{CANARY}{row % 3}" if row < planted else "a" for row in range(ROWS)]
    rule = {
        key: value for key, value in rule.items() if key != "in" or rule.get("type") in (None, "category", "string")
    }
    said = ""
    try:
        pipeline.run(table(**{column: values}), columns={column: rule})
    except DataError as error:
        said = error.message + error.hint
    report = (pipeline.folder / "reports" / "data.json").read_text()
    assert CANARY.lower() not in (report + said + capsys.readouterr().err).lower()


def test_a_date_that_orders_the_split_is_learnt_from_where_its_parts_are_asked_for(pipeline):
    days = [f"{2020 + row // 100}-{1 + row % 12:02}-{1 + row % 28:02}" for row in range(ROWS)]
    years = [str(2020 + row // 100) for row in range(ROWS)]
    for column, dated, role in ((days, None, "key"), (days, "day", "feature"), (years, "day", "key")):
        pipeline.run(table(day=column), keys=["day", "person"], dated=dated)
        assert pipeline.roles()["day"] == role
        assert pipeline.roles()["person"] == "key"


def test_expressions_are_columns_and_what_they_need_stays_unlearnt(pipeline):
    derive = {"rich": "log(spent + 1) / if(age > 60, 2, 1)", "decade": "prefix(person, 3)"}
    columns = {"person": {"type": "string", "personal": True}}
    pipeline.run(table(), derive=derive, exclude=["spent"], columns=columns)
    roles = {"age": "feature", "city": "feature", "spent": "key", "left": "target", "decade": "feature"}
    assert pipeline.roles() == {**roles, "rich": "feature"}
    found = pipeline.valid.filter(pl.col("age") > 60)
    assert found["rich"].to_list() == [math.log(spent + 1) / 2 for spent in found["spent"]]


def test_an_expression_that_does_not_fit_its_columns_is_refused(pipeline):
    error = pipeline.refused(table(), derive={"sum": "age + city", "gone": "agee + 1"})
    assert "present: `agee`, named in `derive`, is not a column of the data; did you mean `age`?" in str(error)
    error = pipeline.refused(table(), derive={"sum": "age + city"})
    assert "derive: `derive` cannot compute `sum`: `+` takes numbers, and this is a text" in str(error)


def test_where_keeps_rows_and_counts_them(pipeline):
    frame = table(city=["Bonn"] * 120 + ["Rome"] * 70 + [None] * 10)
    pipeline.run(frame, derive={"old": "age > 20"}, where={"keep": "city == 'Bonn' and old"})
    kept = pipeline.valid.height
    assert set(pipeline.valid["city"]) == {"Bonn"}
    assert pipeline.valid["age"].min() > 20
    assert pipeline.report["where"] == {"rows": kept, "of": 200}
    told = [check["message"] for check in pipeline.report["checks"] if check["name"] == "where"]
    assert len(told) == 1
    assert told[0].startswith(f"{kept} of 200 rows kept by `where`; of ")


@pytest.mark.parametrize(
    ("keep", "said"),
    [
        ("age > 85", "rows kept by `where`, fewer than the 50 that it must leave"),
        ("age + 1", "where: `where` cannot be asked: a condition is true or false, and this is of type int"),
        ("aeg > 1", "present: `aeg`, named in `where`, is not a column of the data; did you mean `age`?"),
    ],
)
def test_a_condition_that_is_none_or_leaves_too_little_is_refused(pipeline, keep, said):
    assert said in str(pipeline.refused(table(), where={"keep": keep}))


def test_rows_that_find_nothing_in_a_joined_table_are_told(pipeline):
    parquet.write(
        table(), pipeline.folder / "artifacts" / "raw.parquet", joining.spelled([Joined("prices.csv", 3, 200)])
    )
    section = {"task": "binary", "target": "left"}
    validate.run(StageContext(pipeline.folder, "churn", "validate", section))
    assert pipeline.report["joined"] == [{"table": "prices.csv", "unmatched": 3, "rows": 200}]
    assert pipeline.report["checks"][0]["message"] == "3 of 200 rows find nothing in prices.csv"


TYPED = {
    "person": pl.Series(range(ROWS)) // 2,
    "age": pl.Series(range(ROWS)) % 70,
    "spent": [0.5, None] * (ROWS // 2),
    "left": np.random.default_rng(2).random(ROWS) < 0.5,
}


@pytest.mark.parametrize(
    ("columns", "copied"),
    [(TYPED, True), (TYPED | {"spent": [0.5, float("nan")] * (ROWS // 2)}, False), ({}, False)],
    ids=["typed", "with NaN, which is missing", "texts"],
)
def test_a_table_that_stays_as_it_is_has_the_bytes_of_one_written_anew(pipeline, columns, copied):
    pipeline.run(table(**columns))
    raw, valid = ((pipeline.folder / "artifacts" / name).read_bytes() for name in ("raw.parquet", "valid.parquet"))
    parquet.write(pipeline.valid, pipeline.folder / "fresh.parquet")
    assert valid == (pipeline.folder / "fresh.parquet").read_bytes()
    assert (raw == valid) == copied


def test_a_table_that_others_wrote_is_written_anew(pipeline):
    frame = table(**TYPED)
    (pipeline.folder / "artifacts").mkdir()
    frame.write_parquet(pipeline.folder / "artifacts" / "mine.parquet", compression="snappy", row_group_size=50)
    pipeline.run(frame, made_by=["mine"])
    parquet.write(pipeline.valid, pipeline.folder / "fresh.parquet")
    assert (pipeline.folder / "artifacts" / "valid.parquet").read_bytes() == (
        pipeline.folder / "fresh.parquet"
    ).read_bytes()
