"""Workers of one server: they count together, one that dies is replaced, and nothing outlives who started them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from mlops.errors import InfrastructureError
from mlops.serve.crew import Crew
from mlops.serve.metrics import Metrics
from mlops.serve.seat import Board, Seat, listeners
from tests.builders.bundles import make_bundle
from tests.builders.served import answer, invocation, request
from tests.builders.waiting import CEILING, end, started, wait_until

SERVE = (
    "import sys; from pathlib import Path; from mlops.serve.server import serve; "
    "serve(Path(sys.argv[1]), port=0, workers=2)"
)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def ask(port: int, message: bytes) -> tuple[int, dict[str, str], bytes]:
    with socket.create_connection(("127.0.0.1", port), CEILING) as client:
        client.sendall(message)
        return answer(client)


def counted(port: int, name: str) -> float:
    page = ask(port, request("GET", "/metrics"))[2].decode()
    return sum(float(line.rpartition(" ")[2]) for line in page.splitlines() if line.startswith(name))


@pytest.mark.slow
def test_workers_count_together_are_replaced_and_outlive_nobody(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    command = [sys.executable, "-m", "mlops", "serve", str(bundle), "--port", "0", "--workers", "2"]
    with started([*command, "--log-format", "ecs"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        told = process.stderr.readline()
        assert told.startswith("serving tiny sha256:")
        assert " by 2 workers at http://127.0.0.1:" in told
        port, (first, second) = int(told.rpartition(":")[2]), children(process.pid)
        for _ in range(20):
            assert ask(port, invocation(bundle))[0] == 200
        assert counted(port, 'mlops_serve_requests_total{status="2xx"}') == 20
        both = counted(port, "process_resident_memory_bytes")
        os.kill(first, signal.SIGKILL)
        assert process.stderr.readline() == (
            f"worker 0 (process {first}) was ended by SIGKILL: another takes its place\n"
        )
        assert counted(port, 'mlops_serve_requests_total{status="2xx"}') == 20  # also before another is there
        wait_until(
            lambda: len(children(process.pid)) == 2 and counted(port, "process_resident_memory_bytes") > both / 2
        )
        assert second in children(process.pid)
        assert counted(port, 'mlops_serve_requests_total{status="2xx"}') == 20
        trace = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        named = invocation(bundle).replace(b"host: x\r\n", f"host: x\r\nx-request-id: a-1\r\n{trace}\r\n".encode())
        status, headers, _ = ask(port, named)
        assert (status, headers["x-request-id"]) == (200, "a-1")
        left = children(process.pid)
        assert end(process, signal.SIGTERM) == 0
        events = [json.loads(line) for line in process.stdout]
        assert process.stderr.read() == ""
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in left))
    (event,) = [event for event in events if event["http"]["request"]["id"] == "a-1"]
    assert event["trace"] == {"id": "4bf92f3577b34da6a3ce929d0e0e4736"}
    assert event["mlops"]["rows"] == 1


@pytest.mark.slow
def test_workers_end_with_who_started_them_and_what_is_wrong_is_told_once(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    with started([sys.executable, "-c", SERVE, str(bundle)], stderr=subprocess.PIPE) as process:
        assert process.stderr.readline()
        left = children(process.pid)
        end(process, signal.SIGKILL)
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in left))
    (bundle / "model.onnx").write_bytes(b"other")
    done = subprocess.run([sys.executable, "-c", SERVE, str(bundle)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("model.onnx has 5 bytes but must have") == 1


def test_without_a_folder_to_meet_in_it_is_said_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    with pytest.raises(InfrastructureError) as caught:
        Crew(2, lambda _: None, lambda _: None)
    said = "several workers need a folder to meet in, and there is none: No such file or directory"
    assert (caught.value.message, caught.value.hint) == (
        said,
        "TMPDIR=/a/folder/that/can/be/written, or --workers 1",
    )


def test_no_worker_is_started_twice_or_after_a_stop_that_came_while_the_first_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlops.serve.crew._folder", lambda: tmp_path)
    crew, begun = Crew(3, lambda _: None, lambda _: None), list[int]()

    def start(number: int) -> bool:
        begun.append(number)
        return False

    monkeypatch.setattr(crew, "_start", start)
    for stopping in (True, False):
        crew._pids, crew._stopping = {1: 0}, stopping
        os.write(crew._told, b"0 tiny\n")
        crew._note()
        assert begun == ([] if stopping else [1, 2])
    crew._due = {1: 0.0}  # it could not begin, and is started again when that is due: twice it would count as one
    os.write(crew._told, b"0 tiny\n")
    crew._note()
    assert begun == [1, 2, 2]
    for listener in crew._listeners:
        listener.close()
    for descriptor in (crew._heard, crew._told, crew._alive, crew._life):
        os.close(descriptor)


def test_a_switch_waits_for_all_workers_and_one_that_refuses_is_enough_against_it() -> None:
    board = Board(3)
    for worker in range(3):
        board.ready(worker, 4)
    assert (board.agreed(4), board.agreed(5)) == (True, None)
    board.ready(0, 5)
    board.ready(2, 5)
    assert board.agreed(5) is None
    board.refuse(1, 5)
    assert board.agreed(5) is False
    for worker in range(3):
        board.ready(worker, 6)
    assert board.agreed(6)
    board.ready(1, 0)  # it ended
    assert board.agreed(6) is None


def test_a_worker_that_waited_in_vain_is_not_ready_for_what_it_gave_up() -> None:
    board = Board(2)
    board.ready(0, 4)
    seat = Seat(0, board, (), 0, 0)
    assert seat.agree(5, lambda: False, patience=0.0) is None
    board.ready(1, 5)
    assert (board.number(0), board.agreed(5)) == (4, None)
    assert seat.agree(5, lambda: False, patience=0.0)


def counting(answers: int) -> Callable[[], bytes]:
    metrics = Metrics({"pipeline": "tiny"}, 7.0)
    for _ in range(answers):
        metrics.add(200, 0.25, 1, {})
    return lambda: metrics.render({})


def total(page: bytes) -> float:
    return sum(float(line.split()[1]) for line in page.decode().splitlines() if line.startswith("mlops_serve_rows_"))


def half_said(listener: socket.socket) -> None:
    """Answer as a worker does that is killed meanwhile."""
    page = counting(7)()
    for _ in range(2):  # the first is a connection that was given up
        with listener.accept()[0] as asked, suppress(OSError):
            asked.sendall(len(page).to_bytes(8) + page[: len(page) // 2])


def say_after(first: socket.socket, then: socket.socket) -> None:
    """Answer as two workers do of which one is late: it says nothing before the other was asked."""
    page = counting(7)()
    with first.accept()[0] as late, then.accept()[0] as other:
        for asked in (late, other):
            asked.sendall(len(page).to_bytes(8) + page)


def test_workers_are_asked_at_once_so_that_none_waits_for_one_that_is_late(tmp_path: Path) -> None:
    places = listeners(tmp_path, 3)
    for place in places:
        place.settimeout(CEILING)
    answering = threading.Thread(target=say_after, args=places[1:])
    answering.start()
    assert total(Seat(0, Board(3), places, 0, 0).summed(counting(3))) == 17
    answering.join(CEILING)
    for place in places:
        place.close()


def test_a_sum_does_not_fall_when_a_worker_is_late_or_ends_in_the_middle_or_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlops.serve.seat._PATIENCE", 0.05)
    board, places = Board(2), listeners(tmp_path, 2)
    one, other = Seat(0, board, places, 0, 0), Seat(1, board, places, 0, 0)
    assert total(one.summed(counting(3))) == 3
    assert total(other.keep(counting(7))) == 7
    assert total(one.summed(counting(3))) == 10  # the other does not answer
    dying = threading.Thread(target=half_said, args=(places[1],))
    dying.start()
    assert total(one.summed(counting(3))) == 10
    dying.join(CEILING)
    after = Seat(1, board, places, 0, 0)
    assert total(after.keep(counting(0))) == 7
    assert total(after.keep(counting(2))) == 9
    assert total(one.summed(counting(4))) == 13
    assert total(Seat(1, board, places, 0, 0).keep(counting(1))) == 10
    for place in places:
        place.close()
