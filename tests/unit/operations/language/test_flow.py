"""What we write as YAML is read back as the same values by every reader it meets."""

from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from omegaconf._utils import get_yaml_loader
from ruamel.yaml import YAML

from mlops.configuration.reading.parse import read
from mlops.operations.language.flow import flow, text

texts = st.text(min_size=1, max_size=30).filter(
    lambda value: "${" not in value and value != "<<" and not re.fullmatch(r"_\w+_", value)
)
scalars = st.one_of(
    texts,
    st.booleans(),
    st.none(),
    st.integers(-(10**16), 10**16),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        ["yes", "No", "null", "~", "1e5", "1.0", "0x1f", "12:30", "2024-01-31", "010", "1_000", "=", ".inf"]
    ),
)


@pytest.mark.slow
@given(st.dictionaries(texts, st.one_of(scalars, st.lists(scalars), st.dictionaries(texts, scalars)), min_size=1))
def test_every_reader_of_yaml_reads_back_what_was_written(value: dict[str, object]) -> None:
    written = "".join(f"{text(key)}: {flow(item)}\n" for key, item in value.items())  # type: ignore[arg-type]
    document = read("f.yaml", written.encode())
    assert document.diagnostics == ()
    assert document.value == value
    assert yaml.safe_load(written) == value
    assert yaml.load(written, Loader=get_yaml_loader()) == value  # noqa: S506 - OmegaConf's loader is a safe one
    assert YAML(typ="safe").load(written) == value


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("marital status", "marital status"),
        ("Größe", "Größe"),
        ("data/a-1.csv", "data/a-1.csv"),
        ("left?", '"left?"'),
        ("a: b", '"a: b"'),
        ("yes", '"yes"'),
        ("1", '"1"'),
        ("tab\t\u2028", '"tab\\t\\u2028"'),
        (1.0, "1.0"),
        (1e22, "1.0e+22"),
        ({"type": "int", "between": (0, None)}, "{type: int, between: [0, null]}"),
    ],
)
def test_it_looks_as_a_person_would_write_it(value: object, written: str) -> None:
    assert flow(value) == written  # type: ignore[arg-type]
