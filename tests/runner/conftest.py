"""A machine for small workflows written in a test."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.runner.engine import Engine, missing
from tests.runner.event import pull_request
from tests.runner.origin import Origin
from tests.runner.result import Run
from tests.runner.run import Runner

Play = Callable[..., Run]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What plays a workflow needs GitHub's parser, so that it belongs to `make test-tools`."""
    for item in items:
        if "engine" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.tools)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    if missing():
        pytest.skip(missing())
    with Engine() as engine:
        yield engine


@pytest.fixture
def play(engine: Engine, tmp_path: Path) -> Play:
    """Play jobs given as `name={...}`; each may give its script as `run` and its needs as a list."""

    def play(*, secrets: dict[str, str] | None = None, fork: bool = False, **jobs: dict[str, Any]) -> Run:
        event = pull_request(7, "a" * 40, "b" * 40, "c" * 40, fork=fork)
        text = yaml.safe_dump({"on": "pull_request", "jobs": {name: whole(job) for name, job in jobs.items()}})
        # a minute of a timeout lasts 0.3 seconds here; what is to run into one sleeps for ever
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        runner = Runner(engine, Origin(folder / "origin.git"), folder, secrets=secrets or {}, minute=0.3)
        return runner.play(engine.parse("w.yml", text), event)

    return play


def whole(job: dict[str, Any]) -> dict[str, Any]:
    """Complete a job: a runner, and steps from `run`."""
    rest = {name: value for name, value in job.items() if name != "run"}
    return {"runs-on": "ubuntu-24.04", "steps": [{"run": job.get("run", "true")}], **rest}
