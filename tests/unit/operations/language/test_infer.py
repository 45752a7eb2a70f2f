from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from mlops.cli.main import cli
from mlops.errors import ConfigurationError
from mlops.operations.language.infer import infer, replaced, write
from mlops.operations.validate import validate
from tests.builders.repositories import make_repository


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_repository(tmp_path)
    rows = [f"{20 + row % 50},{'free' if row % 3 else 'paid'},{row % 2 == 0}" for row in range(600)]
    (root / "pipelines/churn/data/churn.csv").write_text("\n".join(["age,plan,left", *rows, ""]))
    return root


GUESSED = (
    "columns:",
    "  age: {type: int, between: [0, null], sensitive: true}",
    "  plan: {type: category, in: [free, paid]}",
)


def test_a_file_is_described_without_a_pipeline(root: Path) -> None:
    found = infer(root, str(root / "pipelines/churn/data/churn.csv"))
    assert found.lines == (*GUESSED, "  left: {type: bool}")
    with pytest.raises(ConfigurationError, match="there is no data block to write to"):
        write(root, found)


def test_the_columns_of_a_pipeline_are_written_where_they_stand(root: Path) -> None:
    path = root / "conf/data/churn.yaml"
    path.write_text(path.read_text().replace("columns:", "rows: {at_least: 5}\n# what holds\ncolumns:") + "# the end\n")
    path.write_text(path.read_text().replace("in: [free, paid]", "public: true, severity: warn"))
    assert write(root, infer(root, "churn")) == "conf/data/churn.yaml"
    columns = (*GUESSED[:2], "  plan: {type: category, in: [free, paid], public: true, severity: warn}")
    assert path.read_text() == "\n".join(
        [
            "source: {kind: csv, path: data/churn.csv}",
            "rows: {at_least: 5}",
            "# what holds",
            *columns,
            "  left: {type: bool}",
            "# the end",
            "",
        ]
    )
    found, _ = validate(root)
    assert [one for one in found if one.severity == "error"] == []


def test_columns_are_added_where_there_were_none() -> None:
    assert replaced("source: x\n", ("columns:", "  a: {}")) == "source: x\ncolumns:\n  a: {}\n"


def test_what_is_neither_a_file_nor_a_pipeline_is_refused(root: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        infer(root, "chrun")
    assert (caught.value.message, caught.value.hint) == (
        "there is neither a file nor a pipeline `chrun`",
        "mlops schema infer FILE, or the NAME of a pipeline",
    )


def test_the_verb_prints_and_writes(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    shown = CliRunner().invoke(cli, ["schema", "infer", "churn"])
    assert shown.output.splitlines() == [*GUESSED, "  left: {type: bool}"]
    written = CliRunner().invoke(cli, ["schema", "infer", "churn", "--write"], standalone_mode=False)
    assert written.stdout == "conf/data/churn.yaml\n"
    assert CliRunner().invoke(cli, ["schema", "infer"]).exit_code == 2


def test_columns_are_not_written_into_a_file_that_holds_more_than_the_data(root: Path) -> None:
    data = root / "conf/data/churn.yaml"
    source = data.read_text().splitlines()[0]
    data.write_text("rows: {at_least: 5}\n")
    pipeline = root / "conf/pipeline/churn.yaml"
    text = pipeline.read_text().replace("data: {target", f"data: {{{source}, target")
    pipeline.write_text(text)
    with pytest.raises(ConfigurationError, match="there is no data block to write to"):
        write(root, infer(root, "churn"))
    assert (pipeline.read_text(), data.read_text()) == (text, "rows: {at_least: 5}\n")


def test_columns_that_are_not_written_a_key_a_line_are_left_to_a_person(root: Path) -> None:
    data = root / "conf/data/churn.yaml"
    text = data.read_text().splitlines()[0] + "\ncolumns: {\n  age: {type: int},\n  left: {type: bool}\n}\n"
    data.write_text(text)
    with pytest.raises(ConfigurationError, match=r"conf/data/churn\.yaml is not written a key a line"):
        write(root, infer(root, "churn"))
    assert data.read_text() == text
