"""Compile: what the YAML says, as DVC stages and workflows on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mlops.compiler.files import PLACES, render
from mlops.files.compiled_text import MARK
from mlops.files.generated import Difference, compare, left_over, write
from mlops.files.without_gc import uncollected
from mlops.operations.compiling.findings import refuse_errors
from mlops.operations.compiling.gone import IGNORED, Left, left
from mlops.operations.compiling.noop_compile import remember
from mlops.operations.workspace import Workspace


@dataclass(frozen=True)
class Compiled:
    """What a compile did: the files it covers, those it touched, and folders of pipelines that are gone."""

    files: tuple[str, ...]
    touched: tuple[str, ...]
    left: tuple[Left, ...] = ()


@uncollected()
def compile_files(workspace: Workspace) -> Compiled:
    """Write every compiled file that differs; remove those nothing asks for.

    What a pipeline that is gone had made stays, and with it the .gitignore by which Git does not see data and models.

    Raises:
        ConfigurationError: a rule finds an error; nothing is written then.
    """
    refuse_errors(workspace)
    files = render(workspace.plan)
    touched = write(workspace.root, files, mark=MARK, places=PLACES)
    ignored = left_over(workspace.root, files, mark=MARK, places=(IGNORED,))
    remains = left(workspace.root, ignored, {pipeline.name for pipeline in workspace.plan.pipelines})
    needless = [path for path in ignored if path.rpartition("/")[0] not in {each.folder for each in remains}]
    for path in needless:
        (workspace.root / path).unlink()
    _remember(workspace, files)
    return Compiled(tuple(files), tuple(sorted((*touched, *needless))), remains)


@uncollected()
def check_files(workspace: Workspace) -> tuple[Difference, ...]:
    """Find compiled files that are not what the YAML says."""
    files = render(workspace.plan)
    found = compare(workspace.root, files, mark=MARK, places=PLACES)
    if not found:
        _remember(workspace, files)
    return found


def _remember(workspace: Workspace, files: Mapping[str, str]) -> None:
    """Keep what was compiled, but where plug-ins count: what is installed of them is looked at each time."""
    if not workspace.policy.plugins:
        remember(workspace.root, workspace.plan, files, mark=MARK, places=PLACES)
