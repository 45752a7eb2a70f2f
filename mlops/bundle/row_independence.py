"""Which models score one row alone as they score it among others, to the last bit; read from the file's operators.

A matrix product or a convolution of one row takes another path through the processor than one of several, and sums in
another order. Trees and element-wise operators take each row, or each number, by itself. An operator that is not known
here is taken for one that does not.
"""

from __future__ import annotations

from mlops.bundle import onnx_file

TREES = frozenset({"TreeEnsemble", "TreeEnsembleClassifier", "TreeEnsembleRegressor"})
"""Of `ai.onnx.ml`: each row walks the trees in their order."""
ELEMENTWISE = frozenset(
    {
        *(
            "Abs",
            "Add",
            "And",
            "Cast",
            "Ceil",
            "Clip",
            "Div",
            "Equal",
            "Floor",
            "Greater",
            "GreaterOrEqual",
            "Identity",
        ),
        *("IsNaN", "Less", "LessOrEqual", "Max", "Min", "Mul", "Neg", "Not", "Or", "Relu", "Round", "Sign", "Sqrt"),
        *("Sub", "Where", "Xor"),
    }
)
"""Each number by itself, and rounded as IEEE 754 says. Exponentials are not among them: a processor computes eight at
once by one formula, and those that are left over by another."""
MOVING = frozenset({"Constant", "Concat", "Flatten", "Gather", "Reshape", "Slice", "Split", "Squeeze", "Unsqueeze"})
"""What moves numbers, and computes none."""


def one_row_is_like_many(data: bytes) -> bool:
    """Tell whether a row alone is known to score as among others; `data` is an ONNX file that `onnx_file` accepted."""
    return onnx_file.operators(data) <= TREES | ELEMENTWISE | MOVING
