"""The monitor workflow: what serves is watched by hour, day or week; a report may lead to a retraining pull request."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from mlops.lower.workflows.shared import (
    batches,
    cron,
    fetch,
    head,
    keep,
    on_main,
    permissions,
    propose,
    signed_in,
    trusted,
)
from mlops.plan.workflow import Job, Step, Workflow
from mlops.spec.project import Project

_PERIODS = {"hour": "Every hour", "day": "Every day", "week": "Every week"}

# An alarm that no pull request tells ends the job red. Those that ask for a retraining are the business of the job that
# acts on their reports, by the digests that it is given; the others are told here.
_MONITOR = """\
read -r -a names <<< "$PIPELINES"
code=0
.venv/bin/mlops monitor "${names[@]}" --outputs "$GITHUB_OUTPUT" || code=$?
if [ "$code" = 2 ]; then echo '::error title=Monitor::an alarm or a data incident that no pull request tells'; fi
if [ "$code" != 0 ] && [ "$code" != 7 ]; then exit "$code"; fi
"""

# upload-artifact leaves out folders that begin with a dot
_COLLECT = """\
mkdir -p monitoring
if [ -d .mlops/monitor ]; then cp -R .mlops/monitor/. monitoring/; fi
"""

_RETRAIN = """\
asking=$(jq -r '.[].outputs // {} | to_entries[] | select((.key | startswith("report-")) and .value != "")
  | "\\(.key[7:]):\\(.value)"' <<< "$NEEDS")
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


def lower_monitor(project: Project, periods: Mapping[str, str], retrained: Collection[str]) -> Workflow:
    """Decide the workflow that watches.

    `periods` says for each watched pipeline how often, `hour`, `day` or `week`; `retrained` are those of them that may
    be trained again. Whether a report asks for that (an alarm, or a policy by schedule) is decided by `mlops monitor`.
    """
    groups = {
        period: sorted(name for name, every in periods.items() if every == period)
        for period in _PERIODS
        if period in periods.values()
    }
    jobs = [_watch(project, period, names, retrained) for period, names in groups.items()]
    asking = tuple(period for period, names in groups.items() if any(name in retrained for name in names))
    if asking:
        jobs.append(_retrain(project, asking))
    return Workflow(
        name="mlops-monitor",
        title="Monitor",
        triggers={
            "schedule": [{"cron": cron(project.name, period)} for period in groups],
            "workflow_dispatch": {},
        },
        concurrency="mlops-monitor",
        cancel="",
        jobs=tuple(jobs),
    )


def _watch(project: Project, period: str, names: list[str], retrained: Collection[str]) -> Job:
    settings = project.ci
    pipelines = {"PIPELINES": "${{ matrix.batch.pipelines }}"}
    always = "${{ !cancelled() }}"
    steps = (
        *head(settings),
        fetch(settings, pipelines),
        signed_in(settings.cloud, Step("Monitor", run=_MONITOR, environment=pipelines, identity="monitor")),
        Step("Collect the reports", run=_COLLECT, condition=always),
        keep("Keep the reports", "monitor-${{ matrix.batch.name }}", "monitoring/", condition=always),
    )
    # each job of the matrix sets its own pipelines' outputs: none overwrites another's
    asking = [f"report-{name}" for name in names if name in retrained]
    told = ("asked", *asking) if asking else ()
    outputs = {name: f"${{{{ steps.monitor.outputs.{name} }}}}" for name in told}
    asked = f"(github.event_name != 'schedule' || github.event.schedule == '{cron(project.name, period)}')"
    return Job(
        f"every-{period}",
        f"{_PERIODS[period]}: ${{{{ matrix.batch.name }}}}",
        settings.runner,
        settings.timeout,
        steps,
        permissions(settings, proposes=False),
        condition=f"{on_main(settings)} && {asked}",
        matrix=("batch", batches(names)),
        outputs=outputs,
        environment=trusted(settings, proposes=False),
    )


def _retrain(project: Project, periods: tuple[str, ...]) -> Job:
    """Act on reports that ask for it; one that is not the one whose digest its maker gave counts for nothing."""
    settings = project.ci
    inputs: dict[str, str | int | bool] = {"path": "monitoring", "pattern": "monitor-*", "merge-multiple": True}
    needs = {"NEEDS": "${{ toJSON(needs) }}"}
    steps = (
        *head(settings),
        Step("Fetch the reports", uses="actions/download-artifact", inputs=inputs),
        *propose(settings, "Propose a retraining", _RETRAIN, needs),
    )
    asked = " || ".join(f"needs.every-{period}.outputs.asked == 'true'" for period in periods)
    return Job(
        "retrain",
        "Propose a retraining",
        settings.runner,
        settings.timeout,
        steps,
        permissions(settings, proposes=True),
        needs=tuple(f"every-{period}" for period in periods),
        condition=f"${{{{ !cancelled() && ({asked}) }}}}",
        environment=trusted(settings, proposes=True),
    )
