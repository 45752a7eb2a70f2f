"""Requests per second of one row over HTTP: our server, a plain FastAPI application on the same model, and nothing.

Each server is a process on one core, the client is another process on another core with 8 keep-alive connections on
loopback. The servers take turns, so that a slow minute of the machine hits all of them. FastAPI gets the 15 features
ready made and only validates a list of numbers; our server gets 6 raw columns, checks each and transforms them.

    python benchmarks/serve.py [seconds per turn] [--smoke | --write]
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
LIBRARIES = ("fastapi", "httptools", "onnxruntime", "pydantic", "starlette", "uvicorn", "uvloop")
CONNECTIONS, TURNS, SERVERS = 8, 3, ("ours", "fastapi", "bare")


def serve_ours(bundle: Path, port: int) -> None:
    from mlops.serve.server import serve

    serve(bundle, port=port)


def serve_fastapi(bundle: Path, port: int) -> None:
    import numpy as np
    import onnxruntime as ort
    from fastapi import FastAPI
    from pydantic import BaseModel

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession((bundle / "model.onnx").read_bytes(), options)
    app = FastAPI()

    class Rows(BaseModel):
        inputs: list[list[float]]

    async def invocations(rows: Rows) -> dict[str, list[float]]:
        (y,) = session.run(["y"], {"x": np.array(rows.inputs, dtype=np.float32)})
        return {"predictions": y.tolist()}

    invocations.__annotations__["rows"] = Rows  # postponed annotations cannot see a class of a function
    app.post("/invocations", response_model=None)(invocations)
    run_uvicorn(app, port)


def serve_bare(_: Path, port: int) -> None:
    async def app(_scope, receive, send) -> None:
        while (await receive()).get("more_body"):
            pass
        headers = [(b"content-type", b"application/json"), (b"content-length", b"21")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"predictions":[0.5]}'})

    run_uvicorn(app, port)


def run_uvicorn(app: object, port: int) -> None:
    import uvicorn

    uvicorn.run(app, port=port, log_level="warning", access_log=False, lifespan="off")  # type: ignore[arg-type]


async def load(port: int, body: bytes, seconds: float) -> float:
    """Count answers of 8 connections that each send the next request when the last one is answered."""
    head = f"host: x\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    request = f"POST /invocations HTTP/1.1\r\n{head}\r\n\r\n".encode() + body
    deadline, counts = time.perf_counter() + seconds, []

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        count = 0
        while time.perf_counter() < deadline:
            writer.write(request)
            answer = (await reader.readuntil(b"\r\n\r\n")).lower()
            assert answer.startswith(b"http/1.1 200"), answer
            await reader.readexactly(int(answer.split(b"content-length: ")[1].split(b"\r\n")[0]))
            count += 1
        counts.append(count)
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    return sum(counts) / (time.perf_counter() - started)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def start(name: str, bundle: Path, port: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, __file__, name, str(bundle), str(port)], stderr=subprocess.DEVNULL)
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return process
    raise SystemExit(f"{name} did not start")


def compare(seconds: float) -> dict[str, list[float]]:
    """Let the servers take turns; give each one's rates."""
    from tests.builders.bundles import make_bundle

    with tempfile.TemporaryDirectory() as folder:
        bundle = make_bundle(Path(folder) / "bundle")
        row = json.loads((bundle / "golden.json").read_bytes())["rows"][0]
        bodies = dict.fromkeys(SERVERS, json.dumps({"dataframe_records": [row]}))
        bodies["fastapi"] = json.dumps({"inputs": [[0.5] * 15]})
        ports = {name: free_port() for name in SERVERS}
        processes = [start(name, bundle, ports[name]) for name in SERVERS]
        rates: dict[str, list[float]] = {name: [] for name in SERVERS}
        try:
            for _ in range(TURNS):
                for name in SERVERS:
                    command = [sys.executable, __file__, "load", bodies[name], str(ports[name]), str(seconds)]
                    rates[name].append(float(subprocess.check_output(command)))
        finally:
            for process in processes:
                process.terminate()
                process.wait()
    return rates


def main() -> int:
    """Print the rates, and ours beside the others'."""
    from benchmarks import command  # here, for this file is each server's too
    from benchmarks.result import Row, spread

    parser = command.parser(__doc__)
    parser.add_argument("seconds", type=float, nargs="?", default=3.0, help="seconds per turn")
    asked = parser.parse_args()
    measuring = command.begin(__file__, LIBRARIES, asked)
    rates = compare(0.1 if asked.smoke else asked.seconds)
    medians = {name: statistics.median(values) for name, values in rates.items()}
    for name, rate in medians.items():
        print(f"{name:8} {rate:8,.0f} requests/s   {rate / medians['bare']:.2f} of bare")
    print(f"ours / fastapi: {medians['ours'] / medians['fastapi']:.2f}")
    ours, several = medians["ours"], spread(rates["ours"])
    return measuring.end(
        Row(name=name, ours=ours, peer=peer, ratio=ours / peer, unit="requests/s", n=len(rates["ours"]), spread=several)
        for name, peer in (("beside FastAPI", medians["fastapi"]), ("beside nothing", medians["bare"]))
    )


if __name__ == "__main__":
    if not {"load", *SERVERS} & set(sys.argv[1:2]):
        sys.exit(main())
    role, *rest = sys.argv[1:]
    cores = sorted(os.sched_getaffinity(0))
    if role == "load":
        os.sched_setaffinity(0, cores[-1:])
        print(asyncio.run(load(int(rest[1]), rest[0].encode(), float(rest[2]))))
    else:
        os.sched_setaffinity(0, cores[:1])
        {"ours": serve_ours, "fastapi": serve_fastapi, "bare": serve_bare}[role](Path(rest[0]), int(rest[1]))
