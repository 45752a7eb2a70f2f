"""What a model says of validation rows when it has not learnt from them.

A model that was taught validation rows too (`refit`) says more of them than it knows: thresholds, and slices that are
looked for, go by the candidate as it was chosen.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mlops.bundle.model import OnnxModel
from mlops.errors import IntegrityError
from mlops.stages.released import BEFORE

if TYPE_CHECKING:
    from mlops.stages.context import StageContext

FOLDER = "artifacts/model"


def learnt_validation(described: bytes) -> bool:
    """Read from `model.json` whether validation rows taught the model."""
    return "validation" in json.loads(described).get("learnt", {})


def blind(context: StageContext, released: OnnxModel, described: bytes) -> OnnxModel:
    """Give the model to ask about validation rows.

    Raises:
        IntegrityError: the one that is released learnt from them, and the one before is not here.
    """
    found = blind_if_here(context, released, described)
    if found is None:
        message = f"{FOLDER}/{BEFORE} is not here, and the model of the bundle has learnt from the validation rows"
        raise IntegrityError(message, hint=f"mlops run {context.pipeline}")
    return found


def blind_if_here(context: StageContext, released: OnnxModel, described: bytes) -> OnnxModel | None:
    """Do the same; None where it is not here."""
    if not learnt_validation(described):
        return released
    path = context.path(f"{FOLDER}/{BEFORE}")
    return OnnxModel(path.read_bytes(), BEFORE) if path.is_file() else None
