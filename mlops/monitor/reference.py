"""What a window is compared with: the bundle itself, so that the reference changes only when the model does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops.bundle.papers import Papers
from mlops.bundle.recipe import Recipe
from mlops.bundle.schema import RequestSchema
from mlops.documents.metrics import MetricsReport
from mlops.documents.profile import Profile
from mlops.errors import IntegrityError
from mlops.files.canonical import digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlops.bundle.contents import Contents
    from mlops.documents.figures import Figure
    from mlops.documents.profile import ColumnProfile, ScoreProfile


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
    columns: Mapping[str, ColumnProfile]
    scores: ScoreProfile
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
            profile = Profile.parse(data).between_values
            metrics = MetricsReport() if papers is None else papers.metrics
            return cls(
                bundle=contents.digest,
                profile_digest=digest(data),
                pipeline=contents.manifest.pipeline,
                rows=profile.rows,
                score_rows=profile.score_rows or metrics.rows or profile.rows,
                columns=profile.columns,
                scores=profile.scores,
                metrics=metrics.candidate,
                recipe=Recipe.parse(contents.files["transform.json"]),
                schema=RequestSchema.parse(contents.files["schema.json"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise IntegrityError(
                f"the bundle {contents.digest[:19]}… has no profile to compare with",
                hint="make it again with `mlops run NAME`",
            ) from error
