"""docs/benchmarks.md says what `benchmarks/results/` holds and nothing else. `make golden` rewrites it."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path
from typing import Any

import pytest

from benchmarks import page
from benchmarks.command import Measuring
from benchmarks.result import PAGE, Machine, Result, Row, commit, place, read, spread, versions
from mlops.errors import IntegrityError
from tests.builders.repositories import git
from tests.conftest import ROOT

PARTS = {"command", "fleet_repository", "page", "probe_pipelines", "probe_stages", "result", "simulation"}
COMPARED = Row(
    name="compile | check",
    ours=0.0421004,
    peer=21.3,
    ratio=0.0019766,
    unit="s",
    n=3,
    spread=0.0512,
    bound="at most 0.008",
    holds=True,
)
ALONE = Row(name="peak memory", ours=512.0, unit="MB", n=1, bound="at most 500", holds=False)
FOUND = Result(
    benchmark="fleet",
    arguments=("--pipelines", "50"),
    date=datetime.date(2026, 3, 1),
    commit="0123456789ab" + "c" * 28,
    dirty=True,
    machine=Machine(processor="AMD EPYC x86_64", cores=2, memory_gib=15.6),
    versions={"python": "3.11.7", "dvc": "3.67.1"},
    rows=(COMPARED, ALONE),
)
SECTION = """\
## fleet

Many pipelines.

| figure | ours | peer | ratio | unit | n | spread | bound |
| --- | ---: | ---: | ---: | --- | ---: | ---: | --- |
| compile &#124; check | 0.0421 | 21.3 | 0.00198 | s | 3 | 5.1% | at most 0.008 |
| peak memory | 512 |  |  | MB | 1 |  | **missed:** at most 500 |

benchmarks/fleet.py --pipelines 50 on 2026-03-01, commit 0123456789ab, with changes that are in no commit. \
AMD EPYC x86_64, 2 cores, 15.6 GiB. dvc 3.67.1, python 3.11.7.
"""


def test_the_page_is_what_the_results_say(update: bool) -> None:
    if update:
        page.write(ROOT)
    assert (ROOT / PAGE).read_text() == page.render(page.collect(ROOT)), "run `make golden`"


def test_every_file_is_a_benchmark_or_a_part_and_every_result_is_of_one() -> None:
    assert {path.stem for path in (ROOT / "benchmarks").glob("*.py")} == {*page.NAMES, *PARTS}
    assert {path.stem for path in (ROOT / "benchmarks/results").glob("*")} <= set(page.NAMES)
    assert all(benchmark.about for benchmark in page.collect(ROOT))


def test_a_result_is_a_section_with_its_machine_and_its_commit() -> None:
    text = page.render([page.Benchmark("fleet", "Many pipelines.", FOUND)])
    assert text.partition("\n## ")[2] == SECTION.removeprefix("## ")


def test_what_nobody_measured_says_what_to_type() -> None:
    text = page.render([page.Benchmark("gates", "How often gates are wrong.", None)])
    assert text.endswith("\n## gates\n\nHow often gates are wrong.\n\nnot measured yet: `make bench-gates`\n")


def test_what_is_written_is_read_and_written_the_same(tmp_path: Path) -> None:
    document = put(tmp_path, FOUND.dumps())
    assert read(tmp_path, "fleet") == FOUND
    assert FOUND.dumps() == document.read_text()
    assert list(json.loads(document.read_bytes())) == sorted(Result.model_fields)
    assert read(tmp_path, "gates") is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema_version": 2}, "benchmarks/results/fleet.json has schema_version 2, this tool reads 1"),
        ({"benchmark": "gates"}, "benchmarks/results/fleet.json is the result of gates"),
        ({"commit": "HEAD"}, "commit: String should match pattern '^[0-9a-f]{40}$'"),
        ({"more": 1}, "more: Extra inputs are not permitted"),
        ({"rows": []}, "rows: Tuple should have at least 1 item after validation, not 0"),
        ({"rows": [{**vars(ALONE), "peer": 1}]}, "rows.0: Value error, a peer and a ratio come together"),
        ({"rows": [{**vars(ALONE), "holds": None}]}, "rows.0: Value error, a bound holds or does not"),
        ({"rows": [vars(ALONE)] * 2}, ": Value error, two rows have one name"),
        ({"rows": [{**vars(ALONE), "ours": "NaN"}]}, "rows.0.ours: Input should be a finite number"),
    ],
)
def test_what_is_no_result_is_refused(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    put(tmp_path, json.dumps(json.loads(FOUND.dumps()) | change))
    with pytest.raises(IntegrityError) as refused:
        read(tmp_path, "fleet")
    whole = (
        said
        if said.startswith("benchmarks/")
        else f"benchmarks/results/fleet.json is not the result of a benchmark: {said}"
    )
    assert (refused.value.message, refused.value.hint) == (whole, "make bench-fleet")


def test_what_is_no_json_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "{")
    with pytest.raises(IntegrityError, match=r"^benchmarks/results/fleet\.json is not the result of a benchmark$"):
        read(tmp_path, "fleet")


@pytest.mark.parametrize(
    ("smoke", "rows", "wrong", "code"),
    [
        (False, (COMPARED,), False, 0),
        (False, (COMPARED, ALONE), False, 1),
        (False, (COMPARED,), True, 1),
        (True, (COMPARED, ALONE), False, 0),
        (True, (COMPARED,), True, 1),
    ],
)
def test_the_smallest_sizes_are_held_to_no_bound(smoke: bool, rows: tuple[Row, ...], wrong: bool, code: int) -> None:
    measuring = Measuring("fleet", (), smoke, False, (), "0" * 40)
    assert measuring.end(rows, wrong=wrong) == code


def test_writing_a_result_writes_the_page(tmp_path: Path) -> None:
    (tmp_path / "benchmarks").mkdir()
    for name in page.NAMES:
        (tmp_path / f"benchmarks/{name}.py").write_text('"""Something."""\n')
    measuring = Measuring("fleet", ("pydantic",), False, True, ("--pipelines", "50"), "0" * 40)
    assert measuring.end([COMPARED, ALONE], root=tmp_path) == 1
    found = read(tmp_path, "fleet")
    assert found is not None
    assert (found.rows, found.arguments, found.commit) == (FOUND.rows, ("--pipelines", "50"), "0" * 40)
    assert list(found.versions) == ["pydantic", "python"]
    assert (tmp_path / PAGE).read_text() == page.render(page.collect(tmp_path))
    assert "| peak memory | 512 |" in (tmp_path / PAGE).read_text()


def test_a_result_before_does_not_make_the_tree_dirty(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "code.py").write_text("")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "One")
    put(tmp_path, FOUND.dumps())
    (tmp_path / PAGE).parent.mkdir()
    (tmp_path / PAGE).write_text("")
    assert commit(tmp_path) == (git(tmp_path, "rev-parse", "HEAD").strip(), False)
    (tmp_path / "code.py").write_text("1\n")
    assert commit(tmp_path)[1]


def test_a_spread_is_of_several() -> None:
    assert (spread([2.0, 4.0, 5.0]), spread([2.0]), spread([0.0, 0.0])) == (0.75, None, None)
    assert list(versions(["pydantic"])) == ["python", "pydantic"]


def test_make_knows_every_benchmark() -> None:
    rule = re.search(
        r"^bench-%: benchmarks/%\.py .*\n\t.*benchmarks/\$\*\.py --write", (ROOT / "Makefile").read_text(), re.M
    )
    assert rule is not None


def put(root: Path, text: str) -> Path:
    path = root / place("fleet")
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path
