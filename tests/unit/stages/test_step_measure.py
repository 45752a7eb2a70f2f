from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlops.errors import InfrastructureError, IntegrityError
from mlops.files.canonical import digest_file, dumps
from mlops.stages import measure
from mlops.stages.context import StageContext
from tests.builders.bundles import VERSION1, make_bundle, make_pipeline
from tests.builders.workloads import judged, simulated, timed

pytestmark = pytest.mark.slow


def test_a_process_that_dies_is_said_so() -> None:
    dead = measure.Subject((sys.executable, "-c", "pass"), 1)
    with pytest.raises(InfrastructureError, match="ended early"):
        measure.measure({"candidate": dead}, 5, 80, 4)


def test_a_process_that_dies_while_it_is_measured_is_said_so() -> None:
    once = measure.Subject((sys.executable, "-c", "import os; print('{}', flush=True); os.close(0); os.close(1)"), 1)
    with pytest.raises(InfrastructureError, match="ended early"), measure._started(once) as process:
        process.process.wait()
        process.ask({"requests": 1})


@pytest.mark.parametrize(("ratio", "verdict"), [(1.2, "fail"), (1.12, "fail"), (1.08, "pass"), (1.02, "pass")])
def test_processes_measured_in_turns_are_compared_by_their_work(ratio: float, verdict: str) -> None:
    assert judged(timed(ratio, "ticking")) == verdict


def test_real_clocks_tell_a_model_that_works_many_times_as_long() -> None:
    assert judged(timed(8, "real")) == "fail"
    assert judged(timed(1 / 8, "real")) == "pass"


@pytest.mark.parametrize("spread", [0.01, 0.05])
def test_a_fifth_is_found_and_a_fiftieth_is_not_blamed_on_machines_so_noisy(spread: float) -> None:
    random = np.random.default_rng(3)
    assert np.mean([judged(simulated(1.2, spread, random)) == "fail" for _ in range(400)]) >= 0.95
    assert np.mean([judged(simulated(1.02, spread, random)) == "fail" for _ in range(400)]) <= 0.05


def test_a_live_bundle_without_a_profile_cannot_be_asked_and_is_said_so(tmp_path: Path) -> None:
    """Those of version 1 need not have one."""
    bundle = tmp_path / "live"
    shutil.copytree(VERSION1, bundle)
    (bundle / "profile.json").unlink()
    manifest = json.loads((bundle / "manifest.json").read_bytes())
    del manifest["files"]["profile.json"]
    (bundle / "manifest.json").write_text(dumps(manifest))
    digest = digest_file(bundle / "manifest.json")
    with pytest.raises(IntegrityError) as caught:
        measure._subject("champion", bundle, 4, tmp_path)
    assert str(caught.value) == f"the bundle {digest[:19]}… has no profile to make requests from"


def test_a_model_and_the_live_one_are_measured_in_turns(tmp_path: Path) -> None:
    folder = make_pipeline(tmp_path / "pipelines/tiny")
    params: dict[str, Any] = {"repetitions": 5, "requests": 80, "batch": 16}
    context = StageContext(folder, "tiny", "measure", params)
    live = {"sha256:live": make_bundle(tmp_path / "bundle", seed=9)}
    report = measure.measured(context, measure.Params(**params), live)
    assert report.champion == "sha256:live"
    assert sorted(report.repetitions) == ["candidate", "champion"]
    for cells in report.repetitions.values():
        assert all(len(column) == 5 and min(column) > 0 for column in cells.values())
        assert cells["latency_p50"] <= cells["latency_p99"]
        assert len(set(cells["size"])) == 1
    measure.run(context)
    alone = json.loads((folder / "reports/serving.json").read_bytes())
    assert (alone["champion"], sorted(alone["repetitions"])) == (None, ["candidate"])
