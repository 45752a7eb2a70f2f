"""The first command of README.md, and what it leaves behind."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.builders.clones import Clone

pytestmark = [pytest.mark.slow, pytest.mark.long]

PIPELINES = ("diabetes", "digits", "rand_hie")


def test_the_readme_begins_with_the_two_commands(repository: Path) -> None:
    first = re.search(r"```sh\n(.*?)```", (repository / "README.md").read_text(), re.DOTALL)
    assert first is not None
    assert [line.split("#")[0].strip() for line in first.group(1).splitlines()] == ["make demo", "make test"]


def test_the_demo_shows_every_step(demo: tuple[Clone, str]) -> None:
    _, printed = demo
    for expected in (
        "compiled files match",
        "Running stage",
        "verdict: pass",
        "rand_hie version 1",
        "golden rows answered exactly as expected",
        "reports/report.html",
        "http://127.0.0.1:5000",
    ):
        assert expected in printed, expected


def test_the_demo_reproduces_what_is_committed_bit_for_bit(demo: tuple[Clone, str]) -> None:
    clone, _ = demo
    assert clone.status() == ""


def test_a_second_repro_runs_no_stage(demo: tuple[Clone, str]) -> None:
    clone, _ = demo
    done = clone.run("dvc", "repro")
    assert done.returncode == 0
    assert "Running stage" not in done.stdout
    assert "Data and pipelines are up to date." in done.stdout


def test_nothing_is_stale_afterwards_and_everything_verifies(demo: tuple[Clone, str]) -> None:
    clone, _ = demo
    planned = clone.mlops("plan", "-o", "json")
    assert json.loads(planned.stdout)["affected"] == []
    verified = clone.mlops("verify")
    assert (verified.returncode, verified.stdout) == (0, "")


def test_a_saved_plan_runs_and_the_recorded_predictions_can_be_judged_again(demo: tuple[Clone, str]) -> None:
    clone, _ = demo
    planned = clone.root / ".mlops" / "plan.json"
    planned.write_text(clone.mlops("plan", "diabetes", "-o", "json").stdout)
    done = clone.mlops("run", "diabetes", "--plan", str(planned))
    assert (done.returncode, "Running stage" in done.stdout) == (0, False), done.stdout + done.stderr
    judged = clone.mlops("gate", "diabetes", "--base", "HEAD", "-o", "json")
    (found,) = json.loads(judged.stdout)
    recorded = json.loads((clone.root / "pipelines/diabetes/reports/gate.json").read_text())
    kept = [rule for rule in recorded["rules"] if rule["verdict"] != "deferred"]
    again = [rule for rule in found["rules"] if rule["applicable"]]  # nothing is live here to be compared with
    assert (judged.returncode, again, found["labels"]) == (0, kept, [])
    assert len(kept) == len(recorded["rules"]) - 1


def test_registering_again_makes_no_second_version(demo: tuple[Clone, str]) -> None:
    clone, _ = demo
    again = clone.mlops("register", "rand_hie")
    assert (again.returncode, again.stdout) == (0, "rand_hie version 1\n")
    assert "registered already" in again.stderr


def test_the_report_asks_for_nothing_outside(demo: tuple[Clone, str]) -> None:
    clone, _ = demo
    for name in PIPELINES:
        page = (clone.root / "pipelines" / name / "reports" / "report.html").read_text()
        assert "<svg" in page
        assert not re.search(r"""(src|href)=["']?(https?:)?//|@import|url\(\s*["']?https?:""", page)


def test_no_artefact_is_a_pickle(demo: tuple[Clone, str]) -> None:
    clone, _ = demo
    files = [path for path in (clone.root / "pipelines").rglob("artifacts/**/*") if path.is_file()]
    assert files
    assert {path.suffix for path in files} <= {".json", ".parquet", ".npy", ".onnx", ".txt"}
    assert not [path for path in files if path.read_bytes()[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")]


def test_no_artefact_names_this_machine(demo: tuple[Clone, str]) -> None:
    clone, _ = demo
    needles = [str(clone.root).encode(), b"site-packages", b"/root/", b"/home/"]
    for path in (clone.root / "pipelines").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not [needle for needle in needles if needle in data], path


def test_one_changed_byte_in_a_compiled_file_is_found_with_its_repair(demo: tuple[Clone, str]) -> None:
    clone, _ = demo
    path = clone.root / "pipelines" / "digits" / "params.yaml"
    before = path.read_text()
    path.write_text(before.replace("seed: 0", "seed: 1", 1))
    try:
        done = clone.mlops("compile", "--check")
        assert done.returncode == 1
        assert "-  seed: 1\n+  seed: 0\n" in done.stdout
        assert "hint: run `mlops compile` and commit what it writes" in done.stderr
        assert clone.mlops("compile").returncode == 0
        assert path.read_text() == before
    finally:
        path.write_text(before)


@pytest.mark.parametrize("file", ["model.onnx", "transform.json", "profile.json", "manifest.json"])
def test_a_bundle_with_a_changed_byte_is_not_served(demo: tuple[Clone, str], file: str, tmp_path: Path) -> None:
    clone, _ = demo
    bundle = shutil.copytree(clone.root / "pipelines" / "diabetes" / "artifacts" / "bundle", tmp_path / "bundle")
    data = bytearray((bundle / file).read_bytes())
    data[len(data) // 2] ^= 1
    (bundle / file).chmod(0o644)
    (bundle / file).write_bytes(bytes(data))
    checked = clone.mlops("serve", str(bundle), "--check")
    assert checked.returncode == 5, checked.stderr  # or the next line would serve for ever
    served = clone.mlops("serve", str(bundle), "--port", "0")
    assert served.returncode == 5, served.stderr
    assert "Traceback" not in served.stderr + checked.stderr
