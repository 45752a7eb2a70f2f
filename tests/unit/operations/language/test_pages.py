"""Every page of docs/ is typed by a test, or says of each block why not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.builders import begun
from tests.builders.pages import SHELLS, Block, Command, blocks, matches, pages
from tests.conftest import ROOT

NOT_RUN = 11
"""Blocks that no test types: one more is one more that may be wrong."""


def silent(block: Block) -> bool:
    return not block.excuse and block.begins not in begun.NAMES


@pytest.mark.parametrize("page", pages())
def test_a_page_says_where_it_begins_or_why_it_is_not_typed(page: str) -> None:
    assert [f"{page}:{block.number}" for block in blocks(ROOT / page) if silent(block)] == []


@pytest.mark.parametrize("page", pages())
def test_a_test_that_types_a_page_reads_it(page: str) -> None:
    for block in blocks(ROOT / page):
        if block.excuse.startswith("run by: "):
            for test in block.excuse.removeprefix("run by: ").split(", "):
                assert page in (ROOT / test).read_text()


def test_no_more_blocks_are_left_out_than_there_were() -> None:
    left_out = [
        f"{page}:{block.number}: {block.excuse}"
        for page in pages()
        for block in blocks(ROOT / page)
        if block.excuse.startswith("not run: ")
    ]
    print(*left_out, f"{len(left_out)} blocks are not run", sep="\n")
    assert len(left_out) <= NOT_RUN


PAGE = """\
# A page

<!-- begins: ran -->

```yaml
# conf/pipeline/churn.yaml
seed: 3
```

```console
$ mlops gate churn  # ends with 2
verdict: fail
...
$ true
```

<!-- not run: it needs a GPU -->

```sh
mlops run churn
```

1. A list.

   ```sh
   one \\
     two
   # a remark
   ```
"""


def test_how_a_page_is_read(tmp_path: Path) -> None:
    (page := tmp_path / "page.md").write_text(PAGE)
    file, console, left_out, listed = blocks(page)
    assert (file.file, file.anew, file.begins) == ("conf/pipeline/churn.yaml", True, "ran")
    assert list(console.commands) == [
        Command("mlops gate churn  # ends with 2", 2, ("verdict: fail", "...")),
        Command("true", 0, ()),
    ]
    assert (left_out.excuse, left_out.number) == ("not run: it needs a GPU", 19)
    assert [command.line for command in listed.commands] == ["one    two"]
    assert not any((console.anew, left_out.anew, listed.anew, listed.excuse))


def test_a_page_without_either_is_found(tmp_path: Path) -> None:
    (page := tmp_path / "page.md").write_text(re.sub(r"<!--.*?-->", "", PAGE))
    assert [silent(block) for block in blocks(page)] == [True] * 4


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a\n...\nd", "a\nb\nc\nd", True),
        ("a\n...", "a", True),
        ("took ... s", "took 3.4 s", True),
        ("took ... s", "took 3.4 s\nmore", False),
        ("a", "b", False),
        ("...\nb\n...", "a\nc", False),
        ("a.c", "abc", False),
    ],
)
def test_dots_stand_for_what_varies(shown: str, printed: str, same: bool) -> None:
    assert matches(tuple(shown.splitlines()), printed.splitlines()) is same


def test_all_languages_of_a_shell_are_known() -> None:
    used = {match for page in pages() for match in re.findall(r"^ *```(\w+)", (ROOT / page).read_text(), re.MULTILINE)}
    assert used & {"zsh", "fish", "shell", "terminal", "powershell", "cmd"} <= set(SHELLS)
