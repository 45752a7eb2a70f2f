"""Every page of docs/, typed top to bottom in a repository that it says it begins in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.builders import begun
from tests.builders.pages import Block, Command, blocks, matches, pages
from tests.builders.quick_yaml import dump, load
from tests.conftest import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.long]

TYPED = [page for page in pages() if any(not block.excuse for block in blocks(ROOT / page))]


@pytest.mark.parametrize("page", TYPED)
def test_what_a_page_types_works(page: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    typed, left_out, shells = 0, [], []
    try:
        for block in blocks(ROOT / page):
            if block.excuse:
                left_out.append(f"{page}:{block.number}: {block.excuse}")
                continue
            if block.anew:
                shells.append(begun.begin(block.begins, tmp_path / str(block.number)))
            if block.file:
                write(shells[-1].here, block)
            for command in () if block.file else block.commands:
                hold(f"{page}:{block.number}", command, shells[-1])
                typed += 1
    finally:
        for shell in shells:
            shell.leave()
    with capsys.disabled():
        print("", f"{page}: {typed} commands typed, {len(left_out)} blocks left out", *left_out, sep="\n")


def hold(place: str, command: Command, shell: begun.Shell) -> None:
    code, printed = shell.type(command.line)
    assert code == command.code, f"{place}: $ {command.line}\n{printed}\nended with {code}"
    shown = "\n".join(command.shown)
    known = not command.shown or matches(command.shown, printed.splitlines())
    assert known, f"{place}: $ {command.line}\nprints\n{printed}\nand the page shows\n{shown}"


def write(root: Path, block: Block) -> None:
    """Do what a reader does with a block that names a file: write it, or put its keys into the YAML that is there."""
    path = root / block.file
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix != ".yaml" or not path.exists():
        path.write_text(block.content)
        return
    first = path.read_text().partition("\n")[0]
    path.write_text(f"{first}\n{dump(put(load(path.read_text()), load(block.content)))}")


def put(into: Any, value: Any) -> Any:
    """Put keys into a mapping, items behind those of a list; anything else takes the place of what was there."""
    if isinstance(into, dict) and isinstance(value, dict):
        return into | {key: put(into[key], item) if key in into else item for key, item in value.items()}
    return [*into, *value] if isinstance(into, list) and isinstance(value, list) else value
