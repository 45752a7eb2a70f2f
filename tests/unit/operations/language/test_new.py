from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.blocks.column_name import kept_for
from mlops.configuration.load import load_pipeline
from mlops.configuration.reading.library import Configuration
from mlops.errors import ConfigurationError, DataError, InfrastructureError, MlopsError
from mlops.operations.language.new import create

pytestmark = pytest.mark.slow

ROWS = 400
BINARY = """\
# @package _global_
# yaml-language-server: $schema=../.schema/pipeline.json
defaults:
  - /data: churn
  - /features: tabular
  - /model: [linear, lightgbm]  # candidates; the better one on validation goes on
  - /gates: binary_classifier
  - /deploy: [local]
  - _self_
description: "Predict Left us? from churn.csv"
owners: ["@me"]  # who reviews a change: a user or a team, as @someone or @organisation/team
risk: limited
task: binary
data: {target: "Left us?", split: {by: stratified, folds: 5}}
"""
DATA = """\
# yaml-language-server: $schema=../.schema/data.json
# What `mlops new` saw in churn.csv: 400 rows. Correct it where it is wrong.
source: {kind: csv, path: data/churn.csv, separator: ";", nulls: ["", NA]}
columns:
  Customer: {type: string, unique: true}
  age: {type: int, nulls: {at_most: 0.19}, between: [0, null], sensitive: true}
  balance: {type: float, number: {decimal: ","}}
  plan: {type: category, in: [basic, gold]}
  "Left us?": {type: bool}
keys: [Customer]  # who or which row, never learnt from
exclude:
  constant: [country]  # one value throughout
drop_null_target: true  # 8 rows
"""


def _table() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    left = rng.choice(["yes", "no"], ROWS).tolist()
    return pl.DataFrame(
        {
            "Customer": [f"C{index}" for index in range(ROWS)],
            "age": ["NA" if index % 10 == 0 else str(18 + index * 7 % 60) for index in range(ROWS)],
            "balance": [f"{value:.2f}".replace(".", ",") for value in rng.normal(0, 100, ROWS)],
            "plan": rng.choice(["basic", "gold"], ROWS).tolist(),
            "country": ["DE"] * ROWS,
            "Left us?": [None if index % 50 == 0 else value for index, value in enumerate(left)],
        }
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root" / "conf").mkdir(parents=True)
    return tmp_path / "root"


@pytest.fixture
def churn(tmp_path: Path) -> Path:
    path = tmp_path / "churn.csv"
    path.write_text("\ufeff" + _table().write_csv(separator=";"), encoding="utf-8")
    return path


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_file_never_seen_becomes_two_short_yaml_files(root: Path, churn: Path) -> None:
    made = create(root, "churn", churn, "Left us?")
    assert made.files == ("conf/data/churn.yaml", "conf/pipeline/churn.yaml", "pipelines/churn/data/churn.csv")
    assert made.lines == {"conf/data/churn.yaml": 13, "conf/pipeline/churn.yaml": 14}
    assert (root / "conf/pipeline/churn.yaml").read_text() == BINARY
    assert (root / "conf/data/churn.yaml").read_text() == DATA
    assert (root / "pipelines/churn/data/churn.csv").read_bytes() == churn.read_bytes()
    assert made.notes == (
        "`Left us?` is true or false: a binary task, true counts as positive; "
        "write `positive: false` under `data:` if it is false you look for",
        "8 of 400 rows have no `Left us?` and are left out",
        "read as missing: 'NA'",
        "names a row or a thing, not learnt from: Customer",
        "left out, constant: country",
        "marked as sensitive, reported by value: age",
        '`owners: ["@me"]` is a placeholder: name who reviews changes of this model',
    )


def test_where_the_policy_gives_the_name_a_team_no_owners_are_written(root: Path, churn: Path) -> None:
    (root / "conf/policy.yaml").write_text('owners: ["@platform"]\nteams: {"ch*": ["@growth", "@shop/data"]}\n')
    made = create(root, "churn", churn, "Left us?")
    assert "owners" not in (root / "conf/pipeline/churn.yaml").read_text()
    assert made.notes[-1] == "reviewed by @growth, @shop/data, as conf/policy.yaml says of its name"
    create(root, "visits", churn, "Left us?")
    assert 'owners: ["@me"]' in (root / "conf/pipeline/visits.yaml").read_text()


def test_what_is_written_is_a_pipeline_without_a_finding(root: Path, churn: Path) -> None:
    create(root, "churn", churn, "Left us?")
    loaded, problems = load_pipeline(Configuration(root), "churn")
    assert problems == ()
    assert loaded is not None
    assert loaded.spec.data.drop_null_target
    assert loaded.spec.data.target == "Left us?"


def test_rows_that_repeat_a_person_are_split_by_person(root: Path, tmp_path: Path) -> None:
    table = _table().with_columns(patient_id=pl.Series([index // 4 for index in range(ROWS)]))
    table.write_parquet(tmp_path / "visits.parquet")
    create(root, "visits", tmp_path / "visits.parquet", "plan")
    assert (
        (root / "conf/pipeline/visits.yaml")
        .read_text()
        .endswith("data: {target: plan, split: {by: group, key: patient_id, folds: 5}}\n")
    )
    assert "entity: patient_id  #" in (root / "conf/data/visits.yaml").read_text()
    assert load_pipeline(Configuration(root), "visits")[1] == ()


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("amount", ("regression", "regressor", "random")),
        ("grade", ("multiclass", "multiclass_classifier", "stratified")),
    ],
)
def test_the_task_chooses_gates_and_split(
    target: str, expected: tuple[str, str, str], root: Path, tmp_path: Path
) -> None:
    task, gates, split = expected
    rng = np.random.default_rng(0)
    grades = rng.choice(["a", "b", "c"], ROWS)
    columns = {"amount": rng.normal(0, 1, ROWS), "grade": grades, "x": rng.normal(0, 1, ROWS)}
    pl.DataFrame(columns).write_parquet(tmp_path / "t.parquet")
    create(root, "t", tmp_path / "t.parquet", target)
    written = (root / "conf/pipeline/t.yaml").read_text()
    assert f"/gates: {gates}\n" in written
    assert f"task: {task}\ndata: {{target: {target}, split: {{by: {split}, folds: 5}}}}\n" in written
    assert load_pipeline(Configuration(root), "t")[1] == ()


def test_a_file_that_is_in_its_place_is_used_there(root: Path) -> None:
    place = root / "pipelines/churn/data/my churn.csv"
    place.parent.mkdir(parents=True)
    place.write_text(_table().write_csv())
    made = create(root, "churn", place, "plan")
    assert made.files == ("conf/data/churn.yaml", "conf/pipeline/churn.yaml")
    assert "path: data/my churn.csv" in (root / "conf/data/churn.yaml").read_text()


def test_a_file_may_be_named_from_here(root: Path, churn: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    create(root, "near", Path(os.path.relpath(churn, root)), "Left us?")
    assert (root / "pipelines/near/data/churn.csv").read_bytes() == churn.read_bytes()


def test_the_same_file_gives_the_same_bytes(root: Path, tmp_path: Path, churn: Path) -> None:
    other = tmp_path / "other"
    (other / "conf").mkdir(parents=True)
    for folder in (root, other):
        create(folder, "churn", churn, "Left us?")
    assert (root / "conf/data/churn.yaml").read_bytes() == (other / "conf/data/churn.yaml").read_bytes()


@pytest.mark.parametrize("name", ["../x", "Churn", "a.b", "", "a" * 65, "-a", "a b", "/etc", "${oc.env:HOME}", "a\n"])
def test_a_name_that_no_tool_could_carry_is_refused(name: str, root: Path, churn: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        create(root, name, churn, "Left us?")
    assert str(caught.value) == f"{name[:80]!r} cannot name a pipeline"
    assert _files(root) == ["conf"]


@pytest.mark.parametrize("taken", ["conf/pipeline/churn.yaml", "conf/data/churn.yaml"])
def test_a_pipeline_that_is_there_is_not_touched(taken: str, root: Path, churn: Path) -> None:
    (root / taken).parent.mkdir()
    (root / taken).write_text("mine\n")
    with pytest.raises(ConfigurationError) as caught:
        create(root, "churn", churn, "Left us?")
    assert str(caught.value) == f"there is a pipeline `churn` already: {taken}"
    assert (root / taken).read_text() == "mine\n"


REFUSED: dict[str, tuple[bytes | None, str, type[MlopsError], str, str]] = {
    "absent": (None, "y", ConfigurationError, "there is no file {data}", "check --data"),
    "empty": (b"", "y", ConfigurationError, "{data} is empty", "check where the file comes from"),
    "blank": (b"\n\n", "y", DataError, "t.csv is empty", "check where the file comes from"),
    "one column": (
        b"y\n" + b"1\n0\n" * 50,
        "y",
        ConfigurationError,
        "the file has 1 column; a model needs a target and something to learn from",
        "check that it is a table with a header",
    ),
    "header only": (
        b"x,y\n",
        "y",
        ConfigurationError,
        "`y` has 0 rows with a value; at least 30 are needed for three parts",
        "bring more rows",
    ),
    "no such target": (
        b"x,Left\n" + b"1,0\n2,1\n" * 50,
        "left",
        ConfigurationError,
        "there is no column `left`",
        "did you mean `Left`? columns: x, Left",
    ),
    "no target at all": (
        b"x,y\n" + b"1,\n2,\n" * 50,
        "y",
        ConfigurationError,
        "`y` has 0 rows with a value; at least 30 are needed for three parts",
        "bring more rows",
    ),
    "one class": (
        b"x,y\n" + b"1,a\n2,a\n" * 50,
        "y",
        ConfigurationError,
        "`y` has one value only: there is nothing to learn",
        "choose another --target",
    ),
    "an expression for a name": (
        b"x,${oc.env:HOME}\n" + b"1,0\n2,1\n" * 50,
        "x",
        ConfigurationError,
        "1 column names cannot be used: '${oc.env:HOME}'",
        "rename them: at most 200 characters, no control characters, no `${`",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_learnt_is_refused_and_nothing_is_written(case: str, root: Path, tmp_path: Path) -> None:
    content, target, error, message, hint = REFUSED[case]
    data = tmp_path / "t.csv"
    if content is not None:
        data.write_bytes(content)
    with pytest.raises(error) as caught:
        create(root, "t", data, target)
    assert str(caught.value) == message.replace("{data}", str(data))
    assert caught.value.hint == hint
    assert _files(root) == ["conf"]


def test_a_write_that_fails_leaves_nothing_behind(root: Path, churn: Path) -> None:
    (root / "conf/pipeline").write_text("a file where a folder should be")
    with pytest.raises(InfrastructureError) as caught:
        create(root, "churn", churn, "Left us?")
    assert str(caught.value) == "conf/pipeline/churn.yaml cannot be written: File exists"
    assert _files(root) == ["conf", "conf/pipeline"]


names = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\u2028\u2029"), min_size=1, max_size=20
).filter(lambda name: "${" not in name and name.strip() == name and name.isprintable() and not kept_for(name))


@settings(max_examples=25, deadline=None)
@given(columns=st.lists(names, min_size=3, max_size=3, unique=True), target=st.integers(0, 2))
def test_any_column_names_make_a_pipeline_without_a_finding(
    columns: list[str], target: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("names")
    (folder / "conf").mkdir()
    rng = np.random.default_rng(0)
    values = [rng.integers(0, 2, 100), rng.normal(0, 1, 100), rng.choice(["yes", "no", "maybe"], 100)]
    frame = pl.DataFrame(dict(zip(columns, values, strict=True)))
    frame.write_parquet(folder / "t.parquet")
    create(folder, "t", folder / "t.parquet", columns[target])
    loaded, problems = load_pipeline(Configuration(folder), "t")
    assert problems == ()
    assert loaded is not None
    assert loaded.spec.data.target == columns[target]
    assert set(loaded.spec.data.columns) <= set(columns)


@pytest.mark.parametrize(
    ("horizons", "written"), [((7,), "horizon: 7"), ((1, 2, 3), 'horizons: "1..3"'), ((1, 7), "horizons: [1, 7]")]
)
def test_a_forecast_is_written_with_its_dates_and_series(
    root: Path, tmp_path: Path, horizons: tuple[int, ...], written: str
) -> None:
    days = pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 12, 31), "1d", eager=True)
    table = pl.DataFrame({"day": days}).join(pl.DataFrame({"shop": ["a", "b"]}), how="cross")
    table = table.with_columns(sales=pl.int_range(pl.len()) % 17 + 0.5, price=pl.int_range(pl.len()) % 5)
    table.write_csv(tmp_path / "sales.csv")
    made = create(root, "sales", tmp_path / "sales.csv", "sales", task="forecasting", horizons=horizons)
    assert made.notes[0] == (
        "`sales` is forecast by `day`, day by day, a series for each `shop`; not learnt from, unless `known:` names "
        "it: price"
    )
    text = (root / "conf/pipeline/sales.yaml").read_text()
    assert text.endswith(
        f"task: forecasting\nforecast: {{{written}, every: day, season: 7, series: shop}}\n"
        "features: {datetime: {parts: [weekday, month]}}\n"
        "data: {target: sales, split: {by: time, key: day}}\n"
    )
    assert load_pipeline(Configuration(root), "sales")[1] == ()


def test_what_is_personal_or_a_code_or_a_time_is_told_and_written(root: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    table = pl.DataFrame(
        {
            "email": [f"a{index}@b.org" for index in range(ROWS)],
            "month": rng.integers(1, 13, ROWS),
            "zip": [f"{10_000 + index % 90}" for index in range(ROWS)],
            "joined": pl.date_range(pl.date(2020, 1, 1), pl.date(2024, 1, 1), "1d", eager=True).head(ROWS),
            "y": rng.choice(["no", "yes"], ROWS),
        }
    )
    table.write_csv(tmp_path / "t.csv")
    made = create(root, "t", tmp_path / "t.csv", "y")
    assert made.notes[1:-1] == (
        "personal, not learnt from and never shown (e-mail addresses): email",
        "`zip` may tell where somebody lives: it is learnt from; write `personal: true` in its rule to leave it out",
        "`joined` could order the rows in time: if the model is to predict what comes, write "
        "`split: {by: time, key: joined}`",
        "read as codes, not as numbers, which requests spell as texts: month, zip",
    )
    data = (root / "conf/data/t.yaml").read_text()
    assert "  email: {type: string, personal: true}\n  month: {type: category}\n  zip: {type: category}\n" in data
    assert load_pipeline(Configuration(root), "t")[1] == ()
