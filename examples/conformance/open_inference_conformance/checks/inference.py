"""Inference: what is answered."""

from __future__ import annotations

from typing import Any

from open_inference_conformance import specification, tensors
from open_inference_conformance.check import Fails, Irrelevant, Subject, check, ok, refused


def answered(subject: Subject, document: dict[str, Any], version: str | None = None) -> dict[str, Any]:
    """Ask, and give an answer that has outputs by name; `infer` alone holds it to all of the schema. Raises Fails."""
    said = ok(subject.infer(document, version))
    outputs = said.get("outputs") if isinstance(said, dict) else None
    if not isinstance(outputs, list) or not all(isinstance(each, dict) and "name" in each for each in outputs):
        raise Fails(f"the answer has no outputs with names: {str(said)[:200]}")
    return dict(said)


def _values(said: dict[str, Any]) -> dict[str, list[Any]]:
    return {output["name"]: tensors.flat(output.get("data")) for output in said["outputs"]}


@check("must", "A successful inference request is indicated by a 200 HTTP status code: $inference_response")
def infer(subject: Subject) -> None:
    """Hold: a right request is answered, by the schema, in the model's name."""
    said = ok(subject.infer(subject.request))
    specification.hold(said, "inference_response")
    if said["model_name"] != subject.model:
        raise Fails(f"model_name is {said['model_name']!r}")


@check("must", "Content-Type: application/json")
def infer_content_type(subject: Subject) -> None:
    """Hold: the answer says that it is JSON."""
    kind = subject.infer(subject.request).headers.get("content-type", "")
    if kind.partition(";")[0].strip().lower() != "application/json":
        raise Fails(f"the answer is {kind!r}")


@check("must", '"id": optional, but if specified this identifier must be returned in the response')
def infer_returns_id(subject: Subject) -> None:
    """Hold: the id comes back."""
    said = answered(subject, {**subject.request, "id": "conformance 42"})
    if said.get("id") != "conformance 42":
        raise Fails(f"the id is {said.get('id')!r}")


@check("must", "the shape and data represents the full shape of the entire batch; Tensor Data Types")
def infer_outputs_are_tensors(subject: Subject) -> None:
    """Hold: shape, type and values of each output belong together."""
    for output in answered(subject, subject.request)["outputs"]:
        told = tensors.wrong(output)
        if told is not None:
            raise Fails(told)


@check("must", '"outputs": if not specified all outputs produced by the model will be returned')
def infer_returns_all_outputs(subject: Subject) -> None:
    """Hold: what the metadata tells of is what is answered."""
    told = {output.get("name") for output in subject.described.get("outputs") or ()}
    if not told:
        raise Irrelevant("the metadata tells of no output")
    there = set(_values(answered(subject, {key: said for key, said in subject.request.items() if key != "outputs"})))
    if there != told:
        raise Fails(f"{sorted(there)} are answered, and the metadata tells of {sorted(map(str, told))}")


@check("must", "The $request_output JSON is used to request which output tensors should be returned from the model")
def infer_returns_asked_output(subject: Subject) -> None:
    """Hold: who asks for one output has that alone."""
    name = next(iter(_values(answered(subject, subject.request))))
    there = sorted(_values(answered(subject, {**subject.request, "outputs": [{"name": name}]})))
    if there != [name]:
        raise Fails(f"{name!r} was asked for, and {there} answered")


@check(
    "must", "Tensor elements may be presented in their natural multi-dimensional representation, or as a flattened one"
)
def infer_reads_nested_and_flat(subject: Subject) -> None:
    """Hold: both spellings of a tensor have the same answer."""
    if all(len(tensor["shape"]) < 2 for tensor in subject.request["inputs"]):
        raise Irrelevant("no input has two dimensions")
    flat = [{**tensor, "data": tensors.flat(tensor["data"])} for tensor in subject.request["inputs"]]
    deep = [{**tensor, "data": tensors.nested(tensor["data"], tensor["shape"])} for tensor in flat]
    one, other = (answered(subject, {**subject.request, "inputs": inputs}) for inputs in (flat, deep))
    if _values(one) != _values(other):
        raise Fails("flat and nested data have different answers")


@check("must", '"parameters": an object containing zero or more parameters; currently no parameters are defined')
def infer_takes_no_parameters(subject: Subject) -> None:
    """Hold: an empty object of them changes nothing."""
    inputs = [{**tensor, "parameters": {}} for tensor in subject.request["inputs"]]
    answered(subject, {**subject.request, "parameters": {}, "inputs": inputs})


@check("must", "inference on a specific version: POST v2/models/<model_name>/versions/<model_version>/infer")
def infer_by_version(subject: Subject) -> None:
    """Hold: each version that is told of answers, and says that it was it."""
    for version in subject.versions:
        said = answered(subject, subject.request, version)
        if said.get("model_version") not in (None, version):
            raise Fails(f"version {version!r} was asked, and {said['model_version']!r} answered")


@check("should", "the same request again")
def infer_repeats(subject: Subject) -> None:
    """Hold: the same values are answered twice; whoever compares servers relies on it."""
    one, other = (_values(answered(subject, subject.request)) for _ in range(2))
    if one != other:
        raise Fails("the same request had two different answers")


@check("must", "$tensor_data: each element may be an integer, floating-point number, string or boolean value")
def infer_null(subject: Subject) -> None:
    """Hold: null, which no tensor has, is refused, or answered by tensors that have none either."""
    first, *others = subject.request["inputs"]
    holed = {**first, "data": [None, *tensors.flat(first["data"])[1:]]}
    reply = subject.infer({**subject.request, "inputs": [holed, *others]})
    if reply.status != 200:
        refused(reply)
        return
    for output in ok(reply)["outputs"]:
        told = tensors.wrong(output)
        if told is not None:
            raise Fails(told)
