"""The judge's commit is what is installed; the change lies beside it, checked out afterwards, and runs nothing."""

from __future__ import annotations

from mlops.compiler.github.beside import appoint, beside
from mlops.configuration.ci import Continuous


def test_installs_the_judge_before_the_change_is_there() -> None:
    steps = beside(Continuous(), "${{ github.event.pull_request.base.sha }}", "")
    assert [step.name for step in steps] == [
        "Check out",
        "Set up Python",
        "Install",
        "Check out the change beside it",
        "Put the change in its place",
    ]
    assert steps[0].inputs == {
        "ref": "${{ github.event.pull_request.base.sha }}",
        "fetch-depth": 0,
        "persist-credentials": False,
    }
    assert steps[3].inputs == {"path": "change", "fetch-depth": 0, "persist-credentials": False}
    assert not any(step.environment for step in steps)


def test_a_named_change_is_checked_out_by_that_name() -> None:
    steps = beside(Continuous(), "judge", "change-of-mine")
    assert (steps[0].inputs["ref"], steps[3].inputs["ref"]) == ("judge", "change-of-mine")


def test_what_an_upgrade_pins_is_installed_where_no_file_of_the_change_is_taken_for_a_module() -> None:
    (step,), judging = appoint(Continuous(install="lock"))
    assert judging == {"JUDGE": "${{ steps.appoint.outputs.judge }}"}
    assert step.identity == "appoint"
    assert "/.judge/bin/python -P -m pip " in step.run


def test_a_repository_that_brings_the_program_appoints_nobody() -> None:
    assert appoint(Continuous(install="make")) == ((), {"JUDGE": ".venv/bin/mlops"})
