"""Labels are read as the pipeline reads its data."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlops.blocks.derived import Derived
from mlops.bundle.recipe_items import Target
from mlops.errors import ConfigurationError, DataError
from mlops.ml.data.encoding import encode
from mlops.monitor.labels import Form, read, type_of

UNTIL = datetime(2026, 12, 31, tzinfo=UTC)


def write(
    folder: Path, *values: str, separator: str = ",", name: str = "y", time: str = "2026-01-02T00:00:00Z"
) -> Path:
    lines = [["prediction_id", "time", name], *([f"a-{row}", time, value] for row, value in enumerate(values))]
    path = folder / "labels.csv"
    path.write_text("".join(f"{separator.join(line)}\n" for line in lines))
    return path


@pytest.mark.parametrize(
    ("values", "classes", "nulls", "encoded"),
    [
        (("yes", "no", "Yes"), (False, True), ("",), [1, 0, 1]),
        (("02", "01"), ("01", "02"), ("",), [1, 0]),
        (("1", "NA", "0"), (0, 1), ("", "NA"), [1, 0]),
        (("1.0", "", "0"), (0, 1), ("",), [1, 0]),
        (("1", "2.5"), (1.0, 2.5), ("",), [0, 1]),
        (("true", "maybe"), ("maybe", "true"), ("",), [1, 0]),
    ],
)
def test_labels_that_spell_the_target_as_the_data_does(
    tmp_path: Path, values: tuple[str, ...], classes: tuple[object, ...], nulls: tuple[str, ...], encoded: list[int]
) -> None:
    path = write(tmp_path, *values)
    frame = read(path, "labels.csv", Form("y", type_of(classes), nulls=nulls), UNTIL)
    assert encode(Target.model_validate({"name": "y", "classes": classes}), frame).tolist() == encoded


@pytest.mark.parametrize(("separator", "declared"), [(";", None), (";", ";"), (",", ";"), (":", ":")])
def test_a_number_with_a_decimal_comma(tmp_path: Path, separator: str, declared: str | None) -> None:
    first = '"1,5"' if separator == "," else "1,5"
    path = write(tmp_path, first, "2", separator=separator, time="2026-01-02")
    frame = read(path, "labels.csv", Form("y", "float", separator=declared), UNTIL)
    assert frame["y"].to_list() == [1.5, 2.0]


def test_a_label_that_is_none_of_the_type_is_told_with_its_cure(tmp_path: Path) -> None:
    path = write(tmp_path, "1", "NA")
    with pytest.raises(DataError) as refused:
        read(path, "labels.csv", Form("y", "int"), UNTIL)
    assert str(refused.value) == "1 of 2 values of `y` in labels.csv are not int, as in training"
    assert refused.value.hint == "a label that is not known is an empty field, or a text of `data.source.nulls`"


def test_identifiers_stay_text(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("prediction_id,time,y,who\n007,2026-01-02,1,0042\n7,2026-01-02,0,0042\n")
    frame = read(path, "labels.csv", Form("y", "int"), UNTIL)
    assert (frame["prediction_id"].to_list(), frame["who"].to_list()) == (["007", "7"], ["0042", "0042"])


@pytest.mark.parametrize(
    "time", ["2026-01-02T00:00:00Z", "2026-01-02", "02.01.2026 08:30", "2026-01-02 08:30:00+01:00"]
)
def test_times_are_read_as_dates_of_the_data_are(tmp_path: Path, time: str) -> None:
    frame = read(write(tmp_path, "1", time=time), "labels.csv", Form("y", "int"), UNTIL)
    assert frame["time"].dt.date().to_list() == [datetime(2026, 1, 2).date()]
    with pytest.raises(DataError, match="is not a time in every row"):
        read(write(tmp_path, "1", time="soon"), "labels.csv", Form("y", "int"), UNTIL)


@pytest.mark.parametrize(
    ("rule", "values", "made"),
    [
        ({"rule": "greater_than", "value": 0}, ("0", "1,5", ""), [False, True]),
        ({"rule": "equals", "value": "01"}, ("01", "1"), [True, False]),
        ({"rule": "one_of", "value": ("1", "2")}, ("2", "3"), [True, False]),
        ({"rule": "year"}, ("31.12.2024", "01.01.2025"), [2024, 2025]),
        ({"rule": "at_least", "value": "2025-01-01"}, ("31.12.2024", "01.01.2025"), [False, True]),
    ],
)
def test_a_target_is_derived_from_a_column_that_is_read_alike(
    tmp_path: Path, rule: dict[str, object], values: tuple[str, ...], made: list[object]
) -> None:
    path = write(tmp_path, *values, name="spent", separator=";")
    form = Form("y", "bool", derived={"y": Derived.model_validate({"from": "spent", **rule})})
    assert read(path, "labels.csv", form, UNTIL)["y"].to_list() == made


def test_a_target_is_computed_from_several_columns(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(
        "prediction_id,time,paid,due\na,2026-01-02T00:00:00Z,10,30\nb,2026-01-02T00:00:00Z,30,30\n"
    )
    form = Form("y", "bool", derived={"y": "share < 0.5", "share": "paid / due"})
    assert read(tmp_path / "labels.csv", "labels.csv", form, UNTIL)["y"].to_list() == [True, False]
    with pytest.raises(ConfigurationError, match="no column `y`, nor `owed`, `paid`, which it is derived from"):
        read(tmp_path / "labels.csv", "labels.csv", Form("y", derived={"y": "paid / owed"}), UNTIL)


def test_a_target_that_cannot_be_had(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="labels.csv has no column `y`"):
        read(write(tmp_path, "1", name="z"), "labels.csv", Form("y"), UNTIL)
    form = Form("y", derived={"y": Derived.model_validate({"from": "spent", "rule": "is_null"})})
    with pytest.raises(ConfigurationError, match="no column `y`, nor `spent`, which it is derived from"):
        read(write(tmp_path, "1", name="z"), "labels.csv", form, UNTIL)


@pytest.mark.parametrize("target", ["time", "prediction_id"])
def test_a_target_that_labels_have_another_column_for_is_refused(target: str, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("prediction_id,time\n")
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path / "labels.csv", "labels.csv", Form(target), datetime(2026, 11, 30, tzinfo=UTC))
    assert str(caught.value) == (
        f"labels.csv cannot hold a target called `{target}`: that column names the prediction, or says when its label "
        "came"
    )
