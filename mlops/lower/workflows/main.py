"""The workflow of the main branch: what was merged is registered, recorded, and proposed where it may go live."""

from __future__ import annotations

from mlops.lower.workflows.credentials import holding
from mlops.lower.workflows.identity import signed_in, writing
from mlops.lower.workflows.shared import (
    fetch_data,
    fetch_if_there,
    head,
    on_main,
    permissions,
    propose,
    trusted,
)
from mlops.lower.workflows.signing import identified_to_sign, sign_steps
from mlops.plan.workflow import Job, Step, Workflow
from mlops.spec.credentials import RELEASING
from mlops.spec.project import Project

# A bundle is new where the merge brought its report, or changed what it is made from and left the making to CI; a
# dispatch, or a first push, takes all that have a report or were never made as they stand: what an earlier run left
# undone is taken up by the next. 2 is a plan beyond its budget: it was merged all the same.
_FIND = """\
if [ -n "$BEFORE" ] && git cat-file -e "$BEFORE^{commit}" 2> /dev/null; then
  reports=$(git diff --name-only --diff-filter=d "$BEFORE" HEAD -- 'pipelines/*/reports/bundle.json')
  set -- --base "$BEFORE"
else
  reports=$(git ls-files 'pipelines/*/reports/bundle.json')
  set --
fi
code=0
plan=$(.venv/bin/mlops plan "$@" -o json) || code=$?
if [ "$code" != 0 ] && [ "$code" != 2 ]; then exit "$code"; fi
affected=$(jq -r '(.affected - (.verified // []))[]' <<< "$plan")
names=$( (echo "$reports" | cut -d / -f 2; echo "$affected") | sort -u | tr '\\n' ' ' | sed 's/^ *//; s/ *$//')
echo "names=$names" >> "$GITHUB_OUTPUT"
"""

# The bundle that was judged is taken over by its digest, and nothing is trained. 6 is one that cannot be had, 5 one
# that is not what its job made: of neither is anything kept, and it is made again from what was reviewed.
_TAKE = """\
taken=
gone=
for name in $PIPELINES; do
  code=0
  .venv/bin/mlops adopt "$name" || code=$?
  case "$code" in
    0) taken="$taken $name" ;;
    5) echo "::warning title=$name: an artifact was refused::it is not what its job made: $name is made again here" ;;
    6) echo "::notice title=$name is made again here::what its pull request judged cannot be had" ;;
    *) exit "$code" ;;
  esac
  if [ "$code" != 0 ]; then gone="$gone $name"; fi
done
printf '%s\\n' "taken=${taken# }" "gone=${gone# }" >> "$GITHUB_OUTPUT"
"""

_MAKE = """\
made=
failed=
for name in $PIPELINES; do
  code=0
  .venv/bin/mlops run "$name" || code=$?
  if [ "$code" = 0 ]; then made="$made $name"; else failed="$failed $name"; fi
done
printf '%s\\n' "made=${made# }" "failed=${failed# }" >> "$GITHUB_OUTPUT"
"""

# Nothing is registered on the word of a check: rows and scores are made again here, and judged by the rules of the base
# too: that of the push, else the commit before the last one that brought something of the pipeline.
_JUDGE = """\
passed=
failed=
for name in $PIPELINES; do
  base=$BEFORE
  if ! git cat-file -e "$base^{commit}" 2> /dev/null; then
    base=$(git log -1 --first-parent --format=%P -- "pipelines/$name" | cut -d ' ' -f 1)
  fi
  code=0
  .venv/bin/mlops gate "$name" --base "${base:-HEAD}" --explain -o md >> "$GITHUB_STEP_SUMMARY" || code=$?
  if [ "$code" = 0 ]; then passed="$passed $name"; else failed="$failed $name"; fi
done
printf '%s\\n' "passed=${passed# }" "failed=${failed# }" >> "$GITHUB_OUTPUT"
"""

_REFUSE = """\
for name in $PIPELINES; do
  echo "::error title=$name is not registered::it did not pass, or could not be made again here; nothing went live"
  {
    echo "**$name is not registered.** What its data and its bundle come to here did not pass, is not what was"
    echo 'recorded, or could not be made: the log of the step that made or judged it says why. What is live stays so.'
    echo "Run this workflow again; or train it at home (\\`mlops run $name\\`), \\`dvc push\\`, and bring its"
    echo "\\`dvc.lock\\` and reports by a pull request."
  } >> "$GITHUB_STEP_SUMMARY"
done
exit 1
"""

_UNFIT = """\
for name in $PIPELINES; do
  echo "::error title=$name is not registered::beside what is live now it does not pass, or cannot be judged"
  {
    echo "**$name is not registered.** Beside what is live by now it does not pass, or that cannot be told: the log of"
    echo "the step that registers says why. What is live stays live. Repair the model, or \\`mlops waive $name\\`;"
    echo "where something did not answer, run this workflow again."
  } >> "$GITHUB_STEP_SUMMARY"
done
exit 1
"""

_NAMES, _TAKEN, _GONE = "find.outputs.names", "take.outputs.taken", "take.outputs.gone"
_MADE, _UNMADE = "make.outputs.made", "make.outputs.failed"
_PASSED, _FAILED = "judge.outputs.passed", "judge.outputs.failed"
_REGISTERED, _REFUSED = "register.outputs.registered", "register.outputs.unfit"
_SOME_UNFIT = f"${{{{ !cancelled() && steps.{_REFUSED} != '' }}}}"
_SOME_FAILED = f"${{{{ !cancelled() && (steps.{_UNMADE} != '' || steps.{_FAILED} != '') }}}}"

_VERIFY = """\
for name in $PIPELINES; do .venv/bin/mlops verify "$name"; done
"""

# Rules over the live model are judged again, beside what is live by now: 2 and 7 are verdicts on that one pipeline, 6
# is one that cannot be given. None of them stops another.
_REGISTER = """\
registered=
unfit=
for name in $PIPELINES; do
  code=0
  .venv/bin/mlops register "$name" || code=$?
  case "$code" in
    0) registered="$registered $name" ;;
    2 | 6 | 7) unfit="$unfit $name" ;;
    *) exit "$code" ;;
  esac
done
printf '%s\\n' "registered=${registered# }" "unfit=${unfit# }" >> "$GITHUB_OUTPUT"
"""

_PUSH = """\
for name in $PIPELINES; do .venv/bin/mlops record "$name" --push; done
"""

# What Git does not record is proposed first, and its release once that is merged.
_PROPOSE = """\
for name in $PIPELINES; do
  said=$(.venv/bin/mlops record "$name" -o json)
  echo "$said"
  if [ "$(jq -r '.[].state' <<< "$said")" = recorded ]; then
    for environment in $ENVIRONMENTS; do
      .venv/bin/mlops release "$name" --env "$environment" --propose
    done
  fi
done
"""


def _listed(*outputs: str) -> dict[str, str]:
    """Hand a step the names that steps before it told."""
    return {"PIPELINES": " ".join(f"${{{{ steps.{one} }}}}" for one in outputs)}


def lower_main(project: Project) -> Workflow:
    """Decide the workflow that follows a merge; runs wait for each other, and each takes up the newest commit."""
    settings = project.ci
    environments = [name for name, environment in project.environments.items() if environment.propose]
    names, gone, fit, unfit = (_listed(one) for one in (_NAMES, _GONE, _PASSED, _REFUSED))
    here, failed = _listed(_TAKEN, _MADE), _listed(_UNMADE, _FAILED)
    found, absent, passed = f"steps.{_NAMES} != ''", f"steps.{_GONE} != ''", f"steps.{_PASSED} != ''"
    made = f"steps.{_TAKEN} != '' || steps.{_MADE} != ''"
    before = {"BEFORE": "${{ github.event.before }}"}
    token = {"GITHUB_TOKEN": "${{ github.token }}"}
    register = Step("Register", run=_REGISTER, environment=fit, identity="register", condition=passed)
    take = Step("Take over what was judged", _TAKE, environment=names | token, identity="take", condition=found)
    steps: tuple[Step, ...] = (
        *head(settings),
        Step("Compare the compiled files", run=".venv/bin/mlops compile --check"),
        Step("Find the new bundles", run=_FIND, environment=before, identity="find"),
        fetch_data(settings, names, found),
        holding(settings, signed_in(settings.cloud, take), *RELEASING),
        fetch_if_there(settings, gone, absent),
        Step("Make the others", _MAKE, environment=gone, identity="make", condition=absent),
        Step("Verify the recorded runs", run=_VERIFY, environment=here, condition=made),
        Step("Judge again", _JUDGE, environment=here | before, identity="judge", condition=made),
        holding(settings, signed_in(settings.cloud, register), *RELEASING),
    )
    known, new = {"PIPELINES": f"${{{{ steps.{_REGISTERED} }}}}"}, f"steps.{_REGISTERED} != ''"
    places = {"ENVIRONMENTS": " ".join(environments)}
    push = Step("Push what Git does not hold", run=_PUSH, environment=known, condition=new)
    steps += (
        *sign_steps(settings, known, new),
        writing(settings, push),
        *propose(settings, "Propose the records and the releases", _PROPOSE, known | places, new, RELEASING),
        Step("Say what is not registered", run=_REFUSE, environment=failed, condition=_SOME_FAILED),
        Step("Say what was not registered beside what is live", run=_UNFIT, environment=unfit, condition=_SOME_UNFIT),
    )
    job = Job(
        "register",
        "Register and propose",
        settings.runner,
        settings.timeout,
        steps,
        identified_to_sign(settings, permissions(settings, proposes=True, adopts=True)),
        condition=on_main(settings),
        environment=trusted(settings, steps, writes=bool(settings.writer or settings.signing)),
    )
    return Workflow(
        name="mlops-main",
        title="Main",
        triggers={"push": {"branches": [settings.branch]}, "workflow_dispatch": {}},
        concurrency="mlops-main",
        cancel="",
        jobs=(job,),
    )
