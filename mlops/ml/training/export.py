"""ONNX graphs with one input `x` and one output `y`, whose bytes depend on the model and on nothing else.

binary      y [N]           probability of the second class
multiclass  y [N, classes]  probabilities
regression  y [N]           in the target's units, float64 where float32 is too coarse so far from 0
"""

from __future__ import annotations

import logging
import operator
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from mlops.errors import ConfigurationError, IntegrityError
from mlops.ml.light import without_pandas
from mlops.ml.training.problem import Scale

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mlops.ml.training.networks import Scores
    from mlops.ml.training.problem import Problem

OPSET = 18
ML_OPSET = 3
IR_VERSION = 10
TOLERANCE = 1e-4


def from_torch(scores: Scores, shape: tuple[int, ...]) -> bytes:
    """Trace a torch module; raises ConfigurationError when it does something that ONNX cannot."""
    import torch

    rows = torch.export.Dim("N")
    try:
        with quiet():
            program: Any = torch.onnx.export(
                scores,
                (torch.zeros(2, *shape),),
                dynamo=True,
                dynamic_shapes=({0: rows},),
                input_names=["x"],
                output_names=["y"],
                opset_version=OPSET,
                external_data=False,
                verbose=False,
            )
    except Exception as error:  # torch raises types of its own, and plain ones, and the network is users' code
        raise _not_exportable(getattr(scores.network, "known_as", type(scores.network).__name__), error) from error
    return finish(cast("onnx.ModelProto", program.model_proto))


def from_sklearn(estimator: Any, problem: Problem, scale: Scale) -> bytes:
    """Translate a scikit-learn estimator; raises ConfigurationError when skl2onnx does not know it."""
    with without_pandas():
        from skl2onnx import to_onnx
        from skl2onnx.common.data_types import FloatTensorType

    width = int(np.prod(problem.shape))
    options = {} if problem.task == "regression" else {"zipmap": False}
    try:
        with quiet():
            model: onnx.ModelProto = to_onnx(
                estimator,
                initial_types=[("rows", FloatTensorType([None, width]))],
                options={id(estimator): options} if options else None,
                target_opset={"": OPSET, "ai.onnx.ml": ML_OPSET},
            )
    except Exception as error:  # skl2onnx raises types of its own, and plain ones, for what it does not know
        raise _not_exportable(type(estimator).__name__, error) from error
    if problem.layout.missing:
        _track_missing(model.graph, estimator)
    rewire(model.graph, problem, scale)
    return finish(model)


def _track_missing(graph: onnx.GraphProto, estimator: Any) -> None:
    """Send missing numbers the way that each branching of a forest learnt, which skl2onnx does not write."""
    from mlops.ml.training.missing_graph import track, ways

    if (learnt := ways(estimator)) is not None:
        track(graph, learnt)


def _not_exportable(name: str, error: BaseException) -> ConfigurationError:
    while error.__cause__ is not None:  # torch tells last which operator it was
        error = error.__cause__
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    return ConfigurationError(
        f"{name} cannot be written as ONNX: {reason}",
        hint="what is served must be safe to load: use layers or estimators that torch.onnx or skl2onnx know",
    )


def rewire(graph: onnx.GraphProto, problem: Problem, scale: Scale) -> None:
    """Put the convention's input before, and its output behind, what skl2onnx made."""
    inner = graph.output[-1].name
    before = [("Reshape", ["x", "flat_shape"], "rows")]
    constants: dict[str, NDArray[Any]] = {"flat_shape": np.array([-1, int(np.prod(problem.shape))], np.int64)}
    if problem.task == "multiclass":
        after = [("Identity", [inner], "y")]
    elif problem.task == "binary":
        constants |= {"second": np.array(1, np.int64)}
        after = [("Gather", [inner, "second"], "y")]
    else:
        constants |= {
            "row_shape": np.array([-1], np.int64),
            "deviation": np.array(scale.deviation, np.float64 if scale.wide else np.float32),
            "mean": np.array(scale.mean, np.float64 if scale.wide else np.float32),
        }
        narrow, cast = ("narrow", [("Cast", ["narrow"], "standardised")]) if scale.wide else ("standardised", [])
        after = [
            ("Reshape", [inner, "row_shape"], narrow),
            *cast,
            ("Mul", ["standardised", "deviation"], "centred"),
            ("Add", ["centred", "mean"], "y"),
        ]
    nodes = [*map(_node, before), *graph.node, *map(_node, after)]
    kept = _needed(nodes)
    del graph.node[:], graph.input[:], graph.output[:], graph.value_info[:]
    graph.node.extend(kept)
    graph.input.append(helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", *problem.shape]))
    columns = [problem.outputs] if problem.task == "multiclass" else []
    answer = TensorProto.DOUBLE if scale.wide else TensorProto.FLOAT
    graph.output.append(helper.make_tensor_value_info("y", answer, ["N", *columns]))
    graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in constants.items())


def _node(parts: tuple[str, list[str], str]) -> onnx.NodeProto:
    operator, inputs, output = parts
    attributes: dict[str, dict[str, Any]] = {"Gather": {"axis": 1}, "Cast": {"to": TensorProto.DOUBLE}}
    return helper.make_node(operator, inputs, [output], name=f"mlops_{output}", **attributes.get(operator, {}))


def _needed(nodes: list[onnx.NodeProto]) -> list[onnx.NodeProto]:
    """Leave out the nodes (of class labels) that `y` does not depend on."""
    wanted, kept = {"y"}, []
    for node in reversed(nodes):
        if wanted & set(node.output):
            wanted |= set(node.input)
            kept.append(node)
    return kept[::-1]


def finish(model: onnx.ModelProto) -> bytes:
    """Remove all that tells of folders, users, tools and moments; check the rest; spell it one way."""
    strip(model)
    model.producer_name, model.producer_version, model.domain = "mlops", "", ""
    model.model_version, model.ir_version = 0, IR_VERSION
    model.graph.name = "model"
    del model.graph.value_info[:]
    # skl2onnx goes through sets, whose order changes from process to process.
    _sort(model.opset_import, "domain")
    _sort(model.graph.initializer, "name")
    for node in model.graph.node:
        _sort(node.attribute, "name")
    onnx.checker.check_model(model)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def _sort(items: Any, key: str) -> None:
    ordered = sorted(items, key=operator.attrgetter(key))
    del items[:]
    items.extend(ordered)


def strip(message: Any) -> None:
    """Clear notes for people, at any depth."""
    for field, value in message.ListFields():
        if field.name in {"doc_string", "metadata_props"}:
            message.ClearField(field.name)
        elif field.message_type is not None:
            for item in value if hasattr(value, "append") else [value]:
                strip(item)


def run(model: bytes, x: NDArray[Any], output: str = "y") -> NDArray[Any]:
    """Score rows with ONNX Runtime on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    answer: NDArray[Any] = session.run([output], {"x": x})[0]
    return answer


def check_parity(name: str, model: bytes, x: NDArray[Any], expected: NDArray[Any], scale: Scale | None = None) -> float:
    """Measure the widest gap between ONNX and native scores.

    Of numbers in standard deviations of the target, or relative to a larger distance from its mean; of classes in whole
    probabilities. Raises IntegrityError if it is wide.
    """
    scale = scale or Scale()
    answer = run(model, x)
    if answer.shape != expected.shape:
        raise IntegrityError(
            f"the ONNX model of candidate {name} answers with shape {list(answer.shape)}, not {list(expected.shape)}"
        )
    gap = np.abs(answer - expected) / np.maximum(scale.deviation, np.abs(expected - scale.mean))
    widest = float(gap.max())
    if not widest <= TOLERANCE:
        raise IntegrityError(
            f"the ONNX model of candidate {name} differs from the trained one by {widest:.2g}"
            f" on {len(x):,} validation rows; at most {TOLERANCE:g} is allowed",
            hint="a model that draws random numbers as it answers, or looks at all rows at once, cannot be served",
        )
    return widest


@contextmanager
def quiet() -> Iterator[None]:
    """Silence what exporters tell their own developers."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logger.setLevel(level)
