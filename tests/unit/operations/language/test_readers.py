"""Who reads a key: every key has a reader, and what changes with it is among them."""

from __future__ import annotations

import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
import yaml
from pydantic import BaseModel

from mlops.configuration.pipeline import Pipeline
from mlops.configuration.project import Project
from mlops.errors import ConfigurationError
from mlops.operations.language.explain import Setting, explain
from mlops.operations.language.readers import readers
from mlops.operations.workspace import Workspace, open_workspace
from tests.builders.every_key import EVERY_KEY, every_key, places, written


def leaves(kind: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """List the keys of a block and of those inside it; `*` stands for a name that the user chooses."""
    origin = get_origin(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            inner = [*leaves(field.annotation, (*path, field.alias or name))] if len(path) < 6 else []
            yield from inner or [(*path, field.alias or name)]
    elif origin in (Annotated, Union, types.UnionType):
        for part in get_args(kind)[: 1 if origin is Annotated else None]:
            yield from leaves(part, path)
    elif origin is dict:
        yield from leaves(get_args(kind)[1], (*path, "*"))
    elif origin is tuple:
        yield from leaves(get_args(kind)[0], (*path, "*"))


ALL = sorted({*leaves(Pipeline), *leaves(Project)})


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return every_key(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def workspace(root: Path) -> Workspace:
    return open_workspace(root)


def test_every_key_has_a_reader() -> None:
    assert len(ALL) > 200
    assert [".".join(key) for key in ALL if not readers(key)] == []


@pytest.mark.parametrize(
    ("key", "read"),
    [
        ("blue_green.ports", ("mlops serve", "files in deploy/")),
        ("metrics.otlp", ("mlops serve",)),
        ("repository", ("files in deploy/", "mlops image", "job image")),
        ("guardrail.alarms", ("files in deploy/",)),
    ],
)
def test_what_serves_reads_the_keys_of_its_target(key: str, read: tuple[str, ...]) -> None:
    assert readers(("deploy", "near", *key.split("."))) == read


def test_a_key_that_nobody_knows_has_none() -> None:
    assert readers(("nonsense",)) == ()


@pytest.mark.parametrize(
    ("key", "value", "where", "read"),
    [
        ("evaluate.cost.unit", "EUR", "conf/pipeline/churn.yaml:44:93", ("bundle", "evaluate", "gate")),
        ("monitor.drift.at_least", 0.2, "conf/pipeline/churn.yaml:77:15", ("job due", "job watch", "mlops monitor")),
        ("monitor.retrain.cooldown_days", 3, "conf/pipeline/churn.yaml:90:56", ("job retrain", "mlops retrain")),
        ("card.contact", "growth@shop.example", "conf/pipeline/churn.yaml:65:12", ("package", "policy")),
        ("budget.money", 2.5, "conf/pipeline/churn.yaml:91:30", ("policy", "mlops plan")),
        ("gates.4.fairness", "equal_opportunity_difference", "conf/pipeline/churn.yaml:51:16", None),
        ("environments.staging.timeout", 20, "conf/project.yaml:26:14", ("jobs reconcile-*",)),
        ("environments.prod.timeout", 30, "", ("jobs reconcile-*",)),
        ("environments.staging.propose", True, "conf/project.yaml:24:14", ("job register",)),
    ],
)
def test_a_key_of_a_newer_block_tells_value_place_and_readers(
    workspace: Workspace, key: str, value: Any, where: str, read: tuple[str, ...] | None
) -> None:
    found = explain(workspace, "churn", key)
    assert (found.value, found.settings[-1]) == (value, Setting(value, where))
    assert found.readers == (read or ("evaluate", "measure", "gate"))


def test_an_unknown_environment_is_refused_with_the_nearest(workspace: Workspace) -> None:
    with pytest.raises(ConfigurationError) as caught:
        explain(workspace, "churn", "environments.prud")
    assert (caught.value.message, caught.value.hint[:22]) == (
        "there is no key `prud` in environments",
        "did you mean `prod`? a",
    )


def test_a_stage_that_the_pipeline_does_not_have_is_left_out(workspace: Workspace) -> None:
    assert explain(workspace, "digits", "gates").readers == ("validate", "evaluate", "gate")


def other(value: Any) -> Any:
    """Give another value of the same kind."""
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else value * 1.01 if isinstance(value, float) else None


@pytest.mark.slow
def test_whatever_changes_with_a_key_is_among_its_readers(root: Path, workspace: Workspace) -> None:
    before = {stage.name: (stage.section, stage.inputs) for stage in workspace.pipeline("churn").stages}
    changed_by = 0
    for place in places():
        if place.file not in ("conf/pipeline/churn.yaml", "conf/data/churn.yaml") or place.is_key:
            continue
        path = ("data", *place.path) if "data/" in place.file else place.path
        value = _at(place.file, place.path)
        if other(value) is None:
            continue
        kept = (root / place.file).read_text()
        (root / place.file).write_text(written(place, other(value)))
        try:
            stages = open_workspace(root, ("churn",)).pipeline("churn").stages
        except ConfigurationError:
            continue
        finally:
            (root / place.file).write_text(kept)
        moved = {stage.name for stage in stages if before.get(stage.name) != (stage.section, stage.inputs)}
        moved.discard("package" if readers(path) != ("package",) else "")  # it carries a digest of all of it
        assert moved <= set(readers(path)), (str(place), moved, readers(path))
        changed_by += bool(moved)
    assert changed_by > 50


def _at(file: str, path: tuple[str | int, ...]) -> Any:
    value = yaml.safe_load((EVERY_KEY / file).read_text())
    for key in path:
        value = value[key]
    return value
