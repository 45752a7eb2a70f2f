"""The stages in running order: the one list of them."""

from __future__ import annotations

from mlops.stages.declare.bundle import BUNDLE
from mlops.stages.declare.evaluate import EVALUATE
from mlops.stages.declare.features import FEATURES
from mlops.stages.declare.gate import GATE
from mlops.stages.declare.ingest import INGEST
from mlops.stages.declare.measure import MEASURE
from mlops.stages.declare.package import PACKAGE
from mlops.stages.declare.split import SPLIT
from mlops.stages.declare.train import TRAIN
from mlops.stages.declare.validate import VALIDATE

DECLARED = (INGEST, VALIDATE, SPLIT, FEATURES, TRAIN, BUNDLE, EVALUATE, MEASURE, GATE, PACKAGE)
STAGES = tuple(stage.name for stage in DECLARED)
