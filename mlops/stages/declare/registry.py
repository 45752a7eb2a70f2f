"""What each stage is declared to be, in running order."""

from __future__ import annotations

from mlops.stages.declare.bundle import BUNDLE
from mlops.stages.declare.evaluate import EVALUATE
from mlops.stages.declare.features import FEATURES
from mlops.stages.declare.gate import GATE
from mlops.stages.declare.ingest import INGEST
from mlops.stages.declare.measure import MEASURE
from mlops.stages.declare.order import STAGES
from mlops.stages.declare.package import PACKAGE
from mlops.stages.declare.split import SPLIT
from mlops.stages.declare.train import TRAIN
from mlops.stages.declare.tune import TUNE
from mlops.stages.declare.validate import VALIDATE

_DECLARED = (BUNDLE, EVALUATE, FEATURES, GATE, INGEST, MEASURE, PACKAGE, SPLIT, TRAIN, TUNE, VALIDATE)
DECLARED = tuple(sorted(_DECLARED, key=lambda stage: STAGES.index(stage.name)))
