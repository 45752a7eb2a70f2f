"""Several ONNX graphs as one.

`merged`, of the members of folds: `y` is the mean of their answers, `members` is what each of them says.
`weighted`, of the members of an ensemble: `y` is their mean, each as often as it was drawn, and nothing is beside it.

binary, regression  y [N]           members [N, k]
multiclass          y [N, classes]  members [N, k, classes]

All are float64 where one graph answers so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, compose, helper, numpy_helper

from mlops.errors import IntegrityError
from mlops.ml.training.export import finish

if TYPE_CHECKING:
    from collections.abc import Sequence


def merged(models: Sequence[bytes]) -> bytes:
    """Put graphs of the same input and output side by side; the same models give the same bytes."""
    whole, parts, answers, widest = _beside(models)
    graph, output = whole.graph, parts[0].graph.output[0].type.tensor_type.shape.dim
    graph.input.append(parts[0].graph.input[0])
    classes = [dim.dim_value for dim in output[1:]]
    graph.initializer.append(numpy_helper.from_array(np.array([1], np.int64), "members_axis"))
    for number, answer in enumerate(answers):
        graph.node.append(_node("Unsqueeze", [answer, "members_axis"], f"member_{number}"))
    graph.node.append(_node("Concat", [f"member_{number}" for number in range(len(answers))], "members", axis=1))
    if widest == TensorProto.FLOAT:
        graph.node.append(_node("Mean", answers, "y"))
    else:  # onnxruntime has no Mean of float64
        graph.initializer.append(numpy_helper.from_array(np.array(len(answers), np.float64), "members_count"))
        graph.node.extend([_node("Sum", answers, "members_sum"), _node("Div", ["members_sum", "members_count"], "y")])
    for name, shape in (("y", ["N", *classes]), ("members", ["N", len(answers), *classes])):
        graph.output.append(helper.make_tensor_value_info(name, widest, shape))
    return finish(whole)


def weighted(models: Sequence[bytes], counts: Sequence[int]) -> bytes:
    """Put graphs of the same input and output side by side, and average them in double precision.

    The sum of whole multiples of single-precision numbers rounds as it does in NumPy, term by term.
    """
    whole, parts, answers, widest = _beside(models, wide=True)
    graph = whole.graph
    graph.input.append(parts[0].graph.input[0])
    graph.initializer.append(numpy_helper.from_array(np.array(sum(counts), np.float64), "draws"))
    total = ""
    for number, (answer, count) in enumerate(zip(answers, counts, strict=True)):
        graph.initializer.append(numpy_helper.from_array(np.array(count, np.float64), f"count_{number}"))
        graph.node.append(_node("Mul", [answer, f"count_{number}"], f"times_{number}"))
        if total:
            graph.node.append(_node("Add", [total, f"times_{number}"], f"total_{number}"))
        total = f"total_{number}" if total else f"times_{number}"
    graph.node.append(_node("Div", [total, "draws"], "y" if widest == TensorProto.DOUBLE else "mean"))
    if widest != TensorProto.DOUBLE:
        graph.node.append(_node("Cast", ["mean"], "y", to=widest))
    classes = [dim.dim_value for dim in parts[0].graph.output[0].type.tensor_type.shape.dim[1:]]
    graph.output.append(helper.make_tensor_value_info("y", widest, ["N", *classes]))
    return finish(whole)


def _beside(
    models: Sequence[bytes], *, wide: bool = False
) -> tuple[onnx.ModelProto, list[onnx.ModelProto], list[str], int]:
    """Put graphs into one; give it, them, the names of their answers, and the widest type of these.

    Answers are of the widest type, or where asked for of double precision.

    Raises:
        IntegrityError: they are not of the same input and output.
    """
    whole = onnx.ModelProto()
    parts = [onnx.load_from_string(model) for model in models]
    _refuse_unlike(parts)
    whole.ir_version = parts[0].ir_version
    for domain in sorted({opset.domain for part in parts for opset in part.opset_import}):
        versions = {opset.version for part in parts for opset in part.opset_import if opset.domain == domain}
        whole.opset_import.append(helper.make_opsetid(domain, max(versions)))
    kinds = [part.graph.output[0].type.tensor_type.elem_type for part in parts]
    widest = TensorProto.DOUBLE if TensorProto.DOUBLE in kinds else TensorProto.FLOAT
    answers = [_added(whole, part, number) for number, part in enumerate(parts)]
    for number, kind in enumerate(kinds):
        if kind != (TensorProto.DOUBLE if wide else widest):
            whole.graph.node.append(_node("Cast", [answers[number]], f"wide_{number}", to=TensorProto.DOUBLE))
            answers[number] = f"wide_{number}"
    return whole, parts, answers, widest


def _refuse_unlike(parts: Sequence[onnx.ModelProto]) -> None:
    for end in ("input", "output"):
        shapes = [
            [dim.dim_value for dim in getattr(part.graph, end)[0].type.tensor_type.shape.dim[1:]] for part in parts
        ]
        if any(shape != shapes[0] for shape in shapes):
            listed = " and ".join(map(str, dict.fromkeys(map(tuple, shapes))))
            raise IntegrityError(f"graphs of {end}s {listed} cannot be put into one")


def _added(whole: onnx.ModelProto, part: onnx.ModelProto, number: int) -> str:
    """Add one graph under names of its own, but for the input; give the name of its answer."""
    prefix = f"m{number}_"
    named = compose.add_prefix(part, prefix=prefix, rename_inputs=False)
    whole.functions.extend(named.functions)
    for name in ("node", "initializer", "sparse_initializer"):
        getattr(whole.graph, name).extend(getattr(named.graph, name))
    return str(named.graph.output[0].name)


def _node(operator: str, inputs: list[str], output: str, **attributes: int) -> onnx.NodeProto:
    return helper.make_node(operator, inputs, [output], name=f"mlops_{output}", **attributes)  # type: ignore[arg-type]
