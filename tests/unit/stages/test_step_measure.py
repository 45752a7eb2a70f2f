from __future__ import annotations

import json
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlops.errors import InfrastructureError, IntegrityError
from mlops.files.canonical import digest_file, dumps
from mlops.stages import measure, server_cost
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


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("made") / "bundle")


def test_the_real_server_is_started_where_a_rule_names_it(bundle: Path, tmp_path: Path) -> None:
    subject = measure._subject("candidate", bundle, 4, tmp_path)
    asked = measure.Asked(("image", "server"), 10**8)
    (found,) = measure.measure({"candidate": subject}, 1, 8, 4, asked).values()
    (cpu,), (memory,), (image,) = (found[key] for key in ("server_start", "server_memory", "image_size"))
    assert 0.1 < (cpu or 0) < 30, "seconds of CPU, however busy the machine"
    assert 20 < (memory or 0) < 500
    whole = sum(path.stat().st_size for path in bundle.iterdir())
    assert image == (10**8 + whole) / 2**20
    (plain,) = measure.measure({"candidate": subject}, 1, 8, 4).values()
    assert not {"server_start", "server_memory", "image_size"} & set(plain)


def test_a_server_that_does_not_start_ends_the_measuring(bundle: Path, tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt"
    shutil.copytree(bundle, spoilt)
    (spoilt / "schema.json").write_text("{}")
    with pytest.raises(InfrastructureError, match="the server that was to be measured did not start: "):
        server_cost.start(spoilt, {})


def test_an_image_is_laid_out_of_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two packages; `tests/e2e/test_container.py` holds the whole to what podman builds."""
    monkeypatch.setattr(server_cost, "packages", lambda lock: ["httptools", "click"])
    size = server_cost.runtime()
    place = Path(str(metadata.distribution("httptools").locate_file("httptools")))
    known = sum(path.stat().st_size for path in place.rglob("*.so"))
    assert known > 100_000
    assert known < size < known + 100e6


def test_an_image_that_cannot_be_laid_out_decides_nothing_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert server_cost.packages("numpy==2 \\\nwin32-only==1 ; sys_platform == 'win32' \\\nhydra-core==1\n") == ["numpy"]
    with pytest.raises(InfrastructureError) as caught:
        server_cost.packages("numpy==2 \\\nnowhere-to-be-had==1 \\\n")
    assert caught.value.message == "an image cannot be laid out here: nowhere-to-be-had is not installed"
    monkeypatch.setattr(server_cost, "packages", lambda lock: (_ for _ in ()).throw(caught.value))
    said: list[str] = []
    context = StageContext(tmp_path, "tiny", "measure", {})
    monkeypatch.setattr(StageContext, "say", lambda _, line: said.append(line))
    assert measure._runtime(context) is None
    assert said == [caught.value.message]


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
