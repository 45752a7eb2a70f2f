"""`orchestrate/argo/<pipeline>.yaml`: an Argo Workflow whose tasks are the stages, each run by `mlops run --stage`.

It decides nothing, as the DAG for Airflow: stages of one pipeline write one `dvc.lock`, so they stand in a row, and no
two runs of a pipeline take turns. Image and volume are parameters without a value: those of a cluster are told to it.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlops.backends.backend import backend
from mlops.files.compiled_text import Value, document, given
from mlops.plan.pipeline import PipelinePlan, Plan

_CHECKOUT = "/checkout"  # with its .venv, which was made under this path
_LONGEST = 50  # characters of a name that Kubernetes makes longer

# Names are all that comes from the YAML: no text of it is read for `{{...}}`. No `retryStrategy`: a verdict is not
# mended by another try.
_CONTAINER: dict[str, Value] = {
    "image": "{{workflow.parameters.image}}",
    "workingDir": _CHECKOUT,
    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    "volumeMounts": [{"name": "checkout", "mountPath": _CHECKOUT}],
}


def render(plan: Plan) -> dict[str, str]:
    """Write a workflow for each pipeline."""
    return {
        f"orchestrate/argo/{pipeline.name}.yaml": document(pipeline.source, _workflow(plan.project, pipeline))
        for pipeline in plan.pipelines
    }


def _workflow(project: str, pipeline: PipelinePlan) -> dict[str, Value]:
    name = _dns(f"{project}-{pipeline.name}")
    command = [".venv/bin/mlops", "run", pipeline.name, "--stage", "{{inputs.parameters.stage}}"]
    stage: dict[str, Value] = {"name": "stage", "inputs": {"parameters": [{"name": "stage"}]}}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"generateName": f"{name}-"},
        "spec": {
            "entrypoint": "stages",
            "arguments": {"parameters": [{"name": "image"}, {"name": "claim"}]},
            "synchronization": {"mutexes": [{"name": name}]},
            "volumes": [
                {"name": "checkout", "persistentVolumeClaim": {"claimName": "{{workflow.parameters.claim}}"}},
            ],
            "templates": [
                {"name": "stages", "dag": {"tasks": list(_tasks([stage.name for stage in pipeline.stages]))}},
                {**stage, "container": {"command": command, **_CONTAINER}},
            ],
        },
    }


def _tasks(stages: list[str]) -> Iterator[dict[str, Value]]:
    """List the stages in a row; a task's name has no underscore, and a number keeps two of them apart."""
    named = [f"{number}-{stage.replace('_', '-')}" for number, stage in enumerate(stages, 1)]
    for before, name, stage in zip((None, *named), named, stages, strict=False):
        arguments = {"parameters": [{"name": "stage", "value": stage}]}
        yield given(name=name, template="stage", depends=before, arguments=arguments)


def _dns(name: str) -> str:
    return name.lower().replace("_", "-")[:_LONGEST].rstrip("-")


KIND = backend(
    __name__,
    __doc__,
    render,
    asked="orchestrate",
    called="Argo Workflows",
    places=("orchestrate/argo/*.yaml",),
    reviewed=("/orchestrate/",),
)
