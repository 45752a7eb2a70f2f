"""Who answers the questions of a search: this process in turns, or several, each with the rows in memory."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from mlops.errors import InfrastructureError
from mlops.ml.tuning.trial import Answer
from mlops.stages import trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mlops.ml.tuning.trial import Question
    from mlops.stages.scoring import Scoring

    Score = Callable[[Sequence[Question]], Iterator[tuple[Question, Answer]]]


@contextmanager
def answering(scoring: Scoring, parallel: int) -> Iterator[Score]:
    """Open what scores questions; of several processes none outlives the block, nor this process.

    They are begun with the first questions that are not known yet.
    """
    if parallel == 1:
        yield lambda questions: ((question, trial.answer(scoring, question)) for question in questions)
        return
    with ExitStack() as stack:
        yield _Side(scoring, parallel, stack)


class _Side:
    """Processes side by side, each of which has one question at a time."""

    def __init__(self, scoring: Scoring, parallel: int, stack: ExitStack) -> None:
        self._scoring, self._parallel, self._stack = scoring, parallel, stack
        self._free: queue.SimpleQueue[subprocess.Popen[str]] = queue.SimpleQueue()
        self._threads: ThreadPoolExecutor | None = None

    def __call__(self, questions: Sequence[Question]) -> Iterator[tuple[Question, Answer]]:
        """Answer questions in the order in which they end."""
        if not questions:
            return
        threads = self._begun()
        futures = {threads.submit(self._ask, question): question for question in questions}
        for future in as_completed(futures):
            yield futures[future], future.result()

    def _begun(self) -> ThreadPoolExecutor:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._parallel)
            self._stack.callback(self._threads.shutdown, wait=False, cancel_futures=True)
            for _ in range(self._parallel):
                process = self._stack.enter_context(_started(self._scoring))
                self._free.put(process)
        return self._threads

    def _ask(self, question: Question) -> Answer:
        process = self._free.get()
        _write(process, question.model_dump_json())
        line = "" if process.stdout is None else process.stdout.readline()
        if not line:
            raise InfrastructureError(
                f"the process of a trial of {question.candidate} ended early", hint="its own message stands above"
            )
        self._free.put(process)
        return Answer.model_validate_json(line)


@contextmanager
def _started(scoring: Scoring) -> Iterator[subprocess.Popen[str]]:
    command = (sys.executable, "-P", "-m", trial.__name__)
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
    try:
        _write(process, json.dumps(scoring.told))
        yield process
    finally:
        process.kill()
        process.communicate()


def _write(process: subprocess.Popen[str], line: str) -> None:
    if process.stdin is None:
        raise InfrastructureError("the process of a trial has no pipe")
    try:
        process.stdin.write(line + "\n")
        process.stdin.flush()
    except BrokenPipeError:  # of a process that has ended, there is nothing to read either: it is told there
        return
