"""remote-nobody-writes: what CI makes is kept by the registry alone.

What: a project has environments, and no job of the main branch can push to its DVC remote.
Why: a bundle that CI made is then in the registry and nowhere else: going back to it needs that server, and what it was
    tested on cannot be looked at again.
Fix: `ci: {writer: {kind: aws | gcp | azure, ...}}` in conf/project.yaml, a role that may add to the bucket;
    `mlops doctor --trust mlops-main --writer` prints what it must ask of a job. A store without roles takes a key:
    `ci: {secrets: {AWS_ACCESS_KEY_ID: remote, AWS_SECRET_ACCESS_KEY: remote}}`.
Example: a remote `s3://shop/models` and neither `ci.writer` nor `ci.cloud` nor such secrets.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlops.compiler.rules.finding import Finding
from mlops.configuration.reach import is_address, unwritable
from mlops.plan.pipeline import Plan


def check(plan: Plan) -> Iterator[Finding]:
    """Find a remote that the job which follows a merge cannot push to; that there is none is another finding."""
    if not plan.remote or not is_address(plan.remote):
        return
    calls = [call for job in plan.ci.jobs for call in job.calls]
    for push in (call for call in calls if "mlops record" in call.run and "--push" in call.run):
        why = unwritable(plan.remote, signed_in="mlops identity" in push.run, secrets=push.secrets)
        if why is not None:
            message = f"what CI makes is kept by the registry alone: {why}"
            hint = (
                "write `ci: {writer: {kind: ...}}` in conf/project.yaml, or `ci: {secrets: {NAME: remote}}` for a key, "
                "or keep data and models in s3, gs or azure"
            )
            yield Finding(("ci",), message, hint, "remote-nobody-writes")
