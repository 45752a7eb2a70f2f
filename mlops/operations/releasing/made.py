"""`mlops adopt --made`: what another job of this run made of a pipeline, held against this commit before it is here.

That job ran the pipeline's own code, so what it left is data, and is believed no more than what a pull request's run
left: the same is held against the same.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from mlops.bundle.store import Store
from mlops.errors import InfrastructureError
from mlops.operations.auditing.enter import enter_verdict
from mlops.operations.judging.judged import hold, lay_out, put
from mlops.operations.live.bundles import STORE
from mlops.operations.releasing.adopt import Adopted, refuse_uncommitted
from mlops.operations.releasing.adopted import noted
from mlops.operations.reviewing.artifacts import digest
from mlops.operations.workspace import open_workspace


def take_made(root: Path, name: str, folder: Path) -> Adopted:
    """Put what a job left of a pipeline, in a folder of its name below `folder`, into the work tree.

    Raises:
        InfrastructureError: nothing is there, or it was made of something else than what this commit holds.
        IntegrityError: it does not agree with itself, or holds a link; nothing of it is kept.
        ConfigurationError: there are results here that nobody committed.
    """
    workspace = open_workspace(root, (name,))
    pipeline = workspace.pipeline(name)
    if not (folder / name).is_dir():
        raise InfrastructureError(f"{folder / name} is not here", hint=f"mlops run {name}")
    refuse_uncommitted(root, pipeline)
    digest(folder / name)  # for what it refuses
    with tempfile.TemporaryDirectory(prefix="mlops-made-") as temporary:
        place = Path(temporary)
        shutil.copytree(folder / name, place / "left" / name, symlinks=True)
        left = lay_out(place / "left" / name, place / "work", pipeline)
        contents = hold(workspace, left, None)
        put(root, left)
    enter_verdict(root, name)  # the job that made it may not write here: its record is proposed with the entry
    Store(root / STORE).put(root / pipeline.folder / "artifacts" / "bundle")
    note = noted(root, pipeline)
    return Adopted(name, "made", contents.digest, None if note is None else note.judged)
