"""Two environments that watch one pipeline share no folder, no branch and no file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from mlops.bundle.contents import verify
from mlops.bundle.store import Store
from mlops.cli.main import run
from mlops.errors import IntegrityError, StaleError
from mlops.monitor.exposition import exposition
from mlops.operations.live.bundles import STORE
from mlops.operations.reviewing.proposal import Proposal
from mlops.operations.running.serve import find_bundle, find_settings
from mlops.operations.watching.monitor import watch
from mlops.operations.watching.retrain import Retraining, retrain
from mlops.operations.workspace import open_workspace
from tests.builders.bundles import make_bundle, make_frame
from tests.builders.logs import write_day
from tests.builders.repositories import edit, make_repository

pytestmark = pytest.mark.slow  # sockets, processes, simulations or whole repositories

MONITOR = """
monitor:
  labels: labels.csv
  drift: {ignore: [(output)]}
  retrain: {when: [drift], minimum_new_labels: 10}
"""
ENVIRONMENTS = "\nenvironments: {staging: {}, production: {after: staging, role: live}}\n"
ROWS = "age,visits,insured,plan,joined,seen,left\n40.5,3,true,gold,2014-12-31,2020-12-31T08:30:00,true\n"
DRIFTED = pl.concat([make_frame()] * 10).with_columns(visits=pl.col("visits") // 2)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The last run's bundle is live in staging, an earlier one in production."""
    made = make_repository(tmp_path / "shop")
    pipeline = made / "conf/pipeline/churn.yaml"
    pipeline.write_text(pipeline.read_text().rstrip("\n") + MONITOR)
    (made / "conf/data/churn.yaml").write_text("source: {kind: csv, path: data/rows}\n")
    (made / "pipelines/churn/data/rows").mkdir()
    (made / "pipelines/churn/data/rows/rows.csv").write_text(ROWS)
    project = made / "conf/project.yaml"
    project.write_text(project.read_text().rstrip("\n") + ENVIRONMENTS)
    new = make_bundle(made / "pipelines/churn/artifacts/bundle", seed=2)
    old = make_bundle(tmp_path / "old")
    shutil.copytree(old, Store(made / STORE).place(verify(old)))
    for environment, bundle in (("staging", new), ("production", old)):
        (made / f"conf/release/{environment}").mkdir(parents=True)
        (made / f"conf/release/{environment}/churn.yaml").write_text(f"bundle: {verify(bundle)}\n")
    monkeypatch.chdir(made)
    return made


def serve(root: Path, environment: str | None, days: int = 3, folder: str | None = None) -> list[str]:
    """Log what an environment's server would, where it would."""
    bundle, _, place = find_bundle(root, "churn", environment)
    found = find_settings(root, "churn", place).log
    assert found is not None
    return [
        name
        for day in range(days)
        for name in write_day(root / folder if folder else found.folder, bundle, day, DRIFTED)
    ]


def labelled(root: Path, names: list[str]) -> None:
    lines = ["prediction_id,time,left\n", *(f"{name},2026-11-02,true\n" for name in names)]
    (root / "labels.csv").write_text("".join(lines))


def retrained(root: Path, environment: str | None = None) -> Retraining:
    found = retrain(open_workspace(root, ("churn",)), "churn", environment=environment)
    assert found.proposal is not None, found.why
    return found


@pytest.mark.slow
def test_each_environment_has_its_log_its_report_and_its_branch(root: Path) -> None:
    names = {environment: serve(root, environment) for environment in ("staging", "production")}
    assert sorted(path.name for path in (root / ".mlops/log/churn").iterdir()) == ["production", "staging"]
    workspace = open_workspace(root, ("churn",))
    found = {place: watch(workspace, "churn", environment=place) for place in names}
    assert [item.page.parent.relative_to(root / ".mlops").as_posix() for item in found.values()] == [
        "monitor/churn/staging",
        "monitor/churn/production",
    ]
    for place, item in found.items():
        assert item.document.environment == place
        assert item.document.status == "alarm"
        assert [window.other_bundles for window in item.document.windows] == [0, 0]
    assert watch(workspace, "churn").page == found["production"].page, "the live one is meant"
    labelled(root, [*names["staging"], *names["production"]])
    branches = {place: retrained(root, place).proposal for place in names}
    made = {place: (item.branch, *added(item)) for place, item in branches.items() if item}
    for place, (branch, file) in made.items():
        assert branch.startswith(f"mlops/retrain/churn/{place}/")
        assert file == f"pipelines/churn/data/rows/rows.until-20261104T000000Z-{place}.csv"
    assert 'environment="staging",pipeline="churn"' in exposition([found["staging"].document], {}, 0.0)


def added(proposal: Proposal) -> list[str]:
    """Name the files of rows that a proposal brings, beside its entry of the ledger."""
    return [path for path in proposal.files if "/ledger/" not in path]


def test_one_environments_data_version_is_not_anothers(root: Path) -> None:
    labelled(root, serve(root, "production"))
    watch(open_workspace(root, ("churn",)), "churn")
    rows = root / "pipelines/churn/data/rows"
    (rows / "rows.until-20261201T000000Z-staging.csv").write_text(ROWS)
    found = retrained(root)
    assert found.proposal is not None
    (file,) = added(found.proposal)
    assert file.endswith("/rows.until-20261201T000000Z-staging.until-20261104T000000Z-production.csv")
    assert sorted([Path(file).name, *(path.name for path in rows.iterdir())])[-1] == Path(file).name
    (rows / "rows.until-20261104T000000Z.csv").write_text(ROWS)
    done = retrain(open_workspace(root, ("churn",)), "churn")
    assert "a cooldown of 7 days" in done.why, "one that names no environment was the live one's"


def test_what_was_logged_before_is_still_read_for_the_live_environment_alone(root: Path) -> None:
    serve(root, "production", 2, ".mlops/log/churn")
    bundle, _, _ = find_bundle(root, "churn")
    write_day(root / ".mlops/log/churn/production", bundle, 2, DRIFTED)
    workspace = open_workspace(root, ("churn",))
    found = watch(workspace, "churn")
    assert [window.rows for window in found.document.windows] == [600, 600]
    assert found.told == f"bundle {found.document.bundle[:19]}…, production's"
    serve(root, "staging", 1)
    assert watch(workspace, "churn", environment="staging").document.windows == ()


def test_a_log_elsewhere_is_kept_by_environment_too(root: Path, tmp_path: Path) -> None:
    edit(
        root,
        "conf/pipeline/churn.yaml",
        "  labels: labels.csv\n",
        f"  labels: labels.csv\n  log: file://{tmp_path}/far\n",
    )
    found = find_settings(root, "churn", "staging").log
    assert found is not None
    assert found.place is not None
    assert (found.folder, found.place.address) == (root / ".mlops/log/churn/staging", f"file://{tmp_path}/far/staging")
    bundle, _, _ = find_bundle(root, "churn")
    for day, folder in enumerate(("far", "far/production", "far/production")):
        write_day(tmp_path / folder, bundle, day, DRIFTED)
    document = watch(open_workspace(root, ("churn",)), "churn").document
    assert [window.rows for window in document.windows] == [600, 600]


def test_a_report_of_another_environment_or_of_what_was_live_before_proposes_nothing(root: Path) -> None:
    serve(root, "production")
    workspace = open_workspace(root, ("churn",))
    page = watch(workspace, "churn").page
    report = page.parent / "report.json"
    with pytest.raises(IntegrityError) as foreign:
        retrain(workspace, "churn", report, "staging")
    assert str(foreign.value) == f"{report} is no report about churn in staging"
    (root / "conf/release/production/churn.yaml").write_text(f"bundle: sha256:{'a' * 64}\n")
    with pytest.raises(StaleError) as stale:
        retrain(workspace, "churn", report)
    assert (str(stale.value), stale.value.hint) == (
        f"{report} is about the bundle {json.loads(report.read_text())['bundle'][:19]}…, "
        f"but sha256:{'a' * 12}… is live in production",
        "mlops monitor churn --env production",
    )


def test_where_nothing_is_live_the_release_is_what_to_type(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "conf/release/production/churn.yaml").unlink()
    for verb in ("monitor", "retrain", "serve"):
        assert run([verb, "churn"]) == 3, verb
        assert capsys.readouterr().err.endswith("hint: mlops release churn --env production\n")


@pytest.mark.slow
def test_an_alarm_counts_where_it_is_delivered(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`monitor` hands it on to `retrain`, which ends with 2 where no pull request tells it."""
    serve(root, "production")
    labelled(root, [])
    monitor = ["monitor", "churn", "--until", "2026-11-05"]
    assert run(monitor) == 2
    assert run([*monitor, "--asking", "out"]) == 0
    assert (root / "out").read_text().startswith("churn:")
    capsys.readouterr()
    assert run(["retrain", "churn"]) == 0
    assert run(["retrain", "churn", "--propose"]) == 2
    told = capsys.readouterr()
    assert told.out == "churn: no retraining: 0 new labels, 10 are needed\n" * 2
    assert told.err.startswith("  the alarm is told nowhere else: `visits` has shifted: psi ")
    edit(root, "conf/pipeline/churn.yaml", "  retrain: {when: [drift], minimum_new_labels: 10}\n", "")
    assert run([*monitor, "--asking", "out"]) == 2, "nobody acts on it"
