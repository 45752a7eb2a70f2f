"""What happens inside a job: shells, outputs, conditions, timeouts, secrets."""

from __future__ import annotations

from typing import Any

import pytest

from tests.runner.conftest import Play
from tests.runner.engine import Engine, WorkflowError
from tests.runner.result import Instance
from tests.runner.shell import read_outputs

HANGS = {"run": "sleep infinity"}


def steps(*given: dict[str, Any] | str, **job: Any) -> dict[str, Any]:
    return {"steps": [{"run": step} if isinstance(step, str) else step for step in given], **job}


def only(play: Play, *given: dict[str, Any] | str, **job: Any) -> Instance:
    (instance,) = play(a=steps(*given, **job))["a"].instances
    return instance


@pytest.mark.parametrize(
    ("given", "outcomes", "result"),
    [
        (["exit 1", "true"], "failure skipped", "failure"),
        (["exit 1", {"run": "true", "if": "always()"}], "failure success", "failure"),
        (["exit 1", {"run": "true", "if": "failure()"}], "failure success", "failure"),
        (["true", {"run": "true", "if": "failure()"}], "success skipped", "success"),
        (["exit 1", {"run": "true", "if": "${{ !cancelled() }}"}], "failure success", "failure"),
        ([{"run": "exit 1", "continue-on-error": True}, "true"], "failure success", "success"),
        (["false | true"], "success", "success"),
        ([{"run": "false | true", "shell": "bash"}], "failure", "failure"),
        (["false\ntrue"], "failure", "failure"),
        (
            [{"run": "sleep infinity", "timeout-minutes": 1}, {"run": "true", "if": "failure()"}],
            "failure success",
            "failure",
        ),
    ],
)
def test_steps_run_as_their_conditions_say(
    play: Play, given: list[dict[str, Any] | str], outcomes: str, result: str
) -> None:
    instance = only(play, *given)
    assert " ".join(step.outcome for step in instance.steps) == outcomes
    assert instance.result == result


def test_a_job_out_of_time_is_cancelled_and_its_last_words_are_heard(play: Play) -> None:
    late: dict[str, Any] = {"run": "echo bye", "if": "always()"}
    not_late = {"run": "true", "if": "${{ !cancelled() }}"}
    instance = only(play, HANGS, not_late, late, **{"timeout-minutes": 1})
    assert [step.outcome for step in instance.steps] == ["cancelled", "skipped", "success"]
    assert instance.result == "cancelled"


def test_outputs_pass_from_step_to_step_and_job_to_job(play: Play) -> None:
    say = {"id": "say", "run": 'echo "word=yes" >> "$GITHUB_OUTPUT"'}
    first = steps(say, outputs={"word": "${{ steps.say.outputs.word }}", "none": "${{ steps.other.outputs.x }}"})
    env = {"WORD": "${{ needs.first.outputs.word }}", "NONE": "${{ needs.first.outputs.none }}"}
    second = steps({"run": 'test "$WORD" = yes && test -z "$NONE"', "env": env}, needs=["first"])
    run = play(first=first, second=second)
    assert run["first"].outputs == {"word": "yes"}
    assert run.results == {"first": "success", "second": "success"}


def test_outputs_of_many_lines_are_read(tmp_path: Any) -> None:
    path = tmp_path / "output"
    path.write_text("a=1\nb<<END\nx=2\n\ny\nEND\nc=p<<q\n")
    assert read_outputs(path) == {"a": "1", "b": "x=2\n\ny", "c": "p<<q"}


def test_an_output_of_many_lines_that_does_not_end_is_refused(tmp_path: Any) -> None:
    path = tmp_path / "output"
    path.write_text("a<<END\nx\nEN\n")
    with pytest.raises(ValueError, match="no line ends 'a<<END'"):
        read_outputs(path)


def test_what_a_step_writes_to_the_files_of_the_runner_holds_in_the_rest_of_its_job(
    play: Play,
) -> None:
    told = """\
test -z "${X:-}"
echo "X=1" >> "$GITHUB_ENV"
echo "GITHUB_SHA=mine" >> "$GITHUB_ENV"
mkdir tools && printf '#!/bin/sh\\necho mine\\n' > tools/git && chmod +x tools/git
echo "$PWD/tools" >> "$GITHUB_PATH"
test "$(git)" != mine
"""
    seen = 'test "$X" = 1 && test "$GITHUB_SHA" != mine && test "$(git)" = mine'
    own = {"run": 'test "$X" = 2', "env": {"X": "2"}}
    apart = steps('test -z "${X:-}" && test "$(git --version)" != mine', needs=["a"])
    run = play(a=steps(told, seen, own, env={"X": ""}), b=apart)
    assert run.results == {"a": "success", "b": "success"}, run.log


def test_a_script_sees_nothing_of_this_machine(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET_OF_THIS_MACHINE", "x")
    log = only(play, "env").log
    assert "GITHUB_ACTIONS=true" in log
    assert "A_SECRET" not in log


def test_summaries_are_kept_in_order(play: Play) -> None:
    write = 'echo "{}" >> "$GITHUB_STEP_SUMMARY"'
    assert only(play, write.format("one"), write.format("two")).summary == "one\ntwo\n"


def test_secrets_are_masked_noted_and_withheld_from_a_fork(play: Play) -> None:
    job = steps({"name": "use", "run": 'echo "[$KEY]"', "env": {"KEY": "${{ secrets.KEY }}"}})
    (own,) = play(a=job, secrets={"KEY": "hunter2"})["a"].instances
    assert own.step("use").secrets == ("KEY",)
    assert own.step("use").log == "[***]\n"
    (forked,) = play(a=job, secrets={"KEY": "hunter2"}, fork=True)["a"].instances
    assert forked.step("use").secrets == ()
    assert forked.step("use").log == "[]\n"


@pytest.mark.parametrize(
    ("asked", "own", "forked"),
    [
        ({"contents": "read", "issues": "write"}, {"contents": "read", "issues": "write"}, "read"),
        ({"issues": "none"}, {}, None),
        ({}, {}, None),
    ],
)
def test_a_token_may_do_what_the_job_asks_for_and_from_a_fork_only_read(
    play: Play, asked: dict[str, str], own: dict[str, str], forked: str | None
) -> None:
    job = steps({"name": "use", "run": "true", "env": {"TOKEN": "${{ github.token }}"}}, permissions=asked)
    assert play(a=job)["a"].instances[0].step("use").token == own
    (instance,) = play(a=job, fork=True)["a"].instances
    assert set(instance.permissions.values()) == ({forked} if forked else set())


def test_an_action_that_is_not_pinned_fails(play: Play) -> None:
    instance = only(play, {"uses": "actions/checkout@v7"})
    assert instance.log.endswith("Error: actions/checkout@v7 is not pinned by a commit\n")


def test_an_artifact_reaches_another_job_with_its_digest(play: Play) -> None:
    pin = "a" * 40
    up = {"id": "up", "uses": f"actions/upload-artifact@{pin}", "with": {"name": "r", "path": "out/"}}
    down = {"uses": f"actions/download-artifact@{pin}", "with": {"name": "r", "path": "in"}}
    first = steps("mkdir -p out && echo hello > out/x", up, outputs={"d": "${{ steps.up.outputs.artifact-digest }}"})
    run = play(first=first, second=steps(down, "grep hello in/x", needs=["first"]))
    assert run.results == {"first": "success", "second": "success"}, run.log
    assert len(run["first"].outputs["d"]) == 64


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("on: {push: {branch: main}}\njobs: {a: {runs-on: x, steps: [{run: 'true'}]}}", "Unexpected value 'branch'"),
        (
            "on: push\njobs: {a: {runs-on: x, needs: b, steps: [{run: 'true'}]}}",
            "must contain at least one job with no dependencies",
        ),
        ("on: push\njobs: {a: {runs-on: x, cache-mode: all, steps: [{run: 'true'}]}}", "Unexpected value 'all'"),
        ("on: push\njobs: {a: {runs-on: x, if: secrets.X, steps: [{run: 'true'}]}}", "Unrecognized named-value"),
    ],
)
def test_what_github_would_refuse_is_refused(engine: Engine, text: str, problem: str) -> None:
    with pytest.raises(WorkflowError, match=problem):
        engine.parse("w.yml", text)


def test_a_key_newer_than_the_parser_is_known(engine: Engine) -> None:
    workflow = engine.parse("w.yml", "on: push\njobs: {a: {runs-on: x, cache-mode: read, steps: [{run: 'true'}]}}")
    assert workflow.job("a").body["cache-mode"] == "read"
