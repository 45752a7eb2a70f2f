"""What is neither file nor folder below `conf/` is said, and nobody waits for it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from mlops.cli.main import run
from tests.builders.repositories import make_repository

PLACES = ("conf/pipeline/rain.yaml", "conf/data/churn.yaml", "conf/policy.yaml", "conf/release/staging/churn.yaml")
VERBS = (["validate"], ["compile"], ["compile", "--check"], ["plan"], ["render", "churn"])


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(make_repository(tmp_path))
    return tmp_path


def pipe(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path)


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
@pytest.mark.parametrize("place", PLACES)
def test_a_named_pipe_is_said_with_the_cure(
    place: str, verb: list[str], root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe(root / place)
    assert run(verb) == 4
    shown = capsys.readouterr()
    assert shown.out + shown.err == (
        f"{place}:1:1: a named pipe stands where only files and folders belong [missing-file]\n"
        f"  rm {place}\n1 problem in 1 file\n"
    )


def test_a_socket_is_said_too(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("conf/agent")
    assert run(["plan"]) == 4
    assert capsys.readouterr().err.startswith("conf/agent:1:1: a socket stands where only files and folders belong")


def test_a_project_that_is_a_pipe_is_found_and_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipe(root / "conf/project.yaml")
    assert run(["plan"]) == 4
    assert capsys.readouterr().err == f"{root}/conf/project.yaml is no file\nhint: put the file itself there\n"


def test_a_link_within_the_repository_is_nothing_to_say(root: Path) -> None:
    (root / "conf/pipeline/churn.yaml").rename(root / "conf/churn.yaml")
    (root / "conf/pipeline/churn.yaml").symlink_to("../churn.yaml")
    assert run(["plan"]) == 0


APPROVED = (
    "conf/release/prod/churn.yaml",
    "conf/release/prod",
    "conf/release",
    "conf/waiver/churn.yaml",
    "conf/accept/churn.yaml",
    "conf/policy.yaml",
    "conf/project.yaml",
    "conf",
)


@pytest.mark.parametrize("verb", VERBS[::3], ids=" ".join)
@pytest.mark.parametrize("place", APPROVED)
def test_what_people_approve_is_no_link_within_the_repository_either(
    place: str, verb: list[str], root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, other = root / place, root / "elsewhere"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.rename(other) if path.exists() else other.write_text("bundle: other\n")
    path.symlink_to(other)
    assert run(verb) == 4
    shown = capsys.readouterr()
    assert (shown.out + shown.err).startswith(
        f"{place}:1:1: a symbolic link: Git follows none, and approval would be of the link [path-outside]\n"
        "  put the file or folder itself there\n"
    )
