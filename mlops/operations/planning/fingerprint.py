"""What a plan is made of, and whether that moved since.

Only what this pipeline depends on counts: a change elsewhere in the repository blocks nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mlops import __version__
from mlops.documents.change_report import MadeOf, PipelineChange, Planned
from mlops.errors import StaleError
from mlops.files.canonical import digest_file, digest_json
from mlops.operations.dvc.lock import md5_tree
from mlops.operations.external_inputs import given
from mlops.operations.git import changed_between, commit_of
from mlops.operations.workspace import Workspace
from mlops.plan.pipeline import PipelinePlan


def policy_digest(workspace: Workspace) -> str:
    """Name the policy by what it says."""
    return digest_json(workspace.policy.model_dump(mode="json"))


def made_of(root: Path, pipeline: PipelinePlan, champion: str | None) -> MadeOf:
    """Freeze what a pipeline's run will depend on: all that is compiled, the live model, the files it reads."""
    compiled = [[stage.name, stage.command, list(stage.inputs), stage.section] for stage in pipeline.stages]
    read = {path for paths in given(pipeline).values() for path in paths}
    files = {path: _file(root / pipeline.folder / path) for path in sorted(read)}
    return MadeOf(digest_json(compiled), champion, files)


def hold(workspace: Workspace, planned: Planned, name: str) -> PipelineChange:
    """Check that a saved plan still stands for a pipeline, and give its part.

    Raises:
        StaleError: names everything that moved.
    """
    part = next((change for change in planned.pipelines if change.name == name), None)
    if part is None:
        raise StaleError(f"{name}: the plan knows no such pipeline", hint="mlops plan -o json > plan.json")
    moved = [*_everywhere(workspace, planned, name), *_here(workspace, part)]
    if moved:
        listed = "\n".join(f"  {sentence}" for sentence in moved)
        raise StaleError(f"{name}: the plan is stale\n{listed}", hint="look again: mlops plan -o json > plan.json")
    return part


def _everywhere(workspace: Workspace, planned: Planned, name: str) -> Iterator[str]:
    if planned.tool != __version__:
        yield f"mlops is {__version__}, the plan was made by {planned.tool}"
    if planned.policy != policy_digest(workspace):
        yield "conf/policy.yaml says something else now"
    if planned.base is None or planned.reference is None:
        return
    now = commit_of(workspace.root, planned.reference)
    if now != planned.base:
        live = f"conf/release/{workspace.project.live}/{name}.yaml"
        own = (f"pipelines/{name}", f"conf/pipeline/{name}.yaml", live, "conf/policy.yaml")
        for path in sorted(changed_between(workspace.root, planned.base, now, own)):
            yield f"{planned.reference} moved from {planned.base[:8]} to {now[:8]}, and {path} with it"


def _here(workspace: Workspace, part: PipelineChange) -> Iterator[str]:
    frozen, now = (
        part.made_of,
        made_of(workspace.root, workspace.pipeline(part.name), workspace.champions.get(part.name)),
    )
    if frozen is None:
        return
    if frozen.champion != now.champion:
        yield f"the live model is {_short(now.champion)}, it was {_short(frozen.champion)}"
    elif frozen.compiled != now.compiled:
        yield "what the YAML compiles to is something else now"
    for path in sorted({*frozen.files, *now.files}):
        if frozen.files.get(path) != now.files.get(path):
            yield f"pipelines/{part.name}/{path} changed"


def _short(digest: str | None) -> str:
    return "none" if digest is None else digest[:19]


def _file(path: Path) -> str:
    if path.is_dir():
        return md5_tree(path) or "absent"
    return digest_file(path) if path.is_file() else "absent"
