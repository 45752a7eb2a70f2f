from __future__ import annotations

import doctest
import gc
import subprocess
import sys

from mlops.files import without_gc
from mlops.files.without_gc import uncollected

ENDS = """\
from mlops.files.without_gc import end_uncollected
class Told:
    def __init__(self):
        self.own = self
    def __del__(self):
        print("looked through")
Told()
"""


def ended(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_the_example_holds() -> None:
    found = doctest.testmod(without_gc)
    assert (found.failed, found.attempted > 0) == (0, True)


def test_afterwards_garbage_is_collected_as_before() -> None:
    assert gc.isenabled()
    with uncollected():
        pass
    assert gc.isenabled()
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_process_that_is_about_to_end_is_not_looked_through() -> None:
    assert ended(ENDS) == "looked through\n"
    assert ended(f"{ENDS}end_uncollected()\n") == ""
