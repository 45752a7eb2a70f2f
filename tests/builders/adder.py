"""A small server of the Open Inference Protocol that adds two tensors, and the same with a fault."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import prod
from typing import Any

from open_inference_conformance.tensors import TYPES, fits, flat

VERSIONED = "/v2/models/adder/versions/1"
TENSORS = [{"name": name, "datatype": "FP64", "shape": [-1, 2]} for name in ("left", "right")]
REQUEST = {"inputs": [{**each, "shape": [2, 2], "data": [1.0, 2.0, 3.0, 4.0]} for each in TENSORS]}

Reply = tuple[int, Any]
Fault = Callable[[str, str, Any, Reply], Reply]
"""Changes a reply, by method, path and what was sent."""


@contextmanager
def adder(fault: Fault = lambda method, path, sent, reply: reply) -> Iterator[str]:
    """Serve on a free port until the block ends; gives the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("GET", None)

        def do_POST(self) -> None:
            self._answer("POST", self.rfile.read(int(self.headers["content-length"])))

        def _answer(self, method: str, body: bytes | None) -> None:
            sent = _read(body)
            status, said = fault(method, self.path, sent, _said(method, self.path, sent))
            text = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain" if isinstance(said, bytes) else "application/json; a=b")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  its name there
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _read(body: bytes | None) -> Any:
    try:
        return None if body is None else json.loads(body)
    except (ValueError, RecursionError):
        return ValueError


def _said(method: str, path: str, sent: Any) -> Reply:
    model = path.replace(VERSIONED, "/v2/models/adder")
    if (method, model) == ("POST", "/v2/models/adder/infer"):
        wrong = _wrong(sent)
        return (400, {"error": wrong}) if wrong else (200, _sum(sent))
    if method == "POST" or model.endswith("/infer"):
        return 405 if "adder/" in model else 404, {"error": "not here"}
    told = {
        "/v2/health/live": {"live": True},
        "/v2/health/ready": {"ready": True},
        "/v2/models/adder/ready": {"name": "adder", "ready": True},
        "/v2": {"name": "adder", "version": "1", "extensions": []},
        "/v2/models/adder": {
            "name": "adder",
            "versions": ["1"],
            "platform": "onnx_onnxv1",
            "inputs": TENSORS,
            "outputs": [{**TENSORS[0], "name": name} for name in ("sum", "difference")],
        },
    }
    return (200, told[model]) if model in told else (404, {"error": "no such model"})


def _wrong(sent: Any) -> str | None:
    inputs = sent.get("inputs") if isinstance(sent, dict) else None
    if not isinstance(inputs, list) or not all(isinstance(each, dict) for each in inputs):
        return "no inputs"
    if [each.get("name") for each in inputs] != ["left", "right"]:
        return "two inputs are wanted"
    for each in inputs:
        shape, kind, data = each.get("shape"), each.get("datatype"), each.get("data")
        if not isinstance(shape, list) or kind not in TYPES or not isinstance(data, list) or min(shape) < 0:
            return "an input is no tensor"
        if len(flat(data)) != prod(shape) or not all(fits(value, kind) for value in flat(data)):
            return "its values are not those of its shape and type"
    asked = sent.get("outputs", [])
    return None if all(each["name"] in ("sum", "difference") for each in asked) else "no such output"


def _sum(sent: dict[str, Any]) -> dict[str, Any]:
    left, right = (flat(each["data"]) for each in sent["inputs"])
    values = {
        "sum": [one + other for one, other in zip(left, right, strict=True)],
        "difference": [one - other for one, other in zip(left, right, strict=True)],
    }
    names = [each["name"] for each in sent.get("outputs", ())] or list(values)
    shape = sent["inputs"][0]["shape"]
    outputs = [{"name": name, "datatype": "FP64", "shape": shape, "data": values[name]} for name in names]
    told = {"id": sent["id"]} if "id" in sent else {}
    return {"model_name": "adder", "model_version": "1", **told, "outputs": outputs}
