"""Rules between columns and for the table as a whole, through the stage."""

import contextlib
import datetime
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from mlops.blocks.table_rule import Freshness, OwnCheck
from mlops.errors import ConfigurationError, DataError, IntegrityError
from mlops.files.canonical import digest_file
from mlops.ml.data import parquet
from mlops.ml.data.table_rules import fresh, own
from mlops.stages import validate
from mlops.stages.context import StageContext
from mlops.stages.ingest import RAW

pytestmark = pytest.mark.slow

ROWS = 600
DAY = datetime.date(2024, 3, 1)


def table(mean: float = 40.0, **columns: object) -> pl.DataFrame:
    draw = np.random.default_rng(0)
    age = draw.normal(mean, 10, ROWS).round(1)
    return pl.DataFrame(
        {
            "__row__": range(ROWS),
            "age": age,
            "low": draw.integers(0, 50, ROWS),
            "high": draw.integers(50, 99, ROWS),
            "city": draw.choice(["Bonn", "Oslo", "Rome"], ROWS),
            "day": [DAY + datetime.timedelta(int(days)) for days in draw.integers(0, 60, ROWS)],
            "left": np.where(draw.random(ROWS) < 0.4, "yes", "no"),
            **columns,
        }
    )


class Pipeline:
    """A pipeline's folder, and the checks that failed in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "pipelines" / "churn"

    def run(self, frame: pl.DataFrame, **params: object) -> list[str]:
        parquet.write(frame, self.folder / RAW)
        section = {"task": "binary", "target": "left", **params}
        with contextlib.suppress(DataError):
            validate.run(StageContext(self.folder, "churn", "validate", section))
        return [check["message"] for check in self.report["checks"] if not check["passed"]]

    @property
    def report(self) -> dict:
        return json.loads((self.folder / validate.REPORT).read_text())


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    return Pipeline(tmp_path)


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        ({"left": "low", "is": "at_most", "right": "high"}, []),
        ({"left": "high", "is": "less_than", "right": "low"}, ["in 600 of 600 rows `high` is not less than `low`"]),
        ({"left": "some", "is": "requires", "right": "low"}, []),
        ({"left": "low", "is": "requires", "right": "some"}, ["in 3 of 600 rows `low` is there without `some`"]),
        (
            {"left": "low", "is": "missing_with", "right": "some", "severity": "warn"},
            ["in 3 of 600 rows `low` is missing without, or there without, `some`"],
        ),
    ],
)
def test_two_columns_stand_to_each_other(pipeline, pair, expected):
    frame = table(some=[None] * 3 + [1.5] * (ROWS - 3))
    assert pipeline.run(frame, pairs=[pair], exclude=["day"]) == [*expected, "`some` has one value in every row"]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"column": "day", "at_most_days": 2, "before": "2024-04-30"}, []),
        ({"column": "day", "at_most_days": 2, "before": "2024-05-01T01:00+02:00"}, []),
        (
            {"column": "day", "at_most_days": 2, "before": "2024-05-09"},
            ["the newest `day` is 10 days before 2024-05-09; at most 2 are allowed"],
        ),
        (
            {"column": "day", "at_most_days": 0, "before": "booked"},
            ["the newest `day` is 1 day before the newest `booked`; at most 0 are allowed"],
        ),
        (
            {"column": "age", "at_most_days": 0, "before": "2024-05-09"},
            ["freshness of `age`: it holds no dates; declare `age: {type: date}`, or name another column"],
        ),
    ],
)
def test_old_rows_are_refused_without_a_clock(pipeline, rule, expected):
    frame = table().with_columns(booked=pl.col("day") + pl.duration(days=1))
    assert pipeline.run(frame, freshness=[rule]) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("return rows['low'] <= rows['high']", []),
        ("return rows['low'] >= 0", []),
        ("return rows['age'].mean() > 90", ["`rule` does not hold"]),
        ("return pl.col('low') < pl.col('high') - 98", ["600 of 600 rows break `rule`"]),
        (
            "return 'yes'",
            [
                "check `rule` answers a str, which says neither yes nor no; "
                "answer a bool, or a Boolean Series or expression with a value a row"
            ],
        ),
        (
            "return rows['secret']",
            [
                "check `rule`: checks.py:3: ColumnNotFoundError; "
                "it is given a polars DataFrame and answers a bool, or a Boolean Series or expression"
            ],
        ),
    ],
)
def test_a_function_of_the_pipeline_judges(pipeline, code, expected):
    pipeline.folder.mkdir(parents=True)
    (pipeline.folder / "checks.py").write_text(f"import polars as pl\ndef rule(rows):\n    {code}\n")
    assert pipeline.run(table(), checks=[{"use": "pipelines.churn.checks:rule"}]) == expected


def test_freshness_without_a_day_to_count_from_is_refused():
    with pytest.raises(ConfigurationError) as caught:
        fresh(table(), Freshness(column="day", at_most_days=7))
    said = (caught.value.message, caught.value.hint)
    assert said == ("freshness of `day` has no day to count from", "write `before:`")


@pytest.mark.parametrize("use", ["os:system", "pipelines.churn.checks:_rule", "pipelines/churn/checks:rule"])
def test_what_is_no_address_of_a_pipelines_code_is_no_check(pipeline, use):
    with pytest.raises(ValidationError, match="checks.0.use\n  String should match pattern"):
        pipeline.run(table(), checks=[{"use": use}])


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        ("os:system", "check `os:system` is not a function in pipelines/churn/"),
        ("pipelines.churn.checks:_rule", "`pipelines.churn.checks:_rule` is a private name"),
    ],
)
def test_an_address_that_was_not_looked_at_is_admitted_to_nothing_either(pipeline, use, expected):
    pipeline.folder.mkdir(parents=True)
    (pipeline.folder / "checks.py").write_text("def _rule(rows): ...\n")
    unseen = OwnCheck.model_construct(use=use, columns=(), severity="block")
    with pytest.raises(ConfigurationError) as caught:
        own(table(), unseen, pipeline.folder.parent.parent, "churn")
    assert caught.value.message == expected


@pytest.mark.parametrize("use", ["pipelines.other.checks:rule", "pipelines.churn.absent:rule"])
def test_no_other_code_is_admitted(pipeline, use):
    hint = "write pipelines.churn.<module>:<function>"
    assert pipeline.run(table(), checks=[{"use": use}]) == [
        f"check `{use}` is not a function in pipelines/churn/; {hint}"
    ]


def test_columns_may_be_absent_and_have_an_order(pipeline):
    columns = {"extra": {"optional": True}, "high": {}, "age": {"type": "float"}}
    expected = ["`age` and 1 more do not stand where `columns` has them"]
    assert pipeline.run(table(), columns=columns, ordered=True) == expected


def limits(pipeline: Pipeline, **more: object) -> dict:
    return {"reference": "reference.json", "at_most": {"psi": 0.2, "ks": 0.1}, "columns": ["age", "city"], **more}


def accepted(pipeline: Pipeline, frame: pl.DataFrame) -> Path:
    assert pipeline.run(frame) == []
    reference = pipeline.folder / "reference.json"
    reference.write_bytes((pipeline.folder / validate.REPORT).read_bytes())
    return reference


def test_drift_is_held_against_an_accepted_report(pipeline):
    reference = accepted(pipeline, table())
    assert pipeline.run(table(), drift=limits(pipeline, sha256=digest_file(reference))) == []
    assert pipeline.run(table(mean=50), drift=limits(pipeline)) == [
        "`age` has moved from the reference: ks 0.378 over 0.1, psi 0.995 over 0.2"
    ]
    assert set(pipeline.report["drift"]) == {"age", "city"}


def test_too_few_rows_say_nothing_about_drift(pipeline):
    accepted(pipeline, table())
    assert pipeline.run(table(), drift=limits(pipeline, minimum_rows=1000)) == [
        "drift cannot be told from chance on 600 rows; at least 1,000 are needed"
    ]


TOO_FEW = (
    "drift of `{}` cannot be told from chance on {} values; at least 500 are needed, or leave it out of `drift.columns`"
)


def sparse(name: str, present: int) -> pl.DataFrame:
    return table().with_columns(pl.when(pl.int_range(pl.len()) < present).then(pl.col(name)).alias(name))


@pytest.mark.parametrize("present", [3, 30])
@pytest.mark.parametrize("name", ["age", "city"])
@pytest.mark.parametrize(("columns", "severity"), [(["age", "city"], "block"), (None, "warn")])
def test_too_few_values_of_a_column_say_nothing_about_its_drift(pipeline, name, present, columns, severity):
    accepted(pipeline, table())
    message = TOO_FEW.format(name, present)
    assert message in pipeline.run(sparse(name, present), drift=limits(pipeline, columns=columns))
    checks = [check for check in pipeline.report["checks"] if check["name"] == "drift" and not check["passed"]]
    assert [(check["message"], check["severity"]) for check in checks] == [(message, severity)]
    assert pipeline.report["drift"][name] == {}


def test_too_few_values_in_the_reference_say_nothing_about_drift(pipeline):
    accepted(pipeline, sparse("age", 499))
    assert pipeline.run(table(), drift=limits(pipeline)) == [TOO_FEW.format("age", 499)]
    accepted(pipeline, sparse("age", 500))
    assert pipeline.run(sparse("age", 500), drift=limits(pipeline)) == []


def test_another_reference_is_refused(pipeline):
    reference = accepted(pipeline, table())
    wrong = limits(pipeline, sha256="sha256:" + "0" * 64)
    with pytest.raises(IntegrityError, match="the reference reference.json is not the one declared"):
        pipeline.run(table(), drift=wrong)
    reference.write_text("{}")
    with pytest.raises(ConfigurationError, match="reference.json is no data report"):
        pipeline.run(table(), drift=limits(pipeline))


KNOWN = {name: {"leakage": "allowed"} for name in ("x", "z")}  # whose sum tells the class


def noisy(share: float) -> pl.DataFrame:
    draw = np.random.default_rng(4)
    x, z = draw.normal(size=ROWS), draw.normal(size=ROWS)
    truth = x + z > 0
    label = np.where(draw.random(ROWS) < share, ~truth, truth)
    return pl.DataFrame({"__row__": range(ROWS), "x": x, "z": z, "left": np.where(label, "yes", "no")})


def test_wrong_labels_are_estimated_and_told_but_stop_nothing(pipeline):
    assert pipeline.run(noisy(0.0), columns=KNOWN) == []
    assert pipeline.report["label_noise"]["share"] < 0.03
    assert pipeline.run(noisy(0.1)) == []
    assert pipeline.report["label_noise"]["share"] == pytest.approx(0.1, abs=0.04)


def test_a_rule_about_wrong_labels_holds_the_estimate(pipeline):
    (message,) = pipeline.run(noisy(0.1), label_noise={"at_most": 0.02, "severity": "block"})
    assert message.endswith("of 600 values of `left` are probably wrong; at most 0.02 may be")
    assert not (pipeline.folder / validate.VALID).exists()


def test_an_estimate_that_cannot_be_made_does_not_pass(pipeline):
    assert pipeline.run(table(), label_noise={"at_most": 0.5}) == [
        "how many values of `left` are wrong cannot be estimated: the features tell too little about the labels"
    ]


def test_the_report_is_the_same_each_time(pipeline):
    pipeline.run(noisy(0.1))
    first = pipeline.report
    pipeline.run(noisy(0.1))
    assert pipeline.report == first


def test_a_named_column_that_the_reference_does_not_know_is_refused(pipeline):
    accepted(pipeline, table().drop("city"))
    assert pipeline.run(table(), drift=limits(pipeline)) == [
        "the reference says nothing about `city` that its drift could be told by"
    ]
    assert not (pipeline.folder / validate.VALID).exists()


@pytest.mark.parametrize("name", ["citty", "left", "person"])
def test_a_named_column_that_is_not_learnt_from_has_no_drift_to_pass_by(pipeline, name):
    frame = table(person=[f"p{number}" for number in range(ROWS)])
    accepted(pipeline, frame.drop("person"))
    assert pipeline.run(frame, keys=["person"], drift=limits(pipeline, columns=["age", name])) == [
        f"`{name}`, named in `drift.columns`, is not a column that is learnt from"
    ]
    assert not (pipeline.folder / validate.VALID).exists()


def test_labels_of_one_entity_are_not_judged_by_a_model_that_saw_no_other(pipeline):
    frame = noisy(0.0).with_columns(pl.lit("the only one").alias("person"))
    assert pipeline.run(frame, entity="person", columns=KNOWN) == []
    assert pipeline.report["label_noise"]["share"] is None
    assert pipeline.report["label_noise"]["reason"] == "too few values of the entity"


@pytest.mark.parametrize(
    ("code", "name", "expected"),
    [
        ("from os.path import exists as rule", "rule", "`pipelines.churn.checks:rule` is genericpath.exists by "),
        ("import nothing_like_it", "rule", "check `pipelines.churn.checks:rule`: checks.py:1: ModuleNotFoundError"),
        ("raise SystemExit(0)", "rule", "check `pipelines.churn.checks:rule`: checks.py:1: SystemExit"),
        ("def rule(rows):\n    raise SystemExit(0)", "rule", "check `rule`: checks.py:2: SystemExit; "),
        ("def other(rows): ...", "rule", "check `pipelines.churn.checks:rule`: the module has no function `rule`"),
    ],
)
def test_what_is_wrong_with_a_function_is_said_with_its_cure(pipeline, code, name, expected):
    pipeline.folder.mkdir(parents=True)
    (pipeline.folder / "checks.py").write_text(code + "\n")
    (message,) = pipeline.run(table(), checks=[{"use": f"pipelines.churn.checks:{name}"}])
    assert message.startswith(expected)
    assert not message.endswith("; ")


def test_texts_that_are_all_too_rare_to_be_told_apart_have_no_drift_to_pass_by(pipeline):
    draw = np.random.default_rng(2)
    before, after = (pl.Series("word", draw.integers(start, start + 100, ROWS)).cast(pl.String) for start in (0, 500))
    accepted(pipeline, table(word="w" + before))
    assert pipeline.run(table(word="w" + after), drift=limits(pipeline, columns=["age", "word"])) == [
        "the reference says nothing about `word` that its drift could be told by"
    ]
