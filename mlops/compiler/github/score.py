"""The score workflow: batches (`deploy: {NAME: {kind: batch}}`) are scored by hour, day or week, by what is live."""

from __future__ import annotations

from collections.abc import Collection

from mlops.compiler.github.batches import batched
from mlops.compiler.github.common_steps import PERIODS, READ, cron, fetch, head, keep, on_main, permissions, trusted
from mlops.compiler.github.credentials import holding
from mlops.compiler.github.identity import signed_in
from mlops.compiler.github.workflow import Job, Step, Workflow
from mlops.configuration.credentials import USES
from mlops.configuration.project import Project

_DUE = """\
.venv/bin/mlops score --due "$SCHEDULE" -o json > due.json
"""

# What is wrong with one pipeline's input keeps no other from being scored.
_SCORE = """\
mkdir -p scored
status=0
for name in $PIPELINES; do
  code=0
  .venv/bin/mlops score "$name" -o json > "scored/$name.json" || code=$?
  if [ "$code" != 0 ]; then status=$code; fi
done
exit "$status"
"""


def lower_score(project: Project, periods: Collection[str]) -> Workflow:
    """Decide the workflow that scores; `periods` are those that targets ask for, of `hour`, `day` and `week`.

    Which pipelines are due is asked when it runs. A run that is late, or comes twice, scores what is not scored yet.
    """
    return Workflow(
        name="mlops-score",
        title="Score",
        triggers={
            "schedule": [{"cron": cron(project.name, period)} for period in PERIODS if period in periods],
            "workflow_dispatch": {},
        },
        concurrency="mlops-score",
        cancel="",
        jobs=(_due(project), _score(project)),
    )


def _due(project: Project) -> Job:
    """Ask which pipelines a schedule is for; whoever starts it by hand has all of them scored."""
    settings = project.ci
    schedule = {"SCHEDULE": "${{ github.event.schedule }}"}
    run = _DUE + batched(settings, "pipelines", "due.json")
    steps = (*head(settings), Step("Find what is due", run, environment=schedule, identity="find"))
    outputs = {name: f"${{{{ steps.find.outputs.{name} }}}}" for name in ("count", "batches")}
    return Job("due", "What is due", settings.runner, 15, steps, (READ,), condition=on_main(settings), outputs=outputs)


def _score(project: Project) -> Job:
    settings = project.ci
    pipelines = {"PIPELINES": "${{ matrix.batch.pipelines }}"}
    always = "${{ !cancelled() }}"
    score = Step("Score", run=_SCORE, environment=pipelines)
    steps = (
        *head(settings),
        fetch(settings, pipelines, makes=False),
        holding(settings, signed_in(settings.cloud, score), *USES),
        keep("Keep what was scored", "scored-${{ matrix.batch.name }}", "scored/", condition=always),
    )
    return Job(
        "score",
        "${{ matrix.batch.name }}",
        settings.runner,
        settings.timeout,
        steps,
        permissions(settings, proposes=False),
        needs=("due",),
        condition=f"{on_main(settings)} && needs.due.outputs.count != '0'",
        matrix=("batch", "${{ fromJSON(needs.due.outputs.batches) }}"),
        environment=trusted(settings, steps),
    )
