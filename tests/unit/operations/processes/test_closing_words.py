"""DVC's advice at the end of a run: what it would have said of Git and of a remote, and what is still said."""

import logging
from typing import Any

import pytest

from mlops.operations.processes.closing_words import withhold

PUSH = "Use `dvc push` to send your updates to remote storage."


class Console:
    def __init__(self) -> None:
        self.said: list[tuple[Any, ...]] = []

    def write(self, *objects: Any, **_: Any) -> None:
        self.said.append(objects)


@pytest.fixture
def adviser():
    logger = logging.getLogger("dvc.repo.scm_context")
    before = logger.level
    yield logger
    logger.setLevel(before)


def test_nothing_is_said_of_git_nor_of_a_remote_that_is_not_there(adviser):
    console = Console()
    withhold(console, pushes=False)
    for text in ("Data and pipelines are up to date.", PUSH):
        console.write(text)
    console.write()
    assert console.said == [("Data and pipelines are up to date.",), ()]
    assert not adviser.isEnabledFor(logging.INFO)
    assert adviser.isEnabledFor(logging.WARNING)


def test_where_there_is_a_remote_it_may_be_pushed(adviser):
    console = Console()
    withhold(console, pushes=True)
    console.write(PUSH)
    assert console.said == [(PUSH,)]


def test_dvc_says_these_words():
    """What is withheld is what the installed DVC says: a release that says it otherwise is to be looked at."""
    import inspect

    from dvc.commands.repro import CmdRepro
    from dvc.repo import scm_context

    assert PUSH in inspect.getsource(CmdRepro.run)
    assert "To track the changes with git, run:" in inspect.getsource(scm_context.SCMContext.__call__)
    assert scm_context.logger.name == "dvc.repo.scm_context"
