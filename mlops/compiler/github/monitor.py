"""The monitor workflow: what serves is watched by hour, day or week; a report may lead to a retraining pull request."""

from __future__ import annotations

from collections.abc import Collection

from mlops.compiler.github.batches import batched, indexed
from mlops.compiler.github.common_steps import (
    PERIODS,
    READ,
    cron,
    fetch,
    head,
    keep,
    on_main,
    permissions,
    propose,
    trusted,
)
from mlops.compiler.github.credentials import holding
from mlops.compiler.github.identity import signed_in
from mlops.compiler.github.workflow import Job, Step, Workflow
from mlops.configuration.credentials import USES
from mlops.configuration.project import Project

_DUE = """\
.venv/bin/mlops monitor --due "$SCHEDULE" -o json > due.json
"""

# An alarm that no pull request tells ends the job red. The digests of reports that ask for a retraining go to the job
# that acts on them, each job of the matrix by an output of its own; the other alarms are told here.
_MONITOR = """\
read -r -a names <<< "$PIPELINES"
code=0
.venv/bin/mlops monitor "${names[@]}" --asking asking.txt || code=$?
if [ -s asking.txt ]; then
  printf '%s\\n' asked=true "reports-$INDEX=$(paste -s -d ' ' asking.txt)" >> "$GITHUB_OUTPUT"
fi
if [ "$code" = 2 ]; then echo '::error title=Monitor::an alarm or a data incident that no pull request tells'; fi
if [ "$code" != 0 ] && [ "$code" != 7 ]; then exit "$code"; fi
"""

# upload-artifact leaves out folders that begin with a dot
_COLLECT = """\
mkdir -p monitoring
if [ -d .mlops/monitor ]; then cp -R .mlops/monitor/. monitoring/; fi
"""

_RETRAIN = """\
asking=$(jq -r '.watch.outputs // {} | to_entries[] | select(.key | startswith("reports-")) | .value' <<< "$NEEDS")
status=0
for asked in $asking; do
  name=${asked%%:*}
  report=$(find "monitoring/$name" -name report.json 2> /dev/null | head -n 1)
  report=${report:-monitoring/$name/report.json}
  if ! echo "${asked#*:}  $report" | sha256sum --check --status; then
    echo "::error::$report is not the report that was made: nothing is proposed for $name"
    status=5
    continue
  fi
  code=0
  .venv/bin/mlops retrain "$name" --cause "$report" --propose || code=$?
  if [ "$code" != 0 ]; then status=$code; fi
done
exit "$status"
"""


def lower_monitor(project: Project, periods: Collection[str], *, retrains: bool) -> Workflow:
    """Decide the workflow that watches.

    `periods` are those that pipelines ask for, of `hour`, `day` and `week`; `retrains` says whether any of them may be
    trained again. Which are due is asked when it runs, and whether a report asks for a retraining (an alarm, or a
    policy by schedule) is decided by `mlops monitor`: only the first pipeline with another period adds a line.
    """
    jobs = [_due(project), _watch(project, retrains=retrains)]
    if retrains:
        jobs.append(_retrain(project))
    return Workflow(
        name="mlops-monitor",
        title="Monitor",
        triggers={
            "schedule": [{"cron": cron(project.name, period)} for period in PERIODS if period in periods],
            "workflow_dispatch": {},
        },
        concurrency="mlops-monitor",
        cancel="",
        jobs=tuple(jobs),
    )


def _due(project: Project) -> Job:
    """Ask which pipelines a schedule is for; whoever starts it by hand has all of them looked at."""
    settings = project.ci
    schedule = {"SCHEDULE": "${{ github.event.schedule }}"}
    steps = (
        *head(settings),
        Step(
            "Find what is due", _DUE + batched(settings, "pipelines", "due.json"), environment=schedule, identity="find"
        ),
    )
    outputs = {name: f"${{{{ steps.find.outputs.{name} }}}}" for name in ("count", "batches")}
    return Job("due", "What is due", settings.runner, 15, steps, (READ,), condition=on_main(settings), outputs=outputs)


def _watch(project: Project, *, retrains: bool) -> Job:
    settings = project.ci
    pipelines = {"PIPELINES": "${{ matrix.batch.pipelines }}"}
    index = {"INDEX": "${{ matrix.batch.index }}"}
    always = "${{ !cancelled() }}"
    monitor = Step("Monitor", run=_MONITOR, environment=pipelines | index, identity="monitor")
    steps = (
        *head(settings),
        fetch(settings, pipelines, makes=settings.cloud is None and not settings.secrets),
        holding(settings, signed_in(settings.cloud, monitor), *USES),
        Step("Collect the reports", run=_COLLECT, condition=always),
        keep("Keep the reports", "monitor-${{ matrix.batch.name }}", "monitoring/", condition=always),
    )
    told = {"asked": "${{ steps.monitor.outputs.asked }}"} | indexed(settings, "monitor", "reports")
    return Job(
        "watch",
        "${{ matrix.batch.name }}",
        settings.runner,
        settings.timeout,
        steps,
        permissions(settings, proposes=False),
        needs=("due",),
        condition=f"{on_main(settings)} && needs.due.outputs.count != '0'",
        matrix=("batch", "${{ fromJSON(needs.due.outputs.batches) }}"),
        outputs=told if retrains else {},
        environment=trusted(settings, steps),
    )


def _retrain(project: Project) -> Job:
    """Act on reports that ask for it; one that is not the one whose digest its maker gave counts for nothing."""
    settings = project.ci
    inputs: dict[str, str | int | bool] = {"path": "monitoring", "pattern": "monitor-*", "merge-multiple": True}
    needs = {"NEEDS": "${{ toJSON(needs) }}"}
    steps = (
        *head(settings),
        Step("Fetch the reports", uses="actions/download-artifact", inputs=inputs),
        *propose(settings, "Propose a retraining", _RETRAIN, needs, uses=("log",)),
    )
    return Job(
        "retrain",
        "Propose a retraining",
        settings.runner,
        settings.timeout,
        steps,
        permissions(settings, proposes=True),
        needs=("watch",),
        condition="${{ !cancelled() && needs.watch.outputs.asked == 'true' }}",
        environment=trusted(settings, steps),
    )
