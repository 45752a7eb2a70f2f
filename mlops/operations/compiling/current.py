"""Compiled files brought up to date by a verb that is about to go by them."""

from __future__ import annotations

import os

from mlops.compiler.files import render
from mlops.errors import StaleError
from mlops.files.compiled_text import MARK
from mlops.files.generated import compare, write
from mlops.operations.compiling.compile import check_files, compile_files
from mlops.operations.compiling.findings import refuse_errors
from mlops.operations.merging import refuse_marked
from mlops.operations.workspace import Workspace


def make_current(workspace: Workspace, names: tuple[str, ...], *, frozen: bool) -> tuple[str, ...]:
    """Write what pipelines compile to where it differs, and list the files touched; without names, of the repository.

    With names only the files in the pipelines' own folders are looked at: other people's YAML stops nobody.

    Raises:
        StaleError: something differs, and `frozen` forbids to write it; Conflicted where a merge left it so.
        ConfigurationError: a rule finds an error, or a file that somebody else wrote is in the way.
    """
    if not names:
        stale = [difference.path for difference in check_files(workspace)]
    else:
        folders = tuple(f"{workspace.pipeline(name).folder}/" for name in names)
        files = {path: text for path, text in render(workspace.plan).items() if path.startswith(folders)}
        stale = [difference.path for difference in compare(workspace.root, files, mark=MARK, places=())]
    if not stale:
        return ()
    if frozen:
        refuse_marked(workspace.root, stale)
        hint = "mlops compile, and commit what it writes; it is not done here because of --frozen, or of CI"
        raise StaleError(f"{', '.join(stale)}: not what the YAML compiles to", hint=hint)
    if not names:
        return compile_files(workspace).touched
    refuse_errors(workspace)
    return write(workspace.root, files, mark=MARK, places=())


def in_ci() -> bool:
    """Tell whether this is a job of CI, where what is compiled is committed, never made."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")
