"""The ONNX graph of LightGBM's trees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import version_converter

from mlops.ml.light import without_pandas
from mlops.ml.training import export

if TYPE_CHECKING:
    from mlops.ml.training.problem import Problem, Scale

_OLDER = 15


def write(booster: Any, problem: Problem, scale: Scale) -> bytes:
    """Translate trees of LightGBM, whose thresholds are of single precision."""
    with without_pandas():
        from onnxmltools import convert_lightgbm
        from onnxmltools.convert.common.data_types import FloatTensorType

    width = int(np.prod(problem.shape))
    with export.quiet():
        # its newest opset is older than that of all other graphs, which members of an ensemble must share
        made = convert_lightgbm(
            booster, initial_types=[("rows", FloatTensorType([None, width]))], target_opset=_OLDER, zipmap=False
        )
        model = version_converter.convert_version(made, export.OPSET)
    # what has a name in version 1 of the trees' operators means the same in ours
    next(each for each in model.opset_import if each.domain == "ai.onnx.ml").version = export.ML_OPSET
    export.rewire(model.graph, problem, scale)
    return export.finish(model)
