"""The pull-request workflow: compile check, the affected pipelines as a matrix, a report each, one verdict."""

from __future__ import annotations

from mlops.plan.workflow import Job, Step, Workflow
from mlops.spec.project import Continuous

_BASE = "${{ github.event.pull_request.base.sha || github.event.merge_group.base_sha }}"
_READ = {"contents": "read"}

_CHECKOUT = Step("Check out", uses="actions/checkout", inputs={"fetch-depth": 0, "persist-credentials": False})

_VERDICT = """\
test "$CHECK" = success
test "$AFFECTED" = success
if [ "$PIPELINES" = "[]" ]; then
  test "$PIPELINE" = skipped
else
  test "$PIPELINE" = success
fi
"""


def lower_pull_request(settings: Continuous) -> Workflow:
    """Decide the workflow that judges a pull request."""
    return Workflow(
        name="mlops-pr",
        title="Pull request",
        triggers={"pull_request": {"branches": [settings.branch]}, "merge_group": {"branches": [settings.branch]}},
        concurrency="mlops-pr-${{ github.event.pull_request.number || github.run_id }}",
        cancel="${{ github.event_name == 'pull_request' }}",
        jobs=(_check(settings), _affected(settings), _pipeline(settings), _verdict(settings)),
    )


def _check(settings: Continuous) -> Job:
    steps = (
        *_set_up(settings),
        Step("Check the configuration", run=".venv/bin/mlops validate"),
        Step("Compare the compiled files", run=".venv/bin/mlops compile --check"),
    )
    return Job("check", "Configuration and compiled files", settings.runner, 15, steps, _READ)


def _affected(settings: Continuous) -> Job:
    plan = '.venv/bin/mlops plan --base "$BASE" -o json > plan.json\n'
    find = plan + 'echo "pipelines=$(jq -c .affected plan.json)" >> "$GITHUB_OUTPUT"\n'
    show = '.venv/bin/mlops plan --base "$BASE" -o md >> "$GITHUB_STEP_SUMMARY"\n'
    steps = (
        *_set_up(settings),
        Step("Find the affected pipelines", run=find, environment={"BASE": _BASE}, identity="find"),
        Step("Show the plan", run=show, environment={"BASE": _BASE}),
    )
    outputs = {"pipelines": "${{ steps.find.outputs.pipelines }}"}
    return Job("affected", "Affected pipelines", settings.runner, 15, steps, _READ, needs=("check",), outputs=outputs)


def _pipeline(settings: Continuous) -> Job:
    name = {"PIPELINE": "${{ matrix.pipeline }}"}
    report = '.venv/bin/mlops gate "$PIPELINE" --explain -o md >> "$GITHUB_STEP_SUMMARY"\n'
    steps = (
        *_set_up(settings),
        Step("Run", run='.venv/bin/mlops run "$PIPELINE"', environment=name),
        Step("Verify the recorded run", run='.venv/bin/mlops verify "$PIPELINE"', environment=name),
        Step("Report", run=report, environment=name, condition="${{ !cancelled() }}"),
        Step(
            "Keep the report",
            uses="actions/upload-artifact",
            inputs={
                "name": "report-${{ matrix.pipeline }}",
                "path": "pipelines/${{ matrix.pipeline }}/reports/",
                "if-no-files-found": "warn",
                "retention-days": 30,
            },
            condition="${{ !cancelled() }}",
        ),
    )
    return Job(
        "pipeline",
        "${{ matrix.pipeline }}",
        settings.runner,
        settings.timeout,
        steps,
        _READ,
        needs=("affected",),
        condition="needs.affected.outputs.pipelines != '[]'",
        matrix="${{ fromJSON(needs.affected.outputs.pipelines) }}",
    )


def _verdict(settings: Continuous) -> Job:
    environment = {
        "CHECK": "${{ needs.check.result }}",
        "AFFECTED": "${{ needs.affected.result }}",
        "PIPELINES": "${{ needs.affected.outputs.pipelines }}",
        "PIPELINE": "${{ needs.pipeline.result }}",
    }
    steps = (Step("Every expected job succeeded", run=_VERDICT, environment=environment),)
    needs = ("check", "affected", "pipeline")
    return Job("verdict", "verdict", settings.runner, 5, steps, {}, needs=needs, condition="always()")


def _set_up(settings: Continuous) -> tuple[Step, ...]:
    python = Step("Set up Python", uses="actions/setup-python", inputs={"python-version": settings.python})
    return (_CHECKOUT, python, Step("Install", run="make setup"))
