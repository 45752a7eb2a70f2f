"""The client: wrk, eight keep-alive connections from one thread; and what the server spent meanwhile.

The kernel counts a process' time in ticks of 10 ms, over seconds of load: one request in a thousand is no error.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 8
SMOKE = 1  # second of load, in which nothing is measured
_TICK = os.sysconf("SC_CLK_TCK")
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


@dataclass(frozen=True)
class Load:
    """What a turn of load came to; percentiles and `cpu`, which is a request's, in seconds."""

    requests: int
    rate: float
    cpu: float
    percentiles: dict[int, float]


def processes(first: int) -> list[int]:
    """List a process and all that it started, and they."""
    found = [first]
    for pid in found:
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            found += [int(child) for child in task.read_text().split()]
    return found


def spent(pid: int) -> float:
    """Add up the seconds of CPU of a server's processes, in user's and kernel's mode."""
    total = 0
    for each in processes(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICK


def resident(pid: int) -> float:
    """Add up the megabytes (10^6 bytes) that a server's processes hold."""
    pages = sum(int(Path(f"/proc/{each}/statm").read_text().split()[1]) for each in processes(pid))
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def load(pid: int, port: int, body: Path, seconds: float, core: int, connections: int = CONNECTIONS) -> Load:
    """Ask for so many seconds; raises SystemExit where an answer is no 2xx, or wrk is not there for more than a smoke.

    A client that is slower than the server measures itself.
    """
    tool = shutil.which("wrk")
    if tool is None:
        if seconds > SMOKE:
            raise SystemExit("wrk is not installed: apt-get install wrk")
        return _slow(pid, port, body, seconds)
    script = body.with_suffix(".lua")
    script.write_text(
        f'local file = io.open({json.dumps(str(body))}, "rb")\n'
        'wrk.method, wrk.body = "POST", file:read("*a")\n'
        'wrk.headers["Content-Type"] = "application/json"\n'
    )
    url = f"http://127.0.0.1:{port}/invocations"
    asked = [tool, "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--latency", "-s", str(script), url]
    before = spent(pid)
    said = subprocess.run(["taskset", "-c", str(core), *asked], capture_output=True, text=True, check=True).stdout
    after = spent(pid)
    if "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(said)
    requests = int(_found(r"(\d+) requests in", said)[0])
    percentiles = {
        int(share): float(value) * _UNITS[unit]
        for share, value, unit in re.findall(r"^ +(50|75|90|99)% +([\d.]+)(us|ms|s)$", said, re.MULTILINE)
    }
    return Load(requests, float(_found(r"Requests/sec: +([\d.]+)", said)[0]), (after - before) / requests, percentiles)


def _slow(pid: int, port: int, body: Path, seconds: float) -> Load:
    """Ask by one connection, where there is no wrk and figures mean nothing."""
    client, before, took = http.client.HTTPConnection("127.0.0.1", port), spent(pid), list[float]()
    begun = time.perf_counter()
    while not took or time.perf_counter() < begun + seconds:
        asked = time.perf_counter()
        client.request("POST", "/invocations", body.read_bytes(), {"content-type": "application/json"})
        answer = client.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise SystemExit(said.decode())
        took.append(time.perf_counter() - asked)
    client.close()
    shares = {share: statistics.quantiles([*took, *took], n=100)[share - 1] for share in (50, 75, 90, 99)}
    return Load(len(took), len(took) / sum(took), (spent(pid) - before) / len(took), shares)


def _found(pattern: str, text: str) -> tuple[str, ...]:
    found = re.search(pattern, text)
    if found is None:
        raise SystemExit(f"wrk says something else than it did: {text}")
    return found.groups()
