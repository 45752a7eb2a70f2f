from __future__ import annotations

import gc
import logging
import os
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from mlops.files.dvc_environment import UNREPORTED
from mlops.operations.processes.numerics import pin_numerics
from tests.builders.environment import kept
from tests.builders.once import begin

# how long an example takes to make, or to try, is the machine's business
settings.register_profile("fixed", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fixed")

# What a stage says before it computes, said before numpy and torch are imported: they ask once, in part only when they
# first compute. So a test, a stage in its process and a process that it starts get the same bits, whatever ran before.
# One thread a library: threads that look out for work take the processor from the tests beside them.


def pinned() -> None:
    """Say it to this process and to what it starts."""
    pin_numerics(1)
    os.environ["POLARS_MAX_THREADS"] = "1"


pinned()
with warnings.catch_warnings(action="ignore", category=ImportWarning):
    import numpy  # noqa: F401 - it warns of processors that its release does not know, once

# Where PYTHONDONTWRITEBYTECODE is set, as it is in many containers, pytest would rewrite every test module in every
# process of every run: ten seconds each. What tests start still does as the machine is told.
sys.dont_write_bytecode = False

ROOT = Path(__file__).parent.parent

_OTHERS = ("MLFLOW_TRACKING_URI", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
"""Of the shell: where MLflow is, and what `make test` tells a `make` that a test starts."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the expected files of the golden tests")


_WITHOUT = re.compile(r"not \w+( and not \w+)*")
_WITH = re.compile(r"\w+( or \w+)*")
_MODULE_MARKS = re.compile(r"^pytestmark = (\[.*?\]$|.*?$)", re.MULTILINE | re.DOTALL)
MARKING = ("tests/e2e/plays.py", "tests/runner/conftest.py")
"""What marks tests of other modules: those that name `plays.MARKS`, and those beside that conftest.py."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out a module of which no test is wanted before it imports a training library: that alone takes seconds."""
    if collection_path.suffix != ".py" or not collection_path.is_file():
        return None
    if not collection_path.name.startswith("test_") or collection_path.parent.name == "runner":
        return None
    return True if unwanted(collection_path.read_text(encoding="utf-8"), config.option.markexpr) else None


def unwanted(text: str, expression: str) -> bool:
    """Tell whether the text of a module says that it has no test for an expression like `not a and not b`, `a or b`."""
    text, asked = text.replace("plays.MARKS", "mark.slow mark.tools"), set(re.findall(r"\w+", expression))
    if _WITHOUT.fullmatch(expression):
        found = _MODULE_MARKS.search(text)
        return found is not None and bool(asked & _marks(found[1]))
    return _WITH.fullmatch(expression) is not None and not asked & _marks(text)


def _marks(text: str) -> set[str]:
    return set(re.findall(r"mark\.(\w+)", text))


LONGEST = (
    "tests/e2e/test_year.py",
    "tests/processors/",
    "tests/e2e/test_typed_pages.py",
    "tests/e2e/test_workflow_plays.py",
    "tests/e2e/test_init.py",
    "tests/e2e/",
    "tests/gitlab/",
)
"""Where a worker spends minutes on end: begun before all others, so that none is left alone with one of them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest modules first; within them, and after them, the order is that of the files."""
    items.sort(key=lambda item: place(item.nodeid))


def place(test: str) -> int:
    """Tell how early a test is begun: 0 is first."""
    return next((place for place, path in enumerate(LONGEST) if test.startswith(path)), len(LONGEST))


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Look once, not at every collection of garbage, at what five thousand tests and their libraries are made of."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update"))


@pytest.fixture(scope="session")
def repository() -> Path:
    return ROOT


@pytest.fixture(scope="session", autouse=True)
def _at_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Answer the same in a job of CI, and in a shell that sets what the verbs read."""
    begin(tmp_path_factory.getbasetemp())
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("GITHUB_", "MLOPS_")) or name in _OTHERS:
                patch.delenv(name)
        patch.delenv("CI", raising=False)
        for (
            name,
            value,
        ) in UNREPORTED.items():  # of what tests start themselves: tests/unit/files/test_dvc_environment.py
            patch.setenv(name, value)
        # no test takes the machine's power away, and the disk needs milliseconds to answer each of two thousand times
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture(autouse=True)
def _environment_stays() -> Iterator[None]:
    """Take back what a verb or a stage sets for its own process: here it would go to all that later tests start."""
    with kept():
        yield


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object]) -> Iterator[None]:
    """Take back what a stage pins that a fixture of many tests runs."""
    try:
        return (yield)
    finally:
        if fixturedef.scope != "function":
            pinned()


@pytest.fixture(autouse=True)
def _dvc_speaks_here() -> None:
    """Give DVC, which keeps the stream it found when it was imported, that of the test: the other may be closed.

    What cannot be logged is an error to DVC, so that whoever pushed something would be told that the remote refused.
    """
    if "dvc.logger" in sys.modules:
        for name in ("dvc", "dvc_objects", "dvc_data"):
            for handler in logging.getLogger(name).handlers:
                if isinstance(handler, logging.StreamHandler):
                    handler.stream = sys.stderr
