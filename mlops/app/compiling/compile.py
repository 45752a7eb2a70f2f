"""Compile: what the YAML says, as DVC stages and workflows on disk."""

from __future__ import annotations

from dataclasses import dataclass

from mlops.app.compiling.unchanged import remember
from mlops.app.compiling.uncollected import uncollected
from mlops.app.language.findings import refuse_errors
from mlops.app.workspace import Workspace
from mlops.backends.registry import render
from mlops.backends.text import MARK
from mlops.files.generated import Difference, compare, write

PLACES = (
    "pipelines/*/dvc.yaml",
    "pipelines/*/params.yaml",
    "pipelines/*/.gitignore",
    ".github/workflows/mlops-*.yml",
    ".github/workflows/.gitattributes",
    ".github/CODEOWNERS",
    ".github/gates/*.yaml",
    ".github/dependabot.yml",
)


@dataclass(frozen=True)
class Compiled:
    """What a compile did: the files it covers and those it touched."""

    files: tuple[str, ...]
    touched: tuple[str, ...]


@uncollected()
def compile_files(workspace: Workspace) -> Compiled:
    """Write every compiled file that differs; remove those nothing asks for.

    Raises:
        ConfigurationError: a rule finds an error; nothing is written then.
    """
    refuse_errors(workspace)
    files = render(workspace.plan)
    touched = write(workspace.root, files, mark=MARK, places=PLACES)
    remember(workspace.root, workspace.plan, files, mark=MARK, places=PLACES)
    return Compiled(tuple(files), touched)


@uncollected()
def check_files(workspace: Workspace) -> tuple[Difference, ...]:
    """Find compiled files that are not what the YAML says."""
    files = render(workspace.plan)
    found = compare(workspace.root, files, mark=MARK, places=PLACES)
    if not found:
        remember(workspace.root, workspace.plan, files, mark=MARK, places=PLACES)
    return found
