"""`pipelines/<name>/comparisons/<bundle>-<champion>.json`: a bundle beside the one that was live, as evidence in Git.

No stage reads or writes it, so that a release changes nothing that DVC knows of. It is made again wherever it decides.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from mlops.blocks.waiver import Waiver
from mlops.files.atomic import write_text
from mlops.files.canonical import dumps

FOLDER = "comparisons"
NOTHING = "sha256:" + "0" * 64
"""Stands for the bundle of a run whose gate let none through; such a comparison is shown and not kept."""
_LARGEST = 8 * 2**20  # bytes; a longer one was not written here
_LETTERS = 16  # of each digest; the whole digests stand in the file
_DIGEST = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class _Record(BaseModel, extra="allow", frozen=True):
    """What of a rule's result others read; the rest travels along."""

    id: str
    metric: str
    against: Literal["champion"]
    by: str | None
    slice: str | None
    value: float | None
    low: float | None
    high: float | None
    bound: float | None
    n: Annotated[int, Field(ge=0)]
    verdict: Literal["pass", "fail", "inconclusive"]
    sentence: str
    mode: Literal["block", "warn"]
    applicable: bool
    waived: Waiver | None = None


def _record(value: dict[str, Any]) -> dict[str, Any]:
    _Record.model_validate(value)
    return value


class Comparison(BaseModel, extra="forbid", frozen=True):
    """Rules over the live model, judged of one bundle by one gate; `serving` is what was measured, if anything was.

    `models` gives the metrics of `candidate` and `champion` on the rows that were compared, with their intervals;
    `left_out` counts the test rows that the live model learnt from.
    """

    schema_version: Literal[1] = 1
    pipeline: str
    bundle: _DIGEST
    champion: _DIGEST
    predictions: str
    registered: str
    rules: tuple[Annotated[dict[str, Any], AfterValidator(_record)], ...]
    left_out: Annotated[int, Field(ge=0)] = 0
    serving: dict[str, Any] | None = None
    models: dict[str, Any] = Field(default_factory=dict)

    @property
    def file(self) -> str:
        """Where it lies in the repository."""
        return file_of(self.pipeline, self.bundle, self.champion)

    def dumps(self) -> str:
        """Spell it in its one way."""
        return dumps(self.model_dump(mode="json", exclude={"serving"} if self.serving is None else None))

    def write(self, root: Path) -> None:
        """Write it where it belongs."""
        write_text(root / self.file, self.dumps())

    @classmethod
    def read(cls, root: Path, pipeline: str, bundle: str, champion: str) -> Comparison | None:
        """Read it; None where there is none that can be read: it is made again then."""
        made = _read(root / file_of(pipeline, bundle, champion))
        return made if made and (made.pipeline, made.bundle, made.champion) == (pipeline, bundle, champion) else None


def _read(path: Path) -> Comparison | None:
    try:
        return None if path.stat().st_size > _LARGEST else Comparison.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def comparisons_of(root: Path, pipeline: str, bundle: str) -> tuple[Comparison, ...]:
    """Read all comparisons of a bundle that can be read; whatever else lies there is passed over."""
    letters = bundle.removeprefix("sha256:")[:_LETTERS]
    found: list[Comparison] = []
    for path in sorted((root / "pipelines" / pipeline / FOLDER).glob(f"{letters}-*.json")):
        made = _read(path)
        if made is not None and (made.pipeline, made.bundle, root / made.file) == (pipeline, bundle, path):
            found.append(made)
    return tuple(found)


def file_of(pipeline: str, bundle: str, champion: str) -> str:
    """Name the file of two bundles.

    >>> file_of("churn", "sha256:" + "a" * 64, "sha256:" + "b" * 64)
    'pipelines/churn/comparisons/aaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb.json'
    """
    ours, theirs = (digest.removeprefix("sha256:")[:_LETTERS] for digest in (bundle, champion))
    return f"pipelines/{pipeline}/{FOLDER}/{ours}-{theirs}.json"
