"""A stage by itself: only after all before it, held to the rules that the first of them began with."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mlops.errors import ConfigurationError, IntegrityError, StaleError
from mlops.operations.running.run import StageFailed
from mlops.operations.running.single_stage import run_single
from mlops.operations.workspace import Workspace, open_workspace
from mlops.plan.gate import registered
from tests.builders.comments import gate
from tests.builders.repositories import edit, make_repository, record, record_output

pytestmark = pytest.mark.slow
NOTE = ".mlops/begun/churn.json"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_repository(tmp_path_factory.mktemp("made"))
    record(root)
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


@pytest.fixture
def workspace(root: Path) -> Workspace:
    return open_workspace(root, ("churn",))


def never(*_: object) -> int:
    raise AssertionError("DVC was started")


def writing(root: Path, *changes: tuple[str, str], code: int = 0) -> Callable[[Path, list[str]], int]:
    """Stand in for DVC: write outputs and what the lock says of them."""

    def dvc(_: Path, words: list[str]) -> int:
        assert words[-1].startswith("pipelines/churn/dvc.yaml:")
        for path, text in changes:
            record_output(root, "churn", path, text)
        return code

    return dvc


def forget(root: Path, stage: str) -> None:
    """Take a stage out of the lock, as if it had never run."""
    lock = root / "pipelines/churn/dvc.lock"
    lock.write_text(re.sub(rf"^  {stage}:\n(    .*\n|  - .*\n)*", "", lock.read_text(), flags=re.MULTILINE))


def test_what_is_as_recorded_starts_no_dvc_and_gives_no_verdict(workspace: Workspace) -> None:
    assert run_single(workspace, "churn", "train", never) is None


def test_a_stage_that_is_not_there_is_refused_with_the_nearest_one(workspace: Workspace) -> None:
    with pytest.raises(ConfigurationError) as caught:
        run_single(workspace, "churn", "tran", never)
    assert (caught.value.message, caught.value.hint) == (
        "churn has no stage `tran`",
        "did you mean `train`? also there: bundle, evaluate, features, gate, ingest, package, split, validate",
    )


def test_a_stage_does_not_run_before_one_that_is_stale(root: Path, workspace: Workspace) -> None:
    (root / "pipelines/churn/artifacts/raw.parquet").write_text("other")
    with pytest.raises(StaleError) as caught:
        run_single(workspace, "churn", "train", never)
    assert (caught.value.message, caught.value.hint) == (
        "churn: ingest comes before train and is stale",
        "mlops run churn --stage ingest",
    )


def test_the_stage_alone_is_given_to_dvc(root: Path, workspace: Workspace) -> None:
    edit(root, "pipelines/churn/dvc.lock", "mlops stage train", "mlops stage trian")
    given: list[list[str]] = []

    def dvc(_: Path, words: list[str]) -> int:
        given.append(words)
        return 0

    assert run_single(workspace, "churn", "train", dvc) is None
    assert given[0][-3:] == ["churn", "--single-item", "pipelines/churn/dvc.yaml:train"]


def test_a_stage_that_stopped_says_its_own_code(root: Path, workspace: Workspace) -> None:
    (root / "pipelines/churn/artifacts/raw.parquet").write_text("other")

    def dvc(*_: object) -> int:
        (root / ".mlops/results").mkdir(parents=True, exist_ok=True)
        ended = {"stage": "ingest", "code": 4, "cause": "", "next": "mend the data"}
        (root / ".mlops/results/churn.json").write_text(json.dumps(ended))
        return 1

    with pytest.raises(StageFailed) as caught:
        run_single(workspace, "churn", "ingest", dvc)
    assert (caught.value.message, caught.value.exit_code) == ("churn: ingest stopped", 4)


def test_other_bytes_than_were_recorded_are_refused_up_to_the_stage_and_left_alone_after_it(
    root: Path, workspace: Workspace
) -> None:
    reports = root / "pipelines/churn/reports"
    edit(root, "pipelines/churn/dvc.lock", "mlops stage evaluate", "mlops stage evalaute")
    (reports / "gate.json").write_text("damaged: its own stage writes it again")
    assert run_single(workspace, "churn", "evaluate", writing(root)) is None

    def dvc(*_: object) -> int:
        (reports / "metrics.json").write_text("other")
        return 0

    with pytest.raises(IntegrityError) as caught:
        run_single(workspace, "churn", "evaluate", dvc)
    assert caught.value.message == (
        "churn: reports/metrics.json is not what pipelines/churn/dvc.lock says, though DVC took it for that"
    )


def judged(root: Path, rules: str) -> tuple[str, str]:
    return "reports/gate.json", json.dumps({**gate("pass", champion=None), "registered": rules})


def rules(root: Path) -> str:
    return registered(open_workspace(root, ("churn",)).pipeline("churn").stage("gate").section)


def test_the_last_stage_gives_the_verdict_and_ends_what_was_begun(root: Path, workspace: Workspace) -> None:
    record_output(root, "churn", *judged(root, rules(root)))
    forget(root, "package")
    verdict = run_single(workspace, "churn", "package", writing(root))
    assert verdict is not None
    assert verdict.verdict == "pass"
    assert not (root / NOTE).exists()
    assert list((root / "pipelines/churn/ledger/model").iterdir()) != []


def test_rules_that_change_between_two_stages_give_no_verdict_and_then_are_those_of_the_next_run(root: Path) -> None:
    forget(root, "package")
    edit(root, "pipelines/churn/dvc.lock", "mlops stage train", "mlops stage trian")
    run_single(open_workspace(root, ("churn",)), "churn", "train", writing(root))
    assert json.loads((root / NOTE).read_text())[0] == rules(root)
    edit(root, "pipelines/churn/dvc.lock", "mlops stage trian", "mlops stage train")
    edit(root, "conf/policy.yaml", "@platform", "@others")
    record_output(root, "churn", *judged(root, rules(root)))
    with pytest.raises(StaleError, match=r"churn: conf/policy\.yaml changed while it ran"):
        run_single(open_workspace(root, ("churn",)), "churn", "package", writing(root))
    assert not (root / NOTE).exists()
    verdict = run_single(open_workspace(root, ("churn",)), "churn", "package", writing(root))
    assert verdict is not None


@pytest.mark.parametrize("damage", ["", "{}", "[1]", "nonsense"])
def test_a_note_that_is_not_whole_is_written_again(damage: str, root: Path) -> None:
    (root / NOTE).parent.mkdir(parents=True)
    (root / NOTE).write_text(damage)
    edit(root, "pipelines/churn/dvc.lock", "mlops stage train", "mlops stage trian")
    run_single(open_workspace(root, ("churn",)), "churn", "train", writing(root))
    assert json.loads((root / NOTE).read_text())[0] == rules(root)
