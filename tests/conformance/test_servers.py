"""Ours and other servers of the Open Inference Protocol, by the suite and by other people's clients.

What came of it is docs/conformance.json, from which docs/conformance.md is made: `--update` writes it anew. KServe and
MLServer are asked where `make peers` put them, ours everywhere.
"""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from open_inference_conformance import suite
from open_inference_conformance.tensors import example
from open_inference_conformance.wire import Server, Unreachable, path

from tests.builders.adder import REQUEST
from tests.builders.bundles import make_bundle
from tests.builders.served import served
from tests.builders.waiting import CEILING, started, wait_until
from tests.conformance import results
from tests.unit.serve.test_dialects import tensors

pytestmark = pytest.mark.tools

ROOT = Path(__file__).parents[2]
PEERS = Path(__file__).with_name("peers")
TOOLS = ROOT / ".tools"
SUITE = ROOT / "examples/conformance"


def _python(name: str) -> Path:
    python = TOOLS / name / "bin/python"
    if not python.exists():
        made = "make conformance" if name == "conformance" else "make peers"
        pytest.skip(f"{name} is not installed: `{made}` does")
    return python


@contextmanager
def _kserve(folder: Path) -> Iterator[str]:
    with _process(_python("kserve"), str(PEERS / "kserve_adder.py"), folder=folder) as url:
        yield url


@contextmanager
def _mlserver(folder: Path) -> Iterator[str]:
    python = _python("mlserver")
    for file in (PEERS / "mlserver").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    ports = {"grpc_port": _free(), "metrics_port": _free(), "host": "127.0.0.1", "parallel_workers": 0}
    with _process(python, str(PEERS / "mlserver_start.py"), json.dumps(ports), folder=folder) as url:
        yield url


def _free() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def _process(python: Path, *arguments: str, folder: Path) -> Iterator[str]:
    port = _free()
    command = [str(python), arguments[0], str(port), *arguments[1:]]
    url = f"http://127.0.0.1:{port}"
    with (folder / "log.txt").open("w") as log, started(command, cwd=folder, stdout=log, stderr=log) as process:
        wait_until(lambda: process.poll() is not None or _ready(url))
        assert process.poll() is None, (folder / "log.txt").read_text()
        try:
            yield url
        finally:
            process.kill()


def _ready(url: str) -> bool:
    try:
        return Server(url).get(path("adder", verb="ready")).status == 200
    except Unreachable:
        return False


def _asked(client: str, python: Path, url: str, model: str, request: Path) -> list[dict[str, str]]:
    command = [str(python), "-m", f"open_inference_conformance.clients.{client}", url, model, str(request)]
    done = subprocess.run(command, cwd=SUITE, capture_output=True, text=True, check=False, timeout=CEILING)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def _all(url: str, model: str, request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Hold a server to the suite, and let the clients that are installed try it."""
    file = folder / "request.json"
    file.write_text(json.dumps(request))
    found: dict[str, Any] = {
        "suite": [
            {"check": each.check.name, "level": each.check.level, "said": each.said}
            for each in suite.run(Server(url), model, request)
        ]
    }
    clients = {"tritonclient": ("triton", "conformance"), "KServe's client": ("kserve", "kserve")}
    for told, (client, place) in {**clients, "Schemathesis": ("fuzz", "conformance")}.items():
        python = TOOLS / place / "bin/python"
        if python.exists():
            steps = _asked(client, python, url, model, file)
            found[told] = [{"check": step["check"], "said": step["said"]} for step in steps]
    return found


def test_ours_is_as_the_protocol_has_it(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    _python("conformance")
    bundle = make_bundle(tmp_path / "bundle")
    golden = json.loads((bundle / "golden.json").read_bytes())["rows"]
    rows = [row for row in golden if None not in row.values()]  # a tensor of NumPy's has no null
    with served(bundle) as server:
        found = _all(f"http://127.0.0.1:{server.port}", "tiny", {"inputs": tensors(rows)}, tmp_path)
    failed = [(who, step) for who, steps in found.items() for step in steps if step["said"] == "fails"]
    assert failed == []
    results.held("mlops", found, update=request.config.getoption("--update"))


@pytest.mark.parametrize(("name", "start"), [("KServe", _kserve), ("MLServer", _mlserver)])
def test_another_server_is_as_the_page_says(
    name: str, start: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with start(tmp_path) as url:
        found = _all(url, "adder", REQUEST, tmp_path)
    results.held(name, found, update=request.config.getoption("--update"))


def test_the_example_is_made_of_the_description() -> None:
    made = example(
        [{"name": "left", "datatype": "FP64", "shape": [-1, 2]}, {"name": "t", "datatype": "BYTES", "shape": [3]}]
    )
    assert made == [
        {"name": "left", "shape": [2, 2], "datatype": "FP64", "data": [1, 1, 1, 1]},
        {"name": "t", "shape": [3], "datatype": "BYTES", "data": ["a", "a", "a"]},
    ]
