"""The workflow of the main branch: what was merged is registered, and proposed where it may go live."""

from __future__ import annotations

from mlops.lower.workflows.shared import (
    fetch,
    head,
    on_main,
    permissions,
    propose,
    signed_in,
    trusted,
)
from mlops.plan.workflow import Job, Step, Workflow
from mlops.spec.project import Project

# A bundle is new where the merge brought its report, or changed what it is made from and left the making to CI; a
# dispatch, or a first push, takes them all. 2 is a plan beyond its budget: it was merged all the same.
_FIND = """\
if [ -n "$BEFORE" ] && git cat-file -e "$BEFORE^{commit}" 2> /dev/null; then
  reports=$(git diff --name-only --diff-filter=d "$BEFORE" HEAD -- 'pipelines/*/reports/bundle.json')
  code=0
  plan=$(.venv/bin/mlops plan --base "$BEFORE" -o json) || code=$?
  if [ "$code" != 0 ] && [ "$code" != 2 ]; then exit "$code"; fi
  affected=$(jq -r '.affected[]' <<< "$plan")
else
  reports=$(git ls-files 'pipelines/*/reports/bundle.json')
  affected=
fi
names=$( (echo "$reports" | cut -d / -f 2; echo "$affected") | sort -u | tr '\\n' ' ' | sed 's/^ *//; s/ *$//')
echo "names=$names" >> "$GITHUB_OUTPUT"
"""

# Whoever merged may have left the training to CI; what was trained at home is here and nothing runs.
_MAKE = """\
for name in $PIPELINES; do .venv/bin/mlops run "$name"; done
"""

_VERIFY = """\
for name in $PIPELINES; do .venv/bin/mlops verify "$name"; done
"""

_REGISTER = """\
for name in $PIPELINES; do .venv/bin/mlops register "$name"; done
"""

_PROPOSE = """\
for environment in $ENVIRONMENTS; do
  for name in $PIPELINES; do .venv/bin/mlops release "$name" --env "$environment" --propose; done
done
"""


def lower_main(project: Project) -> Workflow:
    """Decide the workflow that follows a merge; runs wait for each other, and each takes up the newest commit."""
    settings = project.ci
    environments = [name for name, environment in project.environments.items() if environment.propose]
    new = "steps.find.outputs.names != ''"
    names = {"PIPELINES": "${{ steps.find.outputs.names }}"}
    steps: tuple[Step, ...] = (
        *head(settings),
        Step("Compare the compiled files", run=".venv/bin/mlops compile --check"),
        Step("Find the new bundles", run=_FIND, environment={"BEFORE": "${{ github.event.before }}"}, identity="find"),
        fetch(settings, names, new),
        Step("Make what is stale", run=_MAKE, environment=names, condition=new),
        Step("Verify the recorded runs", run=_VERIFY, environment=names, condition=new),
        signed_in(settings.cloud, Step("Register", run=_REGISTER, environment=names, condition=new)),
    )
    if environments:
        places = {"ENVIRONMENTS": " ".join(environments)}
        steps += propose(settings, "Propose the releases", _PROPOSE, names | places, new)
    job = Job(
        "register",
        "Register and propose",
        settings.runner,
        settings.timeout,
        steps,
        permissions(settings, proposes=bool(environments)),
        condition=on_main(settings),
        environment=trusted(settings, proposes=bool(environments)),
    )
    return Workflow(
        name="mlops-main",
        title="Main",
        triggers={"push": {"branches": [settings.branch]}, "workflow_dispatch": {}},
        concurrency="mlops-main",
        cancel="",
        jobs=(job,),
    )
