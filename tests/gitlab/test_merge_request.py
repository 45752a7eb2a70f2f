"""The compiled `.gitlab-ci.yml`, executed: the code of the base judges, whatever the change's own code says."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.builders.repositories import commit, edit, git
from tests.builders.shop import make_shop, propose
from tests.e2e import plays
from tests.gitlab.pipeline import missing, play
from tests.runner.run import ENVIRONMENT

pytestmark = [
    pytest.mark.tools,
    pytest.mark.slow,
    pytest.mark.long,
    pytest.mark.skipif(bool(missing()), reason=missing() or "can run"),
]

# A change that brings its own program: it says that all is well, and that another pipeline is what it affects.
_LIAR = """\
#!/bin/sh
[ "$1" = plan ] && [ "$5" = json ] && echo '{"affected": ["visits"], "recorded": []}'
[ "$1" = run ] && exit 2
exit 0
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project on GitLab with two models, neither of which has run; two jobs share the pipelines out."""
    work = make_shop(tmp_path_factory.mktemp("gitlab") / "work", "churn", "visits")
    (work / "conf/project.yaml").write_text("name: shop\nci: {kind: gitlab, install: make, jobs: 2}\n")
    edit(work, "Makefile", "setup:\n", f"setup:\n\t@ln -sfn {ENVIRONMENT} .venv\n")
    plays.settle(work, work.parent / "remote")
    propose(work, "On GitLab")
    git(work, "remote", "add", "origin", "git@gitlab.com:shop/models.git")
    git(work, "update-ref", "refs/remotes/origin/main", "HEAD")
    return work


@pytest.fixture
def work(made: Path, tmp_path: Path) -> Path:
    """A change that loosens a gate, checked out."""
    work = Path(shutil.copytree(made, tmp_path / "work", symlinks=True))
    git(work, "checkout", "-q", "-b", "change")
    edit(work, "conf/pipeline/churn.yaml", "at_least: 0.85", "at_least: 0.8")
    propose(work, "Loosen the gate")
    return work


def test_a_change_is_run_and_judged_by_the_old_rules_and_the_new(work: Path) -> None:
    played = play(work)
    jobs = {"check": "PASS", "run: [1/2]": "PASS", "run: [2/2]": "PASS", "judge": "PASS", "verdict": "PASS"}
    assert (played.code, played.jobs) == (0, jobs), played.log
    said = played.of("judge")
    assert "rows and scores made again" in said
    assert "AUROC at least 0.85 |" in said
    assert "judged by the old and the new rules: pass" in said


def test_a_change_that_brings_a_program_of_its_own_is_judged_by_the_bases(work: Path) -> None:
    (work / "liar").write_text(_LIAR)
    (work / "liar").chmod(0o755)
    (work / "Makefile").write_text(
        "setup:\n\t@rm -rf .venv && mkdir -p .venv/bin && cp liar .venv/bin/mlops\n\t@ln -s /bin/true .venv/bin/dvc\n"
    )
    commit(work, "a program of its own")
    played = play(work)
    jobs = {"check": "PASS", "run: [1/2]": "FAIL", "run: [2/2]": "PASS", "judge": "FAIL"}
    assert (played.code, played.jobs) == (1, jobs), played.log
    said = played.of("judge")
    assert "churn: affected, and no job judges it" in said
    assert "FAIL 5" in said
