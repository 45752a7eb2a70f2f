"""A stage of own code in its own process: what it may see, and what comes of code that fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from mlops.errors import ConfigurationError, InfrastructureError, MlopsError
from mlops.operations.processes.confined import version
from mlops.operations.processes.own_stage import run_own

pytestmark = pytest.mark.long
WHOLE = "def run(rows, **given):\n    import polars as pl\n"


def stage(root: Path, text: str, **section: Any) -> Path:
    """Run a stage of such code; returns the file of its table."""
    folder = root / "pipelines/churn"
    (folder / "artifacts").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "data/known.csv").write_text("id,name\n")
    (folder / "data/secret.csv").write_text("id,name\n")
    (folder / "enrich.py").write_text(text)
    pl.DataFrame({"__row__": [0, 1], "x": [1, 2]}).write_parquet(folder / "artifacts/raw.parquet")
    use = {"use": "pipelines.churn.enrich:run", "rows": "artifacts/raw.parquet", "files": ["enrich.py"]}
    run_own(folder, root, "enrich", {**use, **section})
    return folder / "artifacts/enrich.parquet"


def test_a_stage_is_given_rows_parameters_and_the_files_it_names(tmp_path: Path) -> None:
    text = WHOLE + (
        "    from pathlib import Path\n"
        "    seen = sorted(path.name for path in Path(__file__).parent.rglob('*.csv'))\n"
        "    return rows.with_columns(y=pl.col('x') * given['by'], seen=pl.lit(' '.join(seen)))\n"
    )
    table = stage(tmp_path, text, parameters={"by": 3}, files=["data/known.csv", "enrich.py"])
    assert pl.read_parquet(table).to_dict(as_series=False) == {
        "__row__": [0, 1],
        "x": [1, 2],
        "y": [3, 6],
        "seen": ["known.csv", "known.csv"],
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def run(rows):\n    raise KeyError(rows['x'][0])\n", "enrich: `run`: enrich.py:2: KeyError"),
        ("def run(rows):\n    return [1]\n", "enrich: `run` answers a list, which is no polars DataFrame"),
        ("def walk(rows):\n    return rows\n", "enrich: the module has no function `run`"),
        ("import os\ndef run(rows):\n    os._exit(0)\n", "enrich: its process ended before it had made a table"),
        ("def run(rows):\n    return rows.head(1)\n", "enrich: 1 of 2 keys are lost; the first is that of row 1"),
    ],
)
def test_code_that_fails_is_told_in_a_sentence(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(MlopsError) as caught:
        stage(tmp_path, text)
    assert caught.value.message == message
    assert not (tmp_path / "pipelines/churn/artifacts/enrich.parquet").exists()


@pytest.mark.skipif(not version(), reason="this kernel has no Landlock")
def test_code_reads_nothing_outside_of_what_it_is_given(tmp_path: Path) -> None:
    text = f"def run(rows):\n    open({str(tmp_path / 'pipelines/churn/data/secret.csv')!r})\n"
    with pytest.raises(ConfigurationError, match="PermissionError"):
        stage(tmp_path, text)


@pytest.mark.skipif(bool(version()), reason="this kernel has Landlock")
def test_in_ci_it_is_not_run_where_nothing_shuts_it_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(InfrastructureError) as caught:
        stage(tmp_path, "def run(rows):\n    return rows\n")
    assert caught.value.message == (
        "enrich: not run, for the kernel of this machine has no Landlock, which shuts it in"
    )


@pytest.mark.parametrize("rows", ["../../secret.parquet", "artifacts/../../x.parquet", "/etc/passwd"])
def test_rows_that_lead_away_are_none_of_the_stage(tmp_path: Path, rows: str) -> None:
    with pytest.raises(ValidationError):
        stage(tmp_path, WHOLE, rows=rows)


def test_a_name_that_leads_away_is_none(tmp_path: Path) -> None:
    section = {"use": "pipelines.churn.enrich:run", "rows": "artifacts/raw.parquet", "files": ["enrich.py"]}
    with pytest.raises(ConfigurationError) as caught:
        run_own(tmp_path, tmp_path, "../../x", section)
    assert caught.value.message == "`../../x` is no name of a stage"


def test_a_file_that_leads_away_is_none_of_the_stage(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        stage(tmp_path, WHOLE, files=["../other/data.csv"])
    assert caught.value.message == "`../other/data.csv` is no file of pipelines/churn/"
