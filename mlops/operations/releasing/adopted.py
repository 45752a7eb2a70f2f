"""Which bundle a pull request's run judged, and whether it is the one that is here: noted until it is registered."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, ValidationError

from mlops.files.atomic import write_text
from mlops.files.canonical import digest_json, dumps
from mlops.operations.planning.fingerprint import made_of
from mlops.plan.pipeline import PipelinePlan

UNKNOWN = "unknown"
"""What stands for the digest of a bundle that was judged and that nobody can name any more."""


class Note(BaseModel, extra="forbid", frozen=True):
    """`judged` is a digest or `unknown`; `made_of` names the inputs that this is said of, `run` where it was judged.

    `statement` is the digest of what that run said of the bundle, where it is known.
    """

    schema_version: Literal[1] = 1
    judged: Annotated[str, Field(pattern=rf"^(sha256:[0-9a-f]{{64}}|{UNKNOWN})$")]
    made_of: str
    run: str = ""
    statement: str | None = None


def note(root: Path, pipeline: PipelinePlan, judged: str | None, run: str = "", statement: str | None = None) -> None:
    """Write down what was judged of a pipeline as it stands."""
    written = Note(judged=judged or UNKNOWN, made_of=_inputs(root, pipeline), run=run, statement=statement)
    write_text(_place(root, pipeline.name), dumps(written.model_dump()))


def noted(root: Path, pipeline: PipelinePlan) -> Note | None:
    """Read what was judged; None where nobody looked, or the pipeline is made of something else by now."""
    try:
        found = Note.model_validate_json(_place(root, pipeline.name).read_bytes())
    except (OSError, ValidationError):
        return None
    return found if found.made_of == _inputs(root, pipeline) else None


def _inputs(root: Path, pipeline: PipelinePlan) -> str:
    return digest_json(asdict(made_of(root, pipeline, None)))


def _place(root: Path, name: str) -> Path:
    return root / ".mlops" / "judged" / f"{name}.json"
