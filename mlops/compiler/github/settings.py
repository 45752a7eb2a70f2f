"""The settings workflow, once a week: is GitHub still set to what the other workflows rely on?"""

from __future__ import annotations

from mlops.compiler.github.common_steps import READ, cron, head, on_main, trusted
from mlops.compiler.github.workflow import Job, Step, Workflow
from mlops.configuration.project import Project

# 6 is something wrong. A workflow's own token may not read most settings, and nothing lets it: that is told, and is no
# finding each week; the App's may be let, so that what it cannot read is wrong.
_LOOK = """\
code=0
.venv/bin/mlops doctor --repo "$GITHUB_REPOSITORY" -o json > settings.json || code=$?
if [ "$code" != 0 ] && [ "$code" != 6 ]; then exit "$code"; fi
wrong='.[] | select(.verdict == "fail")'
unseen='select(.message | startswith("cannot be read"))'
{
  echo '| setting | |'
  echo '| --- | --- |'
  jq --raw-output '.[] | "| \\(.name) | \\(.verdict): \\(.message | gsub("\\\\|"; "/")) |"' settings.json
} >> "$GITHUB_STEP_SUMMARY"
if [ -z "$APP" ]; then
  names=$(jq --raw-output "[$wrong | $unseen | .name] | unique | join(\\", \\")" settings.json)
  if [ -n "$names" ]; then
    echo "::notice title=Not looked at: $names::a workflow's own token may not: set ci.app, or type mlops doctor --repo"
  fi
  wrong="$wrong | select(.message | startswith(\\"cannot be read\\") | not)"
fi
jq --raw-output "$wrong | \\"::error title=\\\\(.name)::\\\\(.message)\\"" settings.json
jq --exit-status "[$wrong] | length == 0" settings.json > /dev/null || exit 6
"""


def lower_settings(project: Project) -> Workflow:
    """Decide the workflow that looks; it changes nothing, and holds a token that may change nothing."""
    settings = project.ci
    token = {"GITHUB_TOKEN": "${{ github.token }}", "APP": ""}
    app: tuple[Step, ...] = ()
    if settings.app is not None:
        inputs: dict[str, str | int | bool] = {
            "client-id": settings.app.id,
            "private-key": f"${{{{ secrets.{settings.app.key} }}}}",
            "permission-administration": "read",
            "permission-contents": "read",
            "permission-environments": "read",
            "permission-secrets": "read",
        }
        app = (Step("Speak for the App", uses="actions/create-github-app-token", inputs=inputs, identity="app"),)
        token = {"GITHUB_TOKEN": "${{ steps.app.outputs.token }}", "APP": "yes"}
    steps = (*head(settings), *app, Step("Look at the settings", run=_LOOK, environment=token))
    job = Job(
        "settings",
        "What GitHub is set to",
        settings.runner,
        15,
        steps,
        (READ,),
        condition=on_main(settings),
        environment=trusted(settings, steps) if app else "",
    )
    return Workflow(
        name="mlops-settings",
        title="Settings",
        triggers={"schedule": [{"cron": cron(project.name, "week")}], "workflow_dispatch": {}},
        concurrency="mlops-settings",
        cancel="",
        jobs=(job,),
    )
