"""What a window is compared with: the bundle itself, so that the reference changes only when the model does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops.bundle.contents import Contents
from mlops.bundle.recipe import Recipe
from mlops.bundle.schema import RequestSchema
from mlops.errors import IntegrityError
from mlops.files.canonical import digest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Reference:
    """A verified bundle as far as the monitor needs it; `test_rows` is what the scores' profile was made of."""

    bundle: str
    profile_digest: str
    pipeline: str
    rows: int
    test_rows: int
    columns: Mapping[str, Mapping[str, Any]]
    scores: Mapping[str, Any]
    metrics: Mapping[str, Any]
    recipe: Recipe
    schema: RequestSchema

    @classmethod
    def read(cls, folder: Path) -> Reference:
        """Read a bundle.

        Raises:
            IntegrityError: its bytes are not what its manifest says, or it carries no profile.
        """
        contents = Contents.read(folder)
        try:
            data = contents.files["profile.json"]
            profile = json.loads(data)
            metrics = json.loads(contents.files.get("metrics.json", b"{}"))
            return cls(
                bundle=contents.digest,
                profile_digest=digest(data),
                pipeline=contents.manifest.pipeline,
                rows=int(profile["rows"]),
                test_rows=int(metrics.get("rows") or profile["rows"]),
                columns=profile["columns"],
                scores=profile["scores"],
                metrics=metrics.get("models", {}).get("candidate", {}),
                recipe=Recipe.parse(contents.files["transform.json"]),
                schema=RequestSchema.parse(contents.files["schema.json"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise IntegrityError(
                f"the bundle in {folder} has no profile to compare with", hint="make it again with `mlops run NAME`"
            ) from error
