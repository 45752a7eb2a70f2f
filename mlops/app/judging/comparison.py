"""`pipelines/<name>/comparisons/<bundle>-<champion>.json`: a bundle beside the one that was live, as evidence in Git.

No stage reads or writes it, so that a release changes nothing that DVC knows of. It is made again wherever it decides.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlops.files.atomic import write_text
from mlops.files.canonical import dumps

FOLDER = "comparisons"
_LETTERS = 16  # of each digest; the whole digests stand in the file


@dataclass(frozen=True)
class Comparison:
    """Rules over the live model, judged of one bundle by one gate; `serving` is what was measured, if anything was.

    `models` gives the metrics of `candidate` and `champion` on the rows that were compared, with their intervals.
    """

    pipeline: str
    bundle: str
    champion: str
    predictions: str
    registered: str
    rules: tuple[dict[str, Any], ...]
    left_out: int = 0
    serving: dict[str, Any] | None = None
    models: dict[str, Any] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """Where it lies in the repository."""
        return file_of(self.pipeline, self.bundle, self.champion)

    def dumps(self) -> str:
        """Spell it in its one way."""
        document = {key: value for key, value in vars(self).items() if value is not None}
        return dumps({"schema_version": 1, **document, "rules": list(self.rules)})

    def write(self, root: Path) -> None:
        """Write it where it belongs."""
        write_text(root / self.file, self.dumps())

    @classmethod
    def read(cls, root: Path, pipeline: str, bundle: str, champion: str) -> Comparison | None:
        """Read it; None where there is none that can be read: it is made again then."""
        try:
            value = json.loads((root / file_of(pipeline, bundle, champion)).read_bytes())
            if value.pop("schema_version") != 1 or not all(isinstance(rule, dict) for rule in value["rules"]):
                return None
            made = cls(**{**value, "rules": tuple(value["rules"])})
            return made if (made.pipeline, made.bundle, made.champion) == (pipeline, bundle, champion) else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None


def file_of(pipeline: str, bundle: str, champion: str) -> str:
    """Name the file of two bundles.

    >>> file_of("churn", "sha256:" + "a" * 64, "sha256:" + "b" * 64)
    'pipelines/churn/comparisons/aaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb.json'
    """
    ours, theirs = (digest.removeprefix("sha256:")[:_LETTERS] for digest in (bundle, champion))
    return f"pipelines/{pipeline}/{FOLDER}/{ours}-{theirs}.json"
