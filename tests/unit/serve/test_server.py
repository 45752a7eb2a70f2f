from __future__ import annotations

import json
import platform
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from mlops.errors import InfrastructureError, IntegrityError
from mlops.serve.machine import keep_memory
from mlops.serve.server import address, listen, serve
from tests.builders.bundles import make_bundle
from tests.builders.waiting import CEILING, end, started

SERVE = "import sys; from pathlib import Path; from mlops.serve.server import serve; serve(Path(sys.argv[1]), port=0)"


@pytest.mark.slow
def test_a_process_serves_golden_rows_and_stops_when_told(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    golden = json.loads((bundle / "golden.json").read_bytes())
    with started([sys.executable, "-c", SERVE, str(bundle)], stderr=subprocess.PIPE) as process:
        ready = process.stderr.readline()
        assert ready.startswith("serving tiny sha256:")
        body = json.dumps({"dataframe_records": golden["rows"]}).encode()
        url = f"{ready.split()[-1]}/invocations"
        request = urllib.request.Request(url, body, {"content-type": "application/json"})  # noqa: S310 (our own server)
        with urllib.request.urlopen(request, timeout=CEILING) as response:  # noqa: S310
            assert json.load(response) == {"predictions": golden["scores"]}
        assert end(process, signal.SIGTERM) in (0, -signal.SIGTERM)
        assert process.stderr.read() == ""


def test_a_tampered_bundle_is_refused_before_the_port_opens(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    (bundle / "golden.json").write_bytes(b"{}")
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(IntegrityError):
        serve(bundle, port=taken.getsockname()[1])


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InfrastructureError) as caught:
            serve(bundle, port=port)
    assert str(caught.value).startswith(f"cannot listen on 127.0.0.1:{port}: ")
    assert caught.value.hint == "choose another --port"


def test_a_host_that_is_none_of_this_machine_is_said() -> None:
    with pytest.raises(InfrastructureError) as caught:
        listen("192.0.2.1", 0)  # kept for documentation (RFC 5737): no machine has it
    assert str(caught.value).startswith("cannot listen on 192.0.2.1:0: ")
    assert caught.value.hint == "choose another --host: 127.0.0.1 for this machine alone, 0.0.0.0 for every network"


@pytest.mark.parametrize(("host", "shown"), [("::1", "[::1]"), ("127.0.0.1", "127.0.0.1")])
def test_an_address_is_spelled_as_a_url_has_it(host: str, shown: str) -> None:
    assert address(host, 8080) == f"{shown}:8080"


def test_an_answer_does_not_wait_for_nagle() -> None:
    listener = listen("127.0.0.1", 0)
    with listener:
        assert listener.proto == socket.IPPROTO_TCP


def faults() -> int:
    """Count the pages that this process asked the kernel for so far."""
    return int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[7])


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries keep what they like")
def test_memory_that_a_request_gave_back_is_there_for_the_next() -> None:
    keep_memory()
    [np.ones(1 << 17) for _ in range(5)]  # 5 MiB, asked of the kernel
    before = faults()
    for _ in range(20):
        [np.ones(1 << 17) for _ in range(5)]
    assert faults() - before < 2_560  # pages of two of the twenty


def test_a_library_that_cannot_be_told_so_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda _: object())
    keep_memory()
