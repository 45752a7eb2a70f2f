"""Server Metadata, Model Metadata."""

from __future__ import annotations

from open_inference_conformance import specification
from open_inference_conformance.check import Fails, Subject, check, ok, refused
from open_inference_conformance.tensors import TYPES
from open_inference_conformance.wire import path

PLATFORMS = (
    "tensorrt_plan",
    "tensorflow_graphdef",
    "tensorflow_savedmodel",
    "onnx_onnxv1",
    "pytorch_torchscript",
    "mxnet_mxnet",
    "caffe2_netdef",
)


@check("must", "$metadata_server_response = {name, version, extensions}, under status 200")
def server_metadata(subject: Subject) -> None:
    """Hold: the server describes itself."""
    specification.hold(ok(subject.server.get("/v2")), "metadata_server_response")


@check("must", "$metadata_model_response = {name, versions, platform, inputs, outputs}, under status 200")
def model_metadata(subject: Subject) -> None:
    """Hold: the model is described, by its name."""
    said = ok(subject.server.get(path(subject.model)))
    specification.hold(said, "metadata_model_response")
    if said["name"] != subject.model:
        raise Fails(f"the model is called {said['name']!r}")


@check("must", '"inputs": the inputs required by the model; "outputs": the outputs produced by the model')
def model_tensors(subject: Subject) -> None:
    """Hold: inputs and outputs are described; the text has them, though the OpenAPI lets them be away."""
    for key in ("inputs", "outputs"):
        if not subject.described.get(key):
            raise Fails(f"the metadata has no {key}")


@check("must", '"datatype": the data-type of the tensor elements as defined in Tensor Data Types')
def model_datatypes(subject: Subject) -> None:
    """Hold: the described types are in the table."""
    tensors = [*(subject.described.get("inputs") or ()), *(subject.described.get("outputs") or ())]
    odd = [tensor.get("datatype") for tensor in tensors if tensor.get("datatype") not in TYPES]
    if odd:
        raise Fails(f"{odd[0]!r} is not in the table")


@check("must", '"shape": the shape of the tensor; variable-size dimensions are specified as -1')
def model_shapes(subject: Subject) -> None:
    """Hold: a size is a whole number, or -1."""
    for tensor in [*(subject.described.get("inputs") or ()), *(subject.described.get("outputs") or ())]:
        if not all(type(size) is int and size >= -1 for size in tensor.get("shape", [None])):
            raise Fails(f"{tensor.get('name')!r} has the shape {tensor.get('shape')!r}")


@check("should", "The following platform names are allowed")
def model_platform(subject: Subject) -> None:
    """Hold: the platform is in the list, which has no name for many of today's."""
    if subject.described.get("platform") not in PLATFORMS:
        raise Fails(f"{subject.described.get('platform')!r} is not in the list")


@check("must", '"versions": the model versions that may be explicitly requested via the appropriate endpoint')
def model_version_metadata(subject: Subject) -> None:
    """Hold: each version that is told of is described."""
    for version in subject.versions:
        specification.hold(ok(subject.server.get(path(subject.model, version))), "metadata_model_response")


@check("must", "A failed model metadata request must be indicated by an HTTP error status (typically 400)")
def unknown_model_metadata(subject: Subject) -> None:
    """Hold: a model that is not there is an error, in the protocol's words."""
    refused(subject.server.get(path(subject.model + "-that-is-not-here")))
