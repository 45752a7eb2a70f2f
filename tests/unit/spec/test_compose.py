from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops.diagnostics import Position
from mlops.spec.compose import CompositionError, compose
from mlops.spec.layers import Layer, resolve
from mlops.spec.library import Configuration
from mlops.spec.origins import trace
from tests.builders.repositories import make_repository

GOLDEN = Path(__file__).parent.parent.parent / "golden"


def merge(layers: tuple[Layer, ...]) -> dict[str, Any]:
    """Merge as Hydra does: mappings by key, everything else replaced whole."""
    result: dict[str, Any] = {}
    for layer in layers:
        value = {key: item for key, item in layer.document.value.items() if key != "defaults"}
        for part in reversed(layer.package):
            value = {part: value}
        _into(result, copy.deepcopy(value))
    return result


def _into(target: dict[str, Any], value: dict[str, Any]) -> None:
    for key, item in value.items():
        if isinstance(item, dict) and isinstance(target.get(key), dict):
            _into(target[key], item)
        else:
            target[key] = item


@pytest.mark.parametrize("name", ["rand_hie", "digits", "diabetes"])
def test_our_layers_merge_to_what_hydra_composes(name: str, repository: Path) -> None:
    configuration = Configuration(repository)
    layers, found = resolve(configuration, name)
    assert found == ()
    assert merge(layers) == compose(configuration, name)


VALUES = st.recursive(
    st.integers(0, 9) | st.sampled_from(["a", "b"]) | st.none(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("pqr"), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.lists(st.dictionaries(st.sampled_from("stu"), VALUES, min_size=1, max_size=3), min_size=1, max_size=3),
    own=st.dictionaries(st.sampled_from("stu"), VALUES, max_size=3),
    nested=st.booleans(),
)
def test_generated_layers_merge_to_what_hydra_composes(
    tmp_path: Path, files: list[dict[str, Any]], own: dict[str, Any], nested: bool
) -> None:
    import yaml

    root = make_repository(tmp_path)
    names = []
    for index, content in enumerate(files):
        header = "# @package features.deep\n" if nested and index % 2 else ""
        (root / "conf" / "features").mkdir(exist_ok=True)
        (root / "conf" / "features" / f"f{index}.yaml").write_text(header + yaml.safe_dump(content))
        names.append(f"f{index}")
    text = yaml.safe_dump({"defaults": [{"/features": names}, "_self_"], "features": own})
    (root / "conf" / "pipeline" / "p.yaml").write_text("# @package _global_\n" + text)
    configuration = Configuration(root)
    layers, found = resolve(configuration, "p")
    assert found == ()
    if trace(layers, Position("p")).conflicts:
        with pytest.raises(CompositionError):
            compose(configuration, "p")
    else:
        assert merge(layers) == compose(configuration, "p")


def test_composing_reads_neither_environment_nor_resolvers(tmp_path: Path) -> None:
    from omegaconf import OmegaConf

    compose(Configuration(make_repository(tmp_path)), "churn")
    assert not OmegaConf.has_resolver("oc.env")
