"""Declarations are light: what validates YAML must not pay for what computes."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from mlops.operations.language.kinds import SLICES
for name, each in sorted(SLICES.items()):
    print(name, len(each) > 0)
heavy = {"hydra", "mlflow", "numpy", "onnx", "onnxruntime", "polars", "scipy", "sklearn", "torch"}
print(sorted(heavy & set(sys.modules)))
"""


def test_importing_every_kind_imports_nothing_that_computes() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    slices = ("backends", "gate_rules", "metrics", "models", "perturbations", "sources", "targets", "transforms")
    assert done.stdout.splitlines() == [*(f"{name} True" for name in slices), "[]"]
