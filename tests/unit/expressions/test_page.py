"""The page of expressions lists every function, as it is called and with what it gives."""

from __future__ import annotations

from mlops.expressions.functions import FUNCTIONS
from mlops.expressions.parse import usage
from tests.conftest import ROOT


def test_the_page_lists_every_function() -> None:
    page = (ROOT / "docs/howto/derive.md").read_text()
    listed = [line for line in page.splitlines() if line.startswith("| `") and "(" in line]
    wanted = [f"| `{usage(name)}` | {known.says} |" for name, known in FUNCTIONS.items()]
    assert [line for line in wanted if line not in listed] == []
