"""From a stream of requests with a shift in its second half to one retraining pull request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from mlops.bundle.predictor import Predictor
from mlops.cli.main import cli
from mlops.ml.data.sources import scan
from mlops.operations.compiling.compile import compile_files
from mlops.operations.workspace import open_workspace
from mlops.serve.app import create
from mlops.sources.source import Source
from tests.builders.client import Client
from tests.builders.clones import clone
from tests.builders.repositories import edit, git
from tests.builders.rows import json_row
from tests.runner.api import Api

pytestmark = [pytest.mark.slow, pytest.mark.long]

START = datetime(2026, 11, 2, tzinfo=UTC)
HOURS, ROWS, BATCH = 6, 700, 100
MONITOR = """\
monitor:
  every: hour
  window: hour
  labels: labels.csv
  performance: {metric: auroc, no_worse_than: 0.2, labels_within_days: 0}
  retrain: {when: [drift, performance], minimum_new_labels: 1000}
"""


@pytest.fixture
def root(repository: Path, tmp_path: Path) -> Path:
    """A clone with rand_hie alone, learnt by a linear model from a folder of files, and an origin."""
    made = clone(repository, tmp_path / "work")
    root = made.root
    for name in ("diabetes", "digits"):
        (root / f"conf/pipeline/{name}.yaml").unlink()
        git(root, "rm", "-r", "-q", f"pipelines/{name}")
    (root / "pipelines/rand_hie/data/rows").mkdir()
    git(root, "mv", "pipelines/rand_hie/data/rand_hie.csv.gz", "pipelines/rand_hie/data/rows/rand_hie.csv.gz")
    _, _, rest = (root / "conf/data/rand_hie.yaml").read_text().partition("entity:")
    (root / "conf/data/rand_hie.yaml").write_text("source: {kind: csv, path: data/rows}\nentity:" + rest)
    pipeline = "conf/pipeline/rand_hie.yaml"
    edit(root, pipeline, "[gradient_boosting, mlp]", "[linear]")
    edit(root, pipeline, "at_least: 0.73", "at_least: 0.6")
    edit(root, pipeline, "at_least: 0.65", "at_least: 0.6")
    (root / pipeline).write_text((root / pipeline).read_text() + MONITOR)
    edit(root, "conf/project.yaml", "ci: {", "ci: {kind: none, ")  # all that it needs is on this disk
    compile_files(open_workspace(root))
    done = made.run("dvc", "repro", "pipelines/rand_hie/dvc.yaml", PYTHONPATH=str(repository), MLFLOW_TRACKING_URI="")
    assert done.returncode == 0, done.stdout + done.stderr
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "learn")
    git(root, "branch", "-M", "main")
    git(root, "clone", "-q", "--bare", str(root), str(tmp_path / "origin.git"))
    git(root, "remote", "add", "origin", str(tmp_path / "origin.git"))
    return root


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    with Api(tokens={"app": {"pull-requests": "write", "contents": "write"}}) as api:
        for name, value in {
            "GITHUB_API_URL": api.url,
            "GITHUB_REPOSITORY": "shop/models",
            "MLOPS_TOKEN": "app",
        }.items():
            monkeypatch.setenv(name, value)
        yield api


def stream(root: Path) -> None:
    """Ask the server about people of the data set, six hours long, the last three about older ones."""
    bundle = root / "pipelines/rand_hie/artifacts/bundle"
    fields = Predictor.open(bundle).schema.fields
    rows = pl.read_parquet(root / "pipelines/rand_hie/artifacts/raw.parquet", glob=False)
    valid = pl.read_parquet(root / "pipelines/rand_hie/artifacts/valid.parquet", glob=False)
    rows = rows.select("__row__", "meddol").join(valid, on="__row__", how="inner")
    rows = rows.drop_nulls([field.name for field in fields if not field.nullable]).sample(HOURS * ROWS, seed=0)
    older = pl.int_range(pl.len()) >= rows.height // 2
    rows = rows.with_columns(xage=pl.col("xage") + pl.when(older).then(0.5 * pl.col("xage").std()).otherwise(0.0))
    sent = 0

    def clock() -> int:
        return int((START.timestamp() + sent * 3600 / ROWS) * 1e9)

    app = create(bundle, log=root / ".mlops/log/rand_hie", clock=clock)
    client, labels = Client(app), []
    for batch in rows.iter_slices(BATCH):
        records = [json_row(row) for row in batch.select(field.name for field in fields).iter_rows(named=True)]
        answer = client.post("/invocations", json={"dataframe_records": records})
        assert answer.status_code == 200, answer.text
        names = [f"{answer.headers['x-prediction-id']}-{row}" for row in range(batch.height)]
        known = pl.Series("prediction_id", names)
        labels.append(batch.select(known, pl.lit("2026-11-02T06:00:00Z").alias("time"), "meddol", "zper"))
        sent += batch.height
    app.state.log.close()
    pl.concat(labels).sample(fraction=1, shuffle=True, seed=1).write_csv(root / "labels.csv")


def mlops(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), standalone_mode=False, catch_exceptions=False)


def test_a_shift_leads_to_one_pull_request(root: Path, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    stream(root)
    calm = mlops("monitor", "rand_hie", "--until", "2026-11-02T03:00:00Z", "-o", "json")
    assert calm.return_value == 7, "three hours without labels"
    (report,) = json.loads(calm.stdout)
    assert (report["alarms"], [window["rows"] for window in report["windows"]]) == ([], [ROWS] * 3)

    alarmed = mlops("monitor", "rand_hie", "--until", "2026-11-02T06:00:00Z", "--metrics", "m.prom", "-o", "json")
    assert alarmed.return_value == 2
    (report,) = json.loads(alarmed.stdout)
    assert report["status"] == "alarm"
    assert [(alarm["kind"], alarm["name"]) for alarm in report["alarms"]] == [("drift", "xage")]
    assert report["windows"][-1]["performance"]["verdict"] == "well"
    assert 'mlops_monitor_alarms{kind="drift",pipeline="rand_hie"} 1.0' in (root / "m.prom").read_text()
    assert "xage" in (root / ".mlops/monitor/rand_hie/report.html").read_text()

    dry = json.loads(mlops("retrain", "rand_hie", "-o", "json").stdout)
    assert (dry["retrain"], dry["proposed"], api.pulls) == (True, None, [])
    first = json.loads(mlops("retrain", "rand_hie", "--propose", "-o", "json").stdout)
    again = json.loads(mlops("retrain", "rand_hie", "--propose", "-o", "json").stdout)
    assert [run["proposed"]["done"] for run in (first, again)] == ["created", "unchanged"]
    (pull,) = api.pulls
    assert pull["head"]["ref"] == first["proposal"]["branch"]
    assert "4,200 rows" in pull["body"]

    git(root, "fetch", "-q", "origin", pull["head"]["ref"])
    (rows, *entries) = git(root, "diff", "--name-status", "main", "FETCH_HEAD").splitlines()
    assert rows == "A\tpipelines/rand_hie/data/rows/rand_hie.until-20261102T060000Z.csv"
    assert entries
    assert all(line.startswith("A\tpipelines/rand_hie/ledger/model/") for line in entries)
    git(root, "checkout", "-q", "--force", "FETCH_HEAD")
    joined = scan(Source(kind="csv", path="data/rows"), root / "pipelines/rand_hie").collect()
    assert joined.height == 20190 + HOURS * ROWS
    assert joined["meddol"][-HOURS * ROWS :].null_count() == 0
    merged = json.loads(mlops("retrain", "rand_hie", "-o", "json").stdout)
    assert "a cooldown of 7 days" in merged["why"]
