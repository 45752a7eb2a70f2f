from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.compiler.lower.configuration import digest_sections
from mlops.files.canonical import digest_json
from mlops.plan.stage import Stage

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
NESTS = st.recursive(
    LEAVES,
    lambda item: st.lists(item, max_size=3) | st.dictionaries(st.text(max_size=4), item, max_size=3),
    max_leaves=8,
)
SECTIONS = st.dictionaries(st.text(max_size=6), st.dictionaries(st.text(max_size=6), NESTS, max_size=3), min_size=1)


@pytest.mark.slow
@given(SECTIONS)
def test_the_digest_of_sections_is_that_of_their_canonical_json(sections: dict[str, dict[str, Any]]) -> None:
    stages = [Stage(name, "", (), (), section) for name, section in sections.items()]
    assert digest_sections(stages) == digest_json(sections)
