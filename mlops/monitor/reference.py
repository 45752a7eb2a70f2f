"""What a window is compared with: the bundle itself, so that the reference changes only when the model does."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops.bundle.papers import Papers
from mlops.bundle.recipe import Recipe
from mlops.bundle.schema import RequestSchema
from mlops.documents.metrics import MetricsReport
from mlops.errors import IntegrityError
from mlops.files.canonical import digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlops.bundle.contents import Contents
    from mlops.documents.figures import Figure

_BETWEEN = 3  # version of a profile from which on edges lie between values
_ROUNDING = 5.1e-6  # relative error of an edge that was rounded to six digits


@dataclass(frozen=True)
class Reference:
    """A verified bundle as far as the monitor needs it; `score_rows` is what the scores' profile was made of.

    `metrics` are the candidate's on its test rows, where they are known.
    """

    bundle: str
    profile_digest: str
    pipeline: str
    rows: int
    score_rows: int
    columns: Mapping[str, Mapping[str, Any]]
    scores: Mapping[str, Any]
    metrics: Mapping[str, Figure]
    recipe: Recipe
    schema: RequestSchema

    @classmethod
    def of(cls, contents: Contents, papers: Papers | None = None) -> Reference:
        """Take a bundle, and what was said about it; one of version 1 carries its own papers.

        Raises:
            IntegrityError: it carries no profile.
        """
        papers = papers or Papers.within(contents)
        try:
            data = contents.files["profile.json"]
            profile = between_values(json.loads(data))
            metrics = MetricsReport() if papers is None else papers.metrics
            return cls(
                bundle=contents.digest,
                profile_digest=digest(data),
                pipeline=contents.manifest.pipeline,
                rows=int(profile["rows"]),
                score_rows=int(profile.get("score_rows") or metrics.rows or profile["rows"]),
                columns=profile["columns"],
                scores=profile["scores"],
                metrics=metrics.candidate,
                recipe=Recipe.parse(contents.files["transform.json"]),
                schema=RequestSchema.parse(contents.files["schema.json"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise IntegrityError(
                f"the bundle {contents.digest[:19]}… has no profile to compare with",
                hint="make it again with `mlops run NAME`",
            ) from error


def between_values(profile: dict[str, Any]) -> dict[str, Any]:
    """Move the edges of an earlier profile, which stand on values that belong to the bin above, to below them.

    They are rounded to six digits, so that one may lie above the value it was made of.
    """
    return profile if profile.get("schema_version", 1) >= _BETWEEN else _lowered(profile)


def _lowered(described: dict[str, Any]) -> dict[str, Any]:
    return {
        key: [math.nextafter(edge - _ROUNDING * abs(edge), -math.inf) for edge in value]
        if key == "edges" and isinstance(value, list)
        else _lowered(value)
        if isinstance(value, dict)
        else value
        for key, value in described.items()
    }
