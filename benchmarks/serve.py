"""CPU of a request over HTTP: our server, `mlflow models serve` of the same ONNX, and an application that does nothing.

Judged by the CPU that the server spends on a request, in user's and kernel's mode, with wrk on another core: eight
keep-alive connections, one row of 32 raw columns. MLflow is sent the features ready-made. The servers take turns, so
that a slow minute of the machine hits all of them. A thousand rows are held against reading the same JSON with orjson
and running ONNX on ready-made features, in one process without a server.

    python benchmarks/serve.py [seconds per turn] [--turns N] [--smoke | --write]
"""

from __future__ import annotations

import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks import command
from benchmarks.result import Row, spread
from benchmarks.serving.bundle import bodies, make_bundle, save_for_mlflow
from benchmarks.serving.contestants import running
from benchmarks.serving.wrk import SMOKE, Load, load, resident, spent

LIBRARIES = ("httptools", "mlflow", "onnxruntime", "orjson", "starlette", "uvicorn", "uvloop")
ROWS = 1_000
MANY = ("records", "split", "inputs")
NAMES = {"ours": "one row", "alone": "one row, not batched", "logged": "one row, logged"}
BOUNDS = {"ours": 0.55, "alone": 0.45}
"""What of the throughput of nothing a server reaches at least."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Bench:
    """Servers of one bundle that run side by side, and the loads that they took."""

    def __init__(self, folder: Path, servers: tuple[str, ...], seconds: float, cores: tuple[int, int]) -> None:
        self.folder, self.seconds, self.cores = folder, seconds, cores
        self.bundle = make_bundle(folder / "bundle")
        if "mlflow" in servers:
            save_for_mlflow(self.bundle, folder / "mlflow")
        for rows in (1, ROWS):
            for form, body in bodies(self.bundle, rows).items():
                (folder / f"{form}-{rows}.json").write_bytes(body)
        self.ports = {name: free_port() for name in servers}
        self.pids: dict[str, int] = {}
        self.started: dict[str, float] = {}
        self.loads: dict[str, list[Load]] = {}

    def run(self, turns: int) -> None:
        """Start the servers, one after the other, and let them take turns."""
        with ExitStack() as stack:
            for name, port in self.ports.items():
                ready = self._body(name).read_bytes()
                process = stack.enter_context(running(name, self.bundle, port, self.cores[0], ready))
                self.pids[name] = process.pid
                self.started[name] = spent(process.pid)
            for _ in range(turns):
                for name in self.ports:
                    self._load(name, name, self._body(name))
            for _ in range(turns):
                for form in MANY:
                    self._load("ours", form, self.folder / f"{form}-{ROWS}.json", 1)
            self.megabytes = {name: resident(pid) for name, pid in self.pids.items()}

    def _body(self, name: str) -> Path:
        return self.folder / ("mlflow-1.json" if name == "mlflow" else "records-1.json")

    def _load(self, name: str, kept: str, body: Path, connections: int = 8) -> None:
        found = load(self.pids[name], self.ports[name], body, self.seconds, self.cores[1], connections)
        self.loads.setdefault(kept, []).append(found)

    def cpu(self, name: str) -> float:
        """Give the middle turn's seconds of CPU a request."""
        return statistics.median(found.cpu for found in self.loads[name])

    def bare(self, form: str, times: int) -> float:
        """Measure what a thousand rows take at least, in seconds of CPU: JSON read by orjson, and ONNX Runtime."""
        import orjson

        from mlops.bundle.predictor import Predictor

        predictor = Predictor.open(self.bundle)
        body = (self.folder / f"{form}-{ROWS}.json").read_bytes()
        x = predictor.transform.apply_rows(orjson.loads((self.folder / f"records-{ROWS}.json").read_bytes())[RECORDS])
        taken = []
        for _ in range(times):
            begun = time.process_time()
            orjson.loads(body)
            predictor.model.score(x)
            taken.append(time.process_time() - begun)
        return statistics.median(taken)


RECORDS = "dataframe_records"


def rows_of(bench: Bench, times: int) -> Iterator[Row]:
    """Give what was found."""
    turns = len(bench.loads["ours"])
    noop, cpu = bench.cpu("noop"), {name: bench.cpu(name) for name in bench.loads}
    for name, what in NAMES.items():
        ratio, several = cpu[name] / noop, spread([found.cpu for found in bench.loads[name]])
        told = {"ours": cpu[name] * 1e6, "peer": noop * 1e6, "ratio": ratio, "unit": "µs", "n": turns}
        yield Row(name=f"CPU of {what}, beside nothing", **told, **_bound(name, ratio), spread=several)
    if "mlflow" in cpu:
        ratio = cpu["ours"] / cpu["mlflow"]
        yield Row(
            name="CPU of one row, beside MLflow",
            ours=cpu["ours"] * 1e6,
            peer=cpu["mlflow"] * 1e6,
            ratio=ratio,
            unit="µs",
            n=turns,
            bound="ratio at most 0.1",
            holds=ratio <= 0.1,
        )
    for form, bound in zip(MANY, (2.0, 1.5, 1.5), strict=True):
        bare = bench.bare(form, times)
        ratio, many = cpu[form] / bare, {"unit": "ms", "n": len(bench.loads[form])}
        yield Row(
            name=f"CPU of 1,000 rows as {form}, beside orjson and ONNX Runtime alone",
            **{"ours": cpu[form] * 1e3, "peer": bare * 1e3, "ratio": ratio, **many},
            bound=f"ratio at most {bound}",
            holds=ratio <= bound,
        )
    for share in (50, 99):
        took = [found.percentiles[share] * 1e3 for found in bench.loads["ours"]]
        beside = statistics.median(found.percentiles[share] * 1e3 for found in bench.loads["noop"])
        middle = statistics.median(took)
        told = {"ours": middle, "peer": beside, "ratio": middle / beside, "unit": "ms", "n": turns}
        yield Row(name=f"{share}th percentile of an answer, one row, beside nothing", **told, spread=spread(took))
    started, held = bench.started["ours"], bench.megabytes["ours"]
    yield Row(name="CPU up to the first answer", ours=started, unit="s", n=1, bound="at most 1", holds=started <= 1)
    yield Row(name="memory resident", ours=held, unit="MB", n=1, bound="at most 110", holds=held <= 110)


def _bound(name: str, ratio: float) -> dict[str, Any]:
    most = 1 / BOUNDS[name] if name in BOUNDS else None
    return {} if most is None else {"bound": f"ratio at most {most:.2f}", "holds": ratio <= most}


def main() -> int:
    """Measure, and print the table."""
    parser = command.parser(__doc__)
    parser.add_argument("seconds", type=float, nargs="?", default=4.0, help="seconds per turn")
    parser.add_argument("--turns", type=int, default=5, help="turns of each server")
    parser.add_argument("--without-mlflow", action="store_true", help="do not start MLflow's server")
    asked = parser.parse_args()
    measuring = command.begin(__file__, LIBRARIES, asked)
    cores = sorted(os.sched_getaffinity(0))
    beside = () if asked.smoke or asked.without_mlflow else ("mlflow",)
    with tempfile.TemporaryDirectory() as folder:
        servers, seconds = (*NAMES, "noop", *beside), SMOKE if asked.smoke else asked.seconds
        bench = Bench(Path(folder), servers, seconds, (cores[0], cores[-1]))
        bench.run(1 if asked.smoke else asked.turns)
        found = list(rows_of(bench, 3 if asked.smoke else 200))
        for name, loads in bench.loads.items():
            rate = statistics.median(one.rate for one in loads)
            print(f"{name:8} {rate:9,.0f} requests/s  {bench.cpu(name) * 1e6:9,.1f} µs of CPU a request")
    for row in found:
        peer = "" if row.peer is None else f" / {row.peer:.4g} = {row.ratio:.3f}"
        print(f"{row.name:70} {row.ours:10.4g}{peer} {row.unit}{'' if row.bound is None else f'  ({row.bound})'}")
    return measuring.end(found)


if __name__ == "__main__":
    sys.exit(main())
