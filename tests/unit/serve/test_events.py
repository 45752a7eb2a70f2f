from __future__ import annotations

import json
import os
from select import PIPE_BUF

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.serve.answer import Answer
from mlops.serve.events import Events, Served, event, trace_of

SERVED = Served("shop", "sha256:1")
AT = 1_796_000_000_123_456_789


def test_a_decision_is_spelt_by_the_elastic_common_schema_and_holds_no_value_of_a_row() -> None:
    said = Answer(200, b'{"predictions":[0.5]}', "p-1", b"r-1", b"ab", 2, {("age", "null"): 1, ("name", "null"): 2})
    assert event(AT, SERVED, said, 0.00025) == {
        "@timestamp": "2026-11-30T00:53:20.123Z",
        "log.level": "info",
        "message": "200, 2 rows scored",
        "ecs.version": "8.11.0",
        "event": {"kind": "event", "action": "decision", "outcome": "success", "duration": 250_000},
        "service": {"name": "shop", "version": "sha256:1"},
        "http": {"request": {"id": "r-1"}, "response": {"status_code": 200}},
        "trace": {"id": "ab"},
        "mlops": {"bundle": "sha256:1", "rows": 2, "refused": {"null": 3}, "prediction_id": "p-1"},
    }


@pytest.mark.parametrize(("status", "level"), [(400, "warn"), (413, "warn"), (500, "error")])
def test_what_was_not_answered_is_a_failure_without_a_prediction(status: int, level: str) -> None:
    told = event(AT, SERVED, Answer(status, identity="p-1", request=b"r"), 1.0)
    assert (told["log.level"], told["event"]["outcome"], "prediction_id" in told["mlops"]) == (level, "failure", False)


def test_events_are_written_a_line_each_and_more_than_are_read_are_counted() -> None:
    read, write = os.pipe()
    events = Events(write, most=2)
    with events._changed:  # the writer waits
        for number in range(3):
            events.add(SERVED, Answer(200, request=b"%d" % number), 1.0)
    events.close()
    events.close()
    os.close(write)
    with os.fdopen(read) as lines:
        assert [json.loads(line)["http"]["request"]["id"] for line in lines] == ["0", "1"]
    assert events.dropped == 1


def test_each_write_is_of_whole_lines_and_one_that_no_other_worker_can_come_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = list[bytes]()

    def write(_: int, data: bytes) -> int:
        if len(written) == 3:
            raise BrokenPipeError(32, "Broken pipe")
        written.append(data)
        return len(data)

    monkeypatch.setattr("mlops.serve.events.os.write", write)
    events = Events()
    with events._changed:
        for number in range(60):
            events.add(SERVED, Answer(200, request=b"%d" % number), 1.0)
    events.close()
    assert all(len(data) <= PIPE_BUF and data.endswith(b"\n") for data in written)
    lines = b"".join(written).splitlines()
    assert [json.loads(line)["http"]["request"]["id"] for line in lines] == [str(n) for n in range(len(lines))]
    assert (len(written), events.dropped) == (3, 60 - len(lines))


def test_nobody_who_reads_is_told_once_and_answers_go_on(capfd: pytest.CaptureFixture[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    events = Events(write)
    events.add(SERVED, Answer(200), 1.0)
    events.close()
    os.close(write)
    assert capfd.readouterr().err == "events cannot be written: Broken pipe; requests are answered\n"
    assert events.dropped == 1


@given(st.binary(max_size=60))
def test_what_is_no_trace_is_none(text: bytes) -> None:
    found = trace_of({b"traceparent": text})
    assert found == b"" or text[3:35] == found


def test_a_trace_of_zeros_is_none() -> None:
    assert trace_of({b"traceparent": b"00-" + b"0" * 32 + b"-" + b"1" * 16 + b"-01"}) == b""
