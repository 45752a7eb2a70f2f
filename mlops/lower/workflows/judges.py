"""Whose code judges what was merged: the commit that main was at before it, with what was merged beside it as data."""

from __future__ import annotations

from dataclasses import replace

from mlops.lower.workflows.beside import CHANGE
from mlops.lower.workflows.shared import READ, head, on_main, set_up
from mlops.plan.workflow import Job, Step
from mlops.spec.project import Continuous

JUDGE = "${{ needs.before.outputs.judge }}"
"""The commit whose code judges, for a job that needs `before`."""
COMMIT = "${{ needs.before.outputs.commit }}"
"""The commit that is judged: all jobs of a run look at the same one."""

# A push tells what main was before it. Somebody who starts this by hand has the same judge as the last push had, which
# GitHub keeps: a push may bring several commits, so `HEAD^1` may be part of what is judged. Whoever moved main with
# force has no commit before it that judges.
# https://docs.github.com/en/rest/repos/repos#list-repository-activities
_BEFORE = """\
commit=$(git rev-parse HEAD)
judge=$BEFORE
if [ -z "$judge" ]; then
  asked="$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/activity?ref=$GITHUB_REF&per_page=100"
  curl='curl --silent --show-error --fail --retry 3 --max-time 60 --header @-'
  told=$($curl "$asked" <<< "Authorization: Bearer $GITHUB_TOKEN") || told='[]'
  judge=$(jq --raw-output --arg commit "$commit" 'map(select(.after == $commit))[0].before // ""' <<< "$told")
fi
if [ -z "$judge" ]; then
  echo "::error title=Nobody can judge::GitHub does not say what main was before $commit: run the last push's run again"
  exit 6
fi
first=
known=$(git rev-list --max-count=1 "$judge" -- conf/project.yaml 2> /dev/null) || known=
if [ "$judge" = 0000000000000000000000000000000000000000 ]; then
  first=yes
elif ! git merge-base --is-ancestor "$judge" "$commit" 2> /dev/null; then
  echo "::error title=Nobody can judge::$judge, which main was before, is not in its history: merge anything"
  exit 4
elif ! git cat-file -e "$judge:conf/project.yaml" 2> /dev/null; then
  if [ -n "$known" ]; then
    echo "::error title=Nobody can judge::$judge, which main was before, lost its conf/project.yaml: merge anything"
    exit 7
  fi
  first=yes
fi
if [ "$first" ]; then
  judge=$commit
  echo '::notice title=The first one judges itself::main had no conf/project.yaml before: this judges the next'
fi
printf '%s\\n' "commit=$commit" "judge=$judge" >> "$GITHUB_OUTPUT"
"""

# What the change tracks under these names is none of the judge's: nothing of it is followed, or run. What its install
# left is: digests of its own code, which are named by its bytes.
_PLACE = f"""\
if [ -n "$(git -C {CHANGE} ls-files -- .venv .mlops)" ]; then
  echo '::error title=Not judged::main tracks .venv or .mlops, which are no files of a repository: remove them'
  exit 5
fi
for own in .dvc .mlops; do
  rm -rf "{CHANGE}/$own"
  if [ -d "$own" ]; then cp -R "$own" "{CHANGE}/$own"; fi
done
"""

# The judge's program, called where the change lies; none that it starts imports what lies there.
_CALLED = f"""\
cd {CHANGE}
export PYTHONSAFEPATH=1
"""


def before(settings: Continuous) -> Job:
    """Say which commit judges and which is judged, having run nobody's code."""
    checkout, *_ = head(settings)
    environment = {"BEFORE": "${{ github.event.before }}", "GITHUB_TOKEN": "${{ github.token }}"}
    find = Step("Find what main was before", run=_BEFORE, environment=environment, identity="before")
    outputs = {name: f"${{{{ steps.before.outputs.{name} }}}}" for name in ("commit", "judge")}
    title = "Whose code judges"
    condition = on_main(settings)
    return Job("before", title, settings.runner, 15, (checkout, find), (READ,), condition=condition, outputs=outputs)


def beside_judge(settings: Continuous) -> tuple[Step, ...]:
    """Check out the judge and install what it pins; then what was merged, into a folder of its own, as data."""
    inputs: dict[str, str | int | bool] = {
        "ref": COMMIT,
        "path": CHANGE,
        "fetch-depth": 0,
        "persist-credentials": False,
    }
    return (
        *set_up(settings, JUDGE, history=True),
        Step("Check out what was merged beside it", uses="actions/checkout", inputs=inputs),
        Step("Put it in its place", run=_PLACE),
    )


def called_beside(*steps: Step) -> tuple[Step, ...]:
    """Let steps call the judge's program in the folder where the change lies."""
    return tuple(
        replace(step, run=_CALLED + step.run.replace(".venv/bin/", "../.venv/bin/")) if step.run else step
        for step in steps
    )
