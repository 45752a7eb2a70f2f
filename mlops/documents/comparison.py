"""`pipelines/<name>/comparisons/<bundle>-<champion>.json`: a bundle beside the one that was live, as evidence in Git.

No stage reads or writes it, so that a release changes nothing that DVC knows of. It is made again wherever it decides.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from mlops.documents.document import Document
from mlops.documents.figures import Figures
from mlops.documents.gate import RuleResult
from mlops.documents.serving import ServingReport
from mlops.files.atomic import write_text
from mlops.verdict import DEFERRED

FOLDER = "comparisons"
NOTHING = "sha256:" + "0" * 64
"""Stands for the bundle of a run whose gate let none through; such a comparison is shown and not kept."""
_LETTERS = 16  # of each digest; the whole digests stand in the file
_DIGEST = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


def _met(result: RuleResult) -> RuleResult:
    """Refuse what is no result over the live model, or was not judged."""
    wanted = {"id", "by", "slice", "value", "low", "high", "bound", "n", "sentence"}
    if result.against != "champion" or result.verdict == DEFERRED or not wanted <= result.model_fields_set:
        raise ValueError("this is no rule over the live model that was judged")
    return result


class Comparison(Document, extra="forbid"):
    """Rules over the live model, judged of one bundle by one gate; `serving` is what was measured, if anything was.

    `models` gives the metrics of `candidate` and `champion` on the rows that were compared, with their intervals;
    `left_out` counts the test rows that the live model learnt from.
    """

    LARGEST: ClassVar[int] = 8 << 20

    schema_version: Literal[1] = 1
    pipeline: str
    bundle: _DIGEST
    champion: _DIGEST
    predictions: str
    registered: str
    rules: tuple[Annotated[RuleResult, AfterValidator(_met)], ...]
    left_out: Annotated[int, Field(ge=0)] = 0
    serving: ServingReport | None = None
    models: Figures = Field(default_factory=dict)

    @property
    def file(self) -> str:
        """Where it lies in the repository."""
        return file_of(self.pipeline, self.bundle, self.champion)

    def write(self, root: Path) -> None:
        """Write it where it belongs."""
        write_text(root / self.file, self.dumps())

    @classmethod
    def find(cls, root: Path, pipeline: str, bundle: str, champion: str) -> Comparison | None:
        """Read that of two bundles; None where there is none that can be read: it is made again then."""
        made = cls.read(root / file_of(pipeline, bundle, champion))
        return made if made and (made.pipeline, made.bundle, made.champion) == (pipeline, bundle, champion) else None


def comparisons_of(root: Path, pipeline: str, bundle: str) -> tuple[Comparison, ...]:
    """Read all comparisons of a bundle that can be read; whatever else lies there is passed over."""
    letters = bundle.removeprefix("sha256:")[:_LETTERS]
    found: list[Comparison] = []
    for path in sorted((root / "pipelines" / pipeline / FOLDER).glob(f"{letters}-*.json")):
        made = Comparison.read(path)
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
