"""Our merge against Hydra: the same values, or no answer and Hydra is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mlops.configuration.load import load_pipeline
from mlops.configuration.reading.compose import CompositionError, compose
from mlops.configuration.reading.layers import resolve
from mlops.configuration.reading.library import Configuration
from mlops.configuration.reading.merge import Unsure, merge
from mlops.configuration.reading.origins import Origins
from mlops.diagnostics import Position
from tests.builders.repositories import edit, make_repository

pytestmark = pytest.mark.slow  # sockets, processes, simulations or whole repositories

PACKAGES = ("", "# @package features.deep\n", "# @package _global_\n", "# @package _group_.s\n", "# @package data\n")
REFERENCES = st.sampled_from(
    [
        *("${top}", "${features.s}", "${features.s.p}", "${features.deep.t}", "${data.u}", "${nowhere}", "${features}"),
        *(
            "a ${top} b",
            "${top}${data.s}",
            "x-${features.s.p}",
            r"\${top}",
            "${ top }",
            "${.s}",
            "${data[s]}",
            "${top",
            "???",
        ),
    ]
)
VALUES = st.recursive(
    st.integers(-9, 9) | st.sampled_from(["a", "b", "", 1.5, True, False]) | st.none() | REFERENCES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("pqr"), inner, max_size=2),
    max_leaves=4,
)
CONTENTS = st.dictionaries(st.sampled_from("stu"), VALUES, min_size=1, max_size=3)


def one(configuration: Configuration) -> dict[str, Any] | None:
    layers, found = resolve(configuration, "p")
    assert found == ()
    try:
        return merge(layers)
    except Unsure:
        return None


@pytest.mark.parametrize("name", ["rand_hie", "digits", "diabetes"])
def test_our_pipelines_merge_to_what_hydra_composes(name: str, repository: Path) -> None:
    configuration = Configuration(repository)
    layers, found = resolve(configuration, name)
    assert found == ()
    assert merge(layers) == compose(configuration, name)


# Shrinking would compose by Hydra a thousand times.
@pytest.mark.slow
@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    files=st.lists(st.tuples(st.sampled_from(PACKAGES), CONTENTS), min_size=1, max_size=4),
    own=st.dictionaries(st.sampled_from(["top", "features", "data"]), VALUES | CONTENTS, max_size=3),
    nested=st.booleans(),
    first=st.booleans(),
)
def test_generated_files_merge_to_what_hydra_composes(
    tmp_path: Path, files: list[tuple[str, dict[str, Any]]], own: dict[str, Any], nested: bool, first: bool
) -> None:
    root = make_repository(tmp_path)
    (root / "conf" / "features").mkdir(exist_ok=True)
    for index, (header, content) in enumerate(files):
        inner = ["_self_", f"f{index - 1}"] if index % 2 else [f"f{index - 1}", "_self_"]
        written = {"defaults": inner, **content} if nested and index else content
        (root / "conf" / "features" / f"f{index}.yaml").write_text(header + yaml.safe_dump(written, sort_keys=False))
    names = [f"f{len(files) - 1}"] if nested else [f"f{index}" for index in range(len(files))]
    defaults = ["_self_", {"/features": names}] if first else [{"/features": names}, "_self_"]
    text = yaml.safe_dump({"defaults": defaults, **own}, sort_keys=False)
    (root / "conf" / "pipeline" / "p.yaml").write_text("# @package _global_\n" + text)
    configuration = Configuration(root)
    merged = one(configuration)
    if merged is not None:
        assert repr_sorted(merged) == repr_sorted(compose(configuration, "p"))


def repr_sorted(value: Any) -> str:
    """Tell 1 from 1.0 and from true, which compare equal."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {repr_sorted(value[key])}" for key in sorted(value)) + "}"
    return repr([repr_sorted(item) for item in value]) if isinstance(value, list) else repr(value)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("${number}", 3),
        ("${none}", None),
        ("${mapping}", {"a": 1, "b": 3}),
        ("${mapping.b}", 3),
        ("a ${number} ${none} ${yes} ${float}", "a 3 None True 0.0001"),
    ],
)
def test_references_are_resolved_here(tmp_path: Path, written: str, value: Any) -> None:
    configuration = with_keys(tmp_path, written)
    merged = one(configuration)
    assert merged is not None
    assert merged["key"] == value
    assert merged == compose(configuration, "p")


@pytest.mark.parametrize(
    "written", ["${nowhere}", "${key}", "${other}", "x${mapping}", "${number.deeper}", "${.number}"]
)
def test_what_is_not_plain_is_left_to_hydra(tmp_path: Path, written: str) -> None:
    assert one(with_keys(tmp_path, written)) is None


def test_hydra_says_why_a_reference_does_not_hold(tmp_path: Path) -> None:
    root = make_repository(tmp_path)
    edit(root, "conf/pipeline/churn.yaml", "Who will leave?", "${nowhere}")
    loaded, (found,) = load_pipeline(Configuration(root), "churn")
    assert loaded is None
    assert found.message == "Interpolation key 'nowhere' not found"


def with_keys(folder: Path, written: str) -> Configuration:
    root = make_repository(folder)
    text = f"key: '{written}'\nnumber: 3\nnone: null\nyes_: 1\n\"yes\": true\nfloat: 0.0001\nother: ${{key}}\n"
    text += "mapping: {a: 1, b: '${number}'}\n"
    (root / "conf" / "pipeline" / "p.yaml").write_text("# @package _global_\n" + text.replace("yes_: 1\n", ""))
    return Configuration(root)


def test_a_mapping_over_a_list_has_a_place_and_no_value(tmp_path: Path) -> None:
    root = make_repository(tmp_path)
    (root / "conf" / "pipeline" / "p.yaml").write_text(
        "# @package _global_\ndefaults: [{/features: f}, _self_]\nfeatures: {a: [1]}\n"
    )
    (root / "conf" / "features").mkdir()
    (root / "conf" / "features" / "f.yaml").write_text("a: {b: 1}\n")
    configuration = Configuration(root)
    layers, _ = resolve(configuration, "p")
    assert Origins(layers, Position("p")).conflicts
    assert one(configuration) is None
    with pytest.raises(CompositionError):
        compose(configuration, "p")
