"""place-of-one-machine: what is live would be recorded where the next job cannot look.

What: a project has environments or monitors, and its DVC remote or its tracking URI is no address: none at all, a path,
    an SQLite file. Or a batch (`deploy: {NAME: {kind: batch}}`) reads or writes in the checkout.
Why: GitHub makes a machine for each job and throws it away. What one job registers there, the next does not find: no
    release would ever be live. On a machine that you keep (`ci.runner`), an absolute path will do.
Fix: `dvc remote add -d storage s3://...`, and `tracking: {uri: https://...}` in conf/project.yaml; for a batch,
    `output: s3://bucket/folder`. To try releases on one machine alone: `ci: {kind: none}` in conf/project.yaml.
Example: `environments: {prod: {}}` with `tracking: {uri: "sqlite:///.mlops/mlflow.db"}`.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlops.compiler.rules.finding import Finding
from mlops.configuration.reach import is_address, is_server, stays
from mlops.configuration.runner import own
from mlops.files.remote_folder import is_address as is_remote
from mlops.plan.pipeline import Plan

_ALONE = "or, to try it on this machine alone, `ci: {kind: none}`"


def check(plan: Plan) -> Iterator[Finding]:
    """Find a remote, and a registry, that jobs which build on each other would not share."""
    jobs = [job for job in plan.ci.jobs if job.builds]
    if not jobs or plan.remote is None:
        return
    kept = all(own(job.runner) for job in jobs)
    if not (is_address(plan.remote) or (kept and stays(plan.remote))):
        said = f"{plan.remote} is a place of one machine" if plan.remote else ".dvc/config names none"
        hint = f"dvc remote add -d storage URL, then dvc remote modify storage verify true; {_ALONE}"
        message = f"environments and monitors need a DVC remote that every job reaches, and {said}"
        yield Finding(("environments",), message, hint, "place-of-one-machine", "error")
    if not (is_server(plan.tracking) or (kept and stays(plan.tracking))):
        message = f"environments and monitors need a registry that every job reaches, and {plan.tracking} is a file"
        hint = f"write `tracking: {{uri: https://...}}` in conf/project.yaml; {_ALONE}"
        yield Finding(("tracking", "uri"), message, hint, "place-of-one-machine", "error")
    for pipeline in plan.pipelines:
        for target, key, place in pipeline.batches:
            if is_remote(place) and (kept or not place.startswith("file://")):
                continue
            message = f"{place} lies on the machine of a job, which nobody reads after it"
            hint = f"write `{key}: s3://bucket/folder`" + (", or file:///folder of your machine" if kept else "")
            where = ("deploy", target, key)
            yield Finding(where, message, hint, "place-of-one-machine", "error", pipeline=pipeline.name)
