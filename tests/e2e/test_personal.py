"""What a personal column holds stands in no file of a run, a server and the monitor, but in the rows themselves."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
import yaml
from click.testing import CliRunner

from mlops.cli.main import cli
from mlops.operations.processes.stage import run_stage
from mlops.serve.app import create
from tests.builders.client import Client
from tests.builders.played import play

pytestmark = pytest.mark.slow

SECRETS = ("planted-7f3a91", "0999888777", "Plantedson", "998877665544332")
"""Of the e-mail address, the telephone number, the name and the account number of one row."""
ROWS_KEPT = ("data/t.csv", "artifacts/raw.parquet", "artifacts/valid.parquet", "artifacts/split/")


def _table(path: Path) -> Path:
    chance = random.Random(20_261_130)
    rows: list[dict[str, object]] = []
    for index in range(400):
        x = chance.gauss(0, 1)
        rows.append(
            {
                "email": f"{SECRETS[0] if index == 7 else f'user-{index}'}@firm.example",
                "phone": f"+49 {SECRETS[1] if index == 7 else f'{index:010d}'}",
                "last_name": SECRETS[2] if index == 7 else f"Name{chr(97 + index % 26)}{chr(97 + index // 26)}",
                "account_number": int(SECRETS[3]) if index in (6, 7, 8) else 998_877_660_000_000 + index // 3,
                "zip": 10_000 + index % 40,
                "x": round(x, 3),
                "z": round(chance.gauss(0, 1), 3),
                "y": "yes" if x + chance.gauss(0, 0.6) > 0 else "no",
            }
        )
    pl.DataFrame(rows).write_csv(path)
    return path


def _texts(root: Path) -> Iterator[tuple[str, bytes]]:
    """Give every file by its path, as the text it is; rows are read where they are packed."""
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        name = path.relative_to(root).as_posix()
        if any(kept in name for kept in ROWS_KEPT):
            continue
        content = path.read_bytes()
        if name.endswith(".gz"):
            content = gzip.decompress(content)
        if name.endswith(".parquet"):
            content = str(pl.read_parquet(path).to_dict(as_series=False)).encode()
        yield name, content


def test_no_value_of_a_person_leaves_the_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "root"
    folder = play(root, _table(tmp_path / "t.csv"), "y")
    declared = yaml.safe_load((root / "conf/data/played.yaml").read_text())
    assert [name for name, rule in declared["columns"].items() if rule.get("personal")] == [
        "email",
        "phone",
        "last_name",
        "account_number",
    ]
    assert declared["entity"] == "account_number"
    hidden = dict(zip(("email", "phone", "last_name", "account_number"), SECRETS, strict=True))
    app = create(folder / "artifacts/bundle", log=root / ".mlops/log/played")
    rows = [{"x": 1.0, "z": 0.0, "zip": "10001"}, {"x": 1.0, "z": 0.0, "zip": "10001", **hidden}, {"x": SECRETS[0]}]
    answers = [Client(app).post("/invocations", json={"dataframe_records": [row]}) for row in rows]
    assert answers[0].status_code == 200
    answered = "".join(answer.text for answer in answers)
    app.state.log.close()
    run_stage(folder, "package")
    monkeypatch.chdir(root)
    with (root / "conf/pipeline/played.yaml").open("a") as file:
        file.write("monitor: {every: day}\n")
    done = CliRunner().invoke(cli, ["monitor", "played"], standalone_mode=False)
    said = capsys.readouterr()
    texts = dict(_texts(root))
    reports = {"pipelines/played/reports/data.json", "pipelines/played/artifacts/bundle/schema.json"}
    assert reports | {"pipelines/played/reports/report.html", ".mlops/monitor/played/report.json"} <= set(texts)
    assert any(name.startswith(".mlops/log/played/") and b'"zip"' in text for name, text in texts.items())
    told = {**texts, "said": f"{said.out}{said.err}{done.output}{answered}".encode()}
    found = {(name, secret) for name, text in told.items() for secret in SECRETS if secret.encode() in text}
    assert found == set()
