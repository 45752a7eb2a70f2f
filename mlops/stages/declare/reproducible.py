"""Where a pipeline's runs give the same bits."""

from __future__ import annotations

from typing import Literal

from mlops.configuration.model import own_addresses
from mlops.configuration.pipeline import Pipeline


def reproducible(spec: Pipeline) -> Literal["anywhere", "processor"]:
    """Say `anywhere` of the kinds that come with the framework, trained on a CPU in single precision.

    What a user's own class computes is not known, and a GPU or bfloat16 rounds in its own way: they are promised to
    give the same bits on the same kind of processor, unless the pipeline says otherwise.
    """
    if spec.trainer.reproducible is not None:
        return spec.trainer.reproducible
    return "processor" if own_addresses(spec.model.values()) or spec.trainer.foreign else "anywhere"
