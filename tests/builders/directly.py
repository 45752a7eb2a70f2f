"""A server's direct way, asked in memory: connections keep what they are told, and the event loop is a list."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from mlops.blocks.batch import Batch
from mlops.serve.answer import Answer
from mlops.serve.app import create
from mlops.serve.direct import Client as Awaiting
from mlops.serve.direct import Direct


class Loop:
    """Calls later when it is told to."""

    def __init__(self) -> None:
        self.due: list[Handle] = []

    def call_soon(self, call: Callable[[], None]) -> Handle:
        self.due.append(made := Handle(call))
        return made

    def call_later(self, _: float, call: Callable[[], None]) -> Handle:
        return self.call_soon(call)

    def turn(self) -> None:
        """Call what is due."""
        due, self.due = self.due, []
        for handle in due:
            handle.run()


class Handle:
    """A call that may be cancelled."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._call: Callable[[], None] | None = call

    def cancel(self) -> None:
        self._call = None

    def run(self) -> None:
        if self._call is not None:
            self._call()


class Client:
    """A connection of which only the answer is of interest."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.told: list[Answer] = []

    def reply(self, said: Answer, _: bytes) -> None:
        self.told.append(said)


class Directly:
    """The direct way of a bundle."""

    def __init__(self, bundle: Path, batch: Batch | None = None, **options: Any) -> None:
        self.app = create(bundle, **options)
        self.answering = self.app.state.answering
        self.loop = Loop()
        self.direct = Direct(self.answering, batch or Batch())

    def batched(self, batch: Batch) -> Directly:
        """Batch otherwise."""
        self.direct = Direct(self.answering, batch)
        return self

    def send(self, body: bytes) -> Client:
        """Send a body on a connection of its own; it may have to wait for a turn of the loop."""
        client = Client(self.loop)
        self.direct.take(cast("Awaiting", client), self.answering.begin(), body)
        return client
