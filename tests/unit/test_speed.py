"""No test depends on the speed of the machine: what would make it so stands in `tests/builders/` and nowhere else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

MAY = {
    "tests/builders/asked.py",  # notes when a request was sent and when a bundle was named
    "tests/builders/disk.py",  # limits how long a file may grow
    "tests/builders/waiting.py",  # waits for events, with a ceiling
    "tests/builders/work.py",  # counts work
    "tests/runner/job.py",  # plays the time that a workflow gives a job
}
CLOCKS = {"sleep", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time", "time", "time_ns"}
WAITS = {"wait", "join", "result", "wait_for"}


def faults(text: str) -> Iterator[str]:
    """Find what makes a test end otherwise on a slow machine."""
    for node in ast.walk(ast.parse(text)):
        if _imports_a_clock(node):
            yield f"line {node.lineno}: a clock, or a pause"
        if isinstance(node, ast.Call):
            yield from (f"line {node.lineno}: {what}" for what in _of_call(node))


def _imports_a_clock(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module in {"time", "timeit", "resource"}
    return isinstance(node, ast.Import) and any(name.name in {"timeit", "resource"} for name in node.names)


def _of_call(call: ast.Call) -> Iterator[str]:
    named = call.func if isinstance(call.func, ast.Attribute) else None
    if named and isinstance(named.value, ast.Name) and named.value.id == "time" and named.attr in CLOCKS:
        yield "a clock, or a pause"
    if named and named.attr in WAITS and any(_is_number(argument) for argument in call.args):
        yield "a wait that is not CEILING"
    for keyword in call.keywords:
        if keyword.arg == "timeout" and _is_number(keyword.value) and named:
            yield "a wait that is not CEILING"
        if keyword.arg == "deadline" and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is None):
            yield "a deadline for an example"
        if keyword.arg == "suppress_health_check" and "too_slow" not in ast.unparse(keyword.value):
            yield "a health check that bounds time"


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def files() -> list[str]:
    found = (ROOT / "tests").rglob("*.py")
    kept = (path for path in found if not {"golden", "node_modules"} & set(path.relative_to(ROOT).parts[1:-1]))
    return sorted(path.relative_to(ROOT).as_posix() for path in (*kept, *(ROOT / "tests" / "golden").glob("*.py")))


@pytest.mark.slow
def test_only_the_shared_helpers_look_at_a_clock() -> None:
    found = {name: list(faults(Path(ROOT / name).read_text(encoding="utf-8"))) for name in files()}
    assert {name: lines for name, lines in found.items() if lines and name not in MAY} == {}
    assert {name for name in MAY if found[name]} == MAY, "no exception that nothing needs"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("import time\ntime.sleep(1)", "line 2: a clock, or a pause"),
        ("import time\nassert time.monotonic() - x < 5", "line 2: a clock, or a pause"),
        ("from time import perf_counter", "line 1: a clock, or a pause"),
        ("import timeit", "line 1: a clock, or a pause"),
        ("process.wait(20)", "line 1: a wait that is not CEILING"),
        ("subprocess.run(c, timeout=60)", "line 1: a wait that is not CEILING"),
        ("event.wait(timeout=0.5)", "line 1: a wait that is not CEILING"),
        ("settings(deadline=200)", "line 1: a deadline for an example"),
        ("settings(suppress_health_check=[HealthCheck.filter_too_much])", "line 1: a health check that bounds time"),
    ],
)
def test_what_depends_on_speed_is_found(text: str, fault: str) -> None:
    assert list(faults(text)) == [fault]


@pytest.mark.parametrize(
    "text",
    [
        "process.wait(CEILING)\nevent.wait(timeout=CEILING)\nprocess.wait()",
        "settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])",
        "job(timeout=7)",
        "','.join(names)",
    ],
)
def test_what_does_not_is_let_pass(text: str) -> None:
    assert list(faults(text)) == []
