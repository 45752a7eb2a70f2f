"""Several ONNX graphs as one: `y` is the mean of their answers, `members` is what each of them says.

binary, regression  y [N]           members [N, k]
multiclass          y [N, classes]  members [N, k, classes]

All are float64 where one graph answers so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, compose, helper, numpy_helper

from mlops.ml.training.export import finish

if TYPE_CHECKING:
    from collections.abc import Sequence


def merged(models: Sequence[bytes]) -> bytes:
    """Put graphs of the same input and output side by side; the same models give the same bytes."""
    whole = onnx.ModelProto()
    parts = [onnx.load_from_string(model) for model in models]
    whole.ir_version = parts[0].ir_version
    for domain in sorted({opset.domain for part in parts for opset in part.opset_import}):
        versions = {opset.version for part in parts for opset in part.opset_import if opset.domain == domain}
        whole.opset_import.append(helper.make_opsetid(domain, max(versions)))
    kinds = [part.graph.output[0].type.tensor_type.elem_type for part in parts]
    widest = TensorProto.DOUBLE if TensorProto.DOUBLE in kinds else TensorProto.FLOAT
    answers = [_added(whole, part, number) for number, part in enumerate(parts)]
    for number, kind in enumerate(kinds):
        if kind != widest:
            whole.graph.node.append(_node("Cast", [answers[number]], f"wide_{number}", to=widest))
            answers[number] = f"wide_{number}"
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
