"""What the rules find in an opened repository, each finding at its place in the YAML."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from mlops.compiler.files import PLACES
from mlops.compiler.rules.finding import Finding
from mlops.compiler.rules.registry import examine
from mlops.diagnostics import Diagnostic, Position
from mlops.operations.declared.unknown_columns import with_unknown
from mlops.operations.language.keys import written
from mlops.operations.language.missing_extras import missing_extras
from mlops.operations.language.watched import watched
from mlops.operations.workspace import Workspace, refuse
from mlops.plan.pipeline import PipelinePlan


def findings(workspace: Workspace) -> tuple[Diagnostic, ...]:
    """Check a repository against every rule; sorted by place."""
    found = [finding.at(_position(workspace, finding)) for finding in examine(workspace.plan)]
    found = with_unknown(workspace.root, workspace.pipelines, found)
    return tuple(sorted({*found, *_links(workspace), *watched(workspace), *missing_extras(workspace)}))


def refuse_errors(workspace: Workspace) -> None:
    """Stop where a rule finds an error; warnings do not stop.

    Raises:
        ConfigurationError: with every error.
    """
    errors = [diagnostic for diagnostic in findings(workspace) if diagnostic.severity == "error"]
    if errors:
        raise refuse(workspace.configuration, errors)


def _position(workspace: Workspace, finding: Finding) -> Position:
    if finding.file:
        other = workspace.configuration.document(finding.file.removeprefix("conf/").removesuffix(".yaml"))
        return other.where(finding.key) if other is not None else Position(finding.file)
    key = written(finding.parameter) if finding.parameter else finding.key
    if finding.pipeline:
        return workspace.pipelines[finding.pipeline].origins.where(key)
    document = workspace.configuration.document("project")
    return document.where(key) if document is not None else Position("conf/project.yaml")


def _links(workspace: Workspace) -> list[Diagnostic]:
    """Find symbolic links on the way to what a pipeline or the compiler writes: a rule sees no disk."""
    above = {folder.as_posix() for place in PLACES for folder in PurePosixPath(place).parents}
    shared = sorted(folder for folder in above if folder != "." and "*" not in folder)
    found = [_link(path, Position("conf/project.yaml")) for path in shared if (workspace.root / path).is_symlink()]
    for pipeline in workspace.plan.pipelines:
        position = workspace.pipelines[pipeline.name].origins.where(())
        found += [_link(path, position) for path in _folders(pipeline) if _leads_away(workspace.root, path)]
    return found


def _folders(pipeline: PipelinePlan) -> tuple[str, ...]:
    outputs = {output.path.split("/", maxsplit=1)[0] for stage in pipeline.stages for output in stage.outputs}
    compiled = ("dvc.yaml", "params.yaml", "dvc.lock", ".gitignore")
    return (pipeline.folder, *(f"{pipeline.folder}/{name}" for name in (*compiled, *sorted(outputs))))


def _leads_away(root: Path, path: str) -> bool:
    place = root / path
    if not place.is_symlink():
        return False
    home = root.resolve() / path[: path.rindex("/")]
    return path.count("/") == 1 or not place.resolve().is_relative_to(home)


def _link(path: str, position: Position) -> Diagnostic:
    message = f"`{path}` is a symbolic link: what is written there would land elsewhere"
    return Diagnostic(position, message, "put a folder or file there", "path-outside")
