"""The pull-request workflow: compile check, the affected pipelines as a matrix, one comment, one verdict."""

from __future__ import annotations

from mlops.compiler.github.batches import batched, indexed
from mlops.compiler.github.common_steps import (
    READ,
    approval,
    confidential,
    fetch_recorded,
    identified,
    keep,
    set_up,
)
from mlops.compiler.github.framework import MOVED, framework, makes_rows
from mlops.compiler.github.framework import NAME as FRAMEWORK
from mlops.compiler.github.judge import judge
from mlops.compiler.github.verdict import verdict
from mlops.compiler.github.workflow import Job, Permission, Step, Workflow
from mlops.configuration.ci import Continuous
from mlops.plan.shell import FIND, RUN

_AUTHOR = "${{ github.event.pull_request.user.login }}"
_BASE = "${{ github.event.pull_request.base.sha || github.event.merge_group.base_sha }}"

# In a merge queue there is no author any more; the pull request itself was checked.
_VALIDATE = '.venv/bin/mlops validate --base "$BASE" --author "$AUTHOR"'

_DIGEST = """\
echo "digest=$(sha256sum plan.json | cut -d ' ' -f 1)" >> "$GITHUB_OUTPUT"
"""

_SHOW = """\
.venv/bin/mlops plan --base "$BASE" -o md >> "$GITHUB_STEP_SUMMARY"
"""

# What ended is kept whole enough to be judged, and for the main branch to take over: its lock and its bundle too. The
# digests of a bundle and of the statement on it are told where a job has one pipeline, so that all of them together
# fit into one variable.
# upload-artifact leaves out what begins with a dot.
_COLLECT = """\
for name in $PIPELINES; do
  here="pipelines/$name"
  mkdir -p "evidence/$name"
  if [ -d "$here/reports" ]; then cp -R "$here/reports/." "evidence/$name/"; fi
  code=$(cat "evidence/$name/exit-code" 2> /dev/null || true)
  case "$code" in 0 | 2 | 7) ended=yes ;; *) ended= ;; esac
  if [ -n "$ended" ] && [ -f "$here/dvc.lock" ] && [ -f "$here/artifacts/bundle/manifest.json" ]; then
    KEEP
  fi
  if [ "$code" = 0 ] && [ -f "$here/artifacts/bundle/manifest.json" ] && [ -f "$here/reports/bundle.json" ]; then
    bundle="bundle-$INDEX=sha256:$(sha256sum "$here/artifacts/bundle/manifest.json" | cut -d ' ' -f 1)"
    bundle="$bundle sha256:$(sha256sum "$here/reports/bundle.json" | cut -d ' ' -f 1)"
    if [ "$name" = "$PIPELINES" ]; then echo "$bundle" >> "$GITHUB_OUTPUT"; fi
  fi
done
files() { find evidence -type f ! -path '*/.*' -print0 | LC_ALL=C sort -z; }
digest=$(files | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1)
echo "evidence-$INDEX=$digest" >> "$GITHUB_OUTPUT"
"""

_BUNDLE = """\
cp -RL "$here/dvc.lock" "$here/artifacts/bundle" "evidence/$name/"
    if [ -d "$here/comparisons" ]; then cp -R "$here/comparisons" "evidence/$name/"; fi"""
# Whoever may read a repository may download its artifacts: of a public one whose bundles are kept in a cloud, they stay
# there, and the main branch makes them again.
_NONE = ": # a public repository keeps none: anybody could download it"

_TOLD = """\
printf '%s\\n' "$NEEDS" > judged.json
"""

_COMMENT = """\
.venv/bin/mlops comment evidence --commit "$COMMIT" --base "$BASE" \\
  --job "check=$CHECK" --job "affected=$AFFECTED" --job "pipeline=$PIPELINE" --job "judge=$JUDGE" """


def lower_pull_request(settings: Continuous) -> Workflow:
    """Decide the workflow that judges a pull request; it is the same whatever pipelines there are."""
    return Workflow(
        name="mlops-pr",
        title="Pull request",
        triggers={"pull_request": {"branches": [settings.branch]}, "merge_group": {"branches": [settings.branch]}},
        concurrency="mlops-pr-${{ github.event.pull_request.number || github.run_id }}",
        cancel="${{ github.event_name == 'pull_request' }}",
        jobs=(
            _check(settings),
            _affected(settings),
            _pipeline(settings),
            *((framework(settings),) if makes_rows(settings) else ()),
            judge(settings, _BASE),
            _judged(settings),
            _comment(settings),
            _verdict(settings),
        ),
    )


def _check(settings: Continuous) -> Job:
    steps = (
        *set_up(settings),
        Step("Check the configuration", run=_VALIDATE, environment={"BASE": _BASE, "AUTHOR": _AUTHOR}),
        Step("Compare the compiled files", run=".venv/bin/mlops compile --check"),
    )
    title = "Configuration and compiled files"
    return Job("check", title, settings.runner, 15, steps, (READ,), cache="read", environment=approval(settings))


def _affected(settings: Continuous) -> Job:
    find = FIND + _DIGEST + batched(settings, "affected", "plan.json", "recorded", least=True)
    told = ["count", "batches", "digest"]
    if makes_rows(settings):
        find, told = find + MOVED, [*told, FRAMEWORK]
    steps = (
        *set_up(settings),
        Step("Find the affected pipelines", run=find, environment={"BASE": _BASE}, identity="find"),
        Step("Show the plan", run=_SHOW, environment={"BASE": _BASE}),
        keep("Keep the plan", "plan", "plan.json", found="error"),
    )
    outputs = {name: f"${{{{ steps.find.outputs.{name} }}}}" for name in told}
    return Job(
        "affected",
        "Affected pipelines",
        settings.runner,
        15,
        steps,
        (READ,),
        needs=("check",),
        outputs=outputs,
        cache="read",
        environment=approval(settings),
    )


def _pipeline(settings: Continuous) -> Job:
    """Run a batch, and tell the digest of what it leaves: each job of the matrix has an output of its own.

    Own code of the change runs here, and whatever ran here says nothing that is believed: another job judges.

    Any job of a run may replace another's artifact, but not its output.
    """
    names = {"PIPELINES": "${{ matrix.batch.pipelines }}"}
    recorded = {"RECORDED": "${{ matrix.batch.recorded }}"}
    index = {"INDEX": "${{ matrix.batch.index }}"}
    always = "${{ !cancelled() }}"
    reader = settings.reader
    collect = _COLLECT.replace("KEEP", _NONE if confidential(settings) else _BUNDLE)
    steps = (
        *set_up(settings),
        fetch_recorded(reader, names),
        Step("Run", run=RUN, environment=names | recorded),
        Step("Collect the reports", collect, environment=names | index, condition=always, identity="collect"),
        keep("Keep the reports", "report-${{ matrix.batch.name }}", "evidence/", condition=always),
    )
    return Job(
        "pipeline",
        "${{ matrix.batch.name }}",
        settings.runner,
        settings.timeout,
        steps,
        identified((READ,), reader.cloud if reader else None),
        needs=("affected",),
        condition="needs.affected.outputs.count != '0'",
        matrix=("batch", "${{ fromJSON(needs.affected.outputs.batches) }}"),
        outputs=indexed(settings, "collect", "bundle", "evidence"),
        cache="none" if reader else "read",
        environment=approval(settings, reader.environment if reader else ""),
    )


def _judged(settings: Continuous) -> Job:
    """Keep what each job told, once all of them ended: nothing that a pull request brings runs any more by then.

    The main branch cannot ask for the outputs of a job; it believes this artifact of a run whose jobs succeeded.
    """
    steps = (
        Step("Write down what each job told", run=_TOLD, environment={"NEEDS": "${{ toJSON(needs) }}"}),
        keep("Keep it", "judged", "judged.json", found="error", days=90),
    )
    needs = ("check", "affected", "pipeline", "judge")
    condition = "needs.affected.outputs.count != '0'"
    if makes_rows(settings):  # success() asks for that of what the judge waited for too, which may be skipped or fail
        ended = (f"needs.{name}.result == 'success'" for name in needs)
        condition = f"${{{{ !cancelled() && {' && '.join(ended)} && {condition} }}}}"
    return Job("judged", "What was judged", settings.runner, 5, steps, needs=needs, condition=condition)


def _comment(settings: Continuous) -> Job:
    """Run the code of the base commit, which was reviewed; the pull request reaches this job as data only."""
    environment = {
        "CHECK": "${{ needs.check.result }}",
        "AFFECTED": "${{ needs.affected.result }}",
        "PIPELINE": "${{ needs.pipeline.result }}",
        "JUDGE": "${{ needs.judge.result }}",
        "COMMIT": "${{ github.event.pull_request.head.sha }}",
        "BASE": "${{ github.event.pull_request.base.sha }}",
        "MLOPS_NEEDS": "${{ toJSON(needs) }}",
    }
    fetched: dict[str, str | int | bool] = {
        "path": "evidence",
        "pattern": "{plan,report-*,verdict-*}",
        "digest-mismatch": "error",
    }
    token = {"GITHUB_TOKEN": "${{ github.token }}", "NUMBER": "${{ github.event.pull_request.number }}"}
    steps = (
        *set_up(settings, environment["BASE"]),
        Step("Fetch the evidence", uses="actions/download-artifact", inputs=fetched),
        Step("Write the report", run=_COMMENT + '>> "$GITHUB_STEP_SUMMARY"\n', environment=environment),
        Step(
            "Post it as a comment",
            run=_COMMENT + '--post --pull-request "$NUMBER" > /dev/null\n',
            environment=environment | token,
            # a fork's token can only read: there the summary is the report
            condition="github.event.pull_request.head.repo.full_name == github.repository",
        ),
    )
    return Job(
        "comment",
        "Comment",
        settings.runner,
        15,
        steps,
        (READ, Permission("pull-requests", "write", "to keep the one comment up to date")),
        needs=("check", "affected", "pipeline", "judge"),
        condition="${{ !cancelled() && github.event_name == 'pull_request' }}",
    )


def _verdict(settings: Continuous) -> Job:
    """Depend on what judges, not on what tells: a comment that could not be posted blocks nobody.

    The judge is never skipped: that nothing is affected is its own to say, not the change's.
    """
    needs = ("check", "affected", "pipeline", "judge")
    steps = (verdict(needs, {"pipeline": '.affected.outputs.count == "0"'}),)
    return Job("verdict", "verdict", settings.runner, 5, steps, needs=needs, condition="always()")
