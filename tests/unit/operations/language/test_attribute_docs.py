"""The texts below keys are those that pydantic itself would read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic._internal._docs_extraction import extract_docstrings_from_cls

from mlops.blocks.block import Block
from mlops.operations.language.attribute_docs import texts
from mlops.operations.language.schema import FILES


def blocks(block: type[Block] = Block) -> Iterator[type[Block]]:
    for each in block.__subclasses__():
        if each.__module__.startswith("mlops."):
            yield each
            yield from blocks(each)


BLOCKS = sorted(set(blocks()), key=lambda block: (block.__module__, block.__name__))


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.__name__)
def test_it_reads_what_pydantic_would(block: type[Block]) -> None:
    own = extract_docstrings_from_cls(block, use_inspect=True)
    found = texts(block)
    assert {name: text for name, text in found.items() if name in own} == own
    inherited = {name for base in block.__mro__[1:] if issubclass(base, Block) for name in texts(base)}
    assert set(found) == set(own) | inherited


def test_there_are_blocks_and_most_keys_say_something() -> None:
    assert {block for _, block in FILES.values() if isinstance(block, type)} <= set(BLOCKS)
    assert len(BLOCKS) > 30
    assert sum(len(texts(block)) for block in BLOCKS) > 150
