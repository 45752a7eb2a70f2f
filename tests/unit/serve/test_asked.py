"""The clients that ask while bundles change see a loss, and an answer by a bundle that nobody named: planted here."""

from __future__ import annotations

import itertools
import json
import math
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.bundle.contents import Contents
from tests.builders import asked
from tests.builders.asked import Ledger, asking
from tests.builders.bundles import make_bundle
from tests.builders.served import served
from tests.builders.waiting import CEILING

if TYPE_CHECKING:
    import pytest


def test_a_bundle_answers_while_it_is_named_and_a_little_after(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count()
    monkeypatch.setattr(asked.time, "monotonic", lambda: float(next(clock)))
    ledger = Ledger()
    ledger.name("a")  # from 0
    with ledger.switching("a", "b"):  # b from 1, a until 2
        pass
    assert [ledger.late("a", 1.5, 9.0), ledger.late("a", 5.0, 9.0), ledger.late("b", 9.0, 9.5)] == [0.0, 3.0, 0.0]
    assert [ledger.late("b", 0.0, 0.5), ledger.late("c", 0.0, 9.0)] == [math.inf, math.inf]
    ledger.name("a")  # from 3 again
    assert [ledger.late("a", 5.0, 9.0), ledger.late("a", 2.5, 2.75)] == [0.0, 0.5]


def test_an_answer_by_a_bundle_that_nobody_named_is_a_failure(tmp_path: Path) -> None:
    bundle, other = (make_bundle(tmp_path / str(seed), seed=seed) for seed in (1, 2))
    ledger = Ledger()
    ledger.name(Contents.read(other).digest)
    with served(bundle) as server, asking(("127.0.0.1", server.port), (bundle, other), ledger, 1) as clients:
        clients.until(1)
        clients.finish(1)
    assert clients.answered == 0
    assert {line.rpartition(", ")[2] for line in clients.failed} == {"inf s late"}


def test_how_late_an_answer_was_is_told_of_a_failure_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle, ledger = make_bundle(tmp_path / "bundle"), Ledger()
    with ledger.switching(Contents.read(bundle).digest, "another"):
        ledger.name(Contents.read(bundle).digest)
    monkeypatch.setattr(asked, "SLACK", 0.0)
    with served(bundle) as server, asking(("127.0.0.1", server.port), (bundle,), ledger, 1) as clients:
        clients.until(1)
        clients.finish(1)
    assert (clients.answered, clients.latest > 0.0) == (0, True)


def test_another_score_than_the_bundles_own_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle, ledger = make_bundle(tmp_path / "bundle"), Ledger()
    digest = Contents.read(bundle).digest
    ledger.name(digest)
    with served(bundle) as server:
        golden = json.loads((bundle / "golden.json").read_bytes())
        golden["scores"][0] += 1
        (bundle / "golden.json").write_text(json.dumps(golden))
        monkeypatch.setattr(asked, "digest_of", lambda _: digest)
        with asking(("127.0.0.1", server.port), (bundle,), ledger, 1) as clients:
            clients.until(1)
            clients.finish(1)
    assert clients.answered == 0
    assert {line.rpartition(", ")[2] for line in clients.failed} == {"0.000 s late"}


def test_a_connection_that_is_closed_without_an_answer_is_a_failure(tmp_path: Path) -> None:
    def close(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1 << 16)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=close, args=(listener,))
        thread.start()
        with asking(listener.getsockname(), (make_bundle(tmp_path / "bundle"),), Ledger(), 1) as clients:
            clients.until(1)
        thread.join(CEILING)
    assert clients.failed == ["no answer: ConnectionError('closed without an answer')"]
