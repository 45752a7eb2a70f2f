"""Whose code judges what was merged: the commit that main was at before it, with what was merged beside it as data."""

from __future__ import annotations

from dataclasses import replace

from mlops.compiler.github.beside import CHANGE
from mlops.compiler.github.common_steps import READ, head, on_main
from mlops.compiler.github.credentials import holding
from mlops.compiler.github.identity import signed_in
from mlops.compiler.github.workflow import Job, Step
from mlops.configuration.ci import Continuous

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

# Nothing is laid out by DVC, which writes wherever a list of files in the remote says.
_FETCH = f"""\
read -r -a names <<< "$PIPELINES"
if ! .venv/bin/mlops judge "${{names[@]}}" --change {CHANGE} --fetch; then
  echo '::warning title=Not all data was fetched::what the DVC remote does not give is judged as if it were not there'
fi
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


def fetch(settings: Continuous, names: dict[str, str], condition: str = "") -> Step:
    """Bring the data, and the bundles that locks record, from the judge's remote; what it lacks is told."""
    step = Step("Fetch the data", run=_FETCH, environment=names, condition=condition)
    return holding(settings, signed_in(settings.cloud, step), "remote")


def called_beside(*steps: Step) -> tuple[Step, ...]:
    """Let steps call the judge's program in the folder where the change lies."""
    return tuple(
        replace(step, run=_CALLED + step.run.replace(".venv/bin/", "../.venv/bin/")) if step.run else step
        for step in steps
    )
