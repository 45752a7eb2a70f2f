from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from mlops.cli.main import cli
from mlops.configuration.reading.library import LIBRARY
from mlops.configuration.reading.parse import read
from mlops.errors import ConfigurationError
from mlops.operations.language.schema import FILES, PLACE, check_files, schema, write_files
from tests.builders.repositories import BASE, edit, make_repository
from tests.conftest import ROOT

WRITTEN = [(kind, path) for kind, (place, _) in FILES.items() for path in sorted(ROOT.glob(place))]
GOLDEN = [
    (kind, path)
    for kind, (place, _) in FILES.items()
    for case in sorted((BASE.parent / "ok").iterdir())
    for path in sorted(case.glob(place))
]
SHIPPED = [(kind, path) for kind in FILES for path in sorted((LIBRARY / kind).glob("*.yaml"))]


@cache
def validator(kind: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema(kind))


def hold(kind: str, text: str) -> None:
    """Hold a YAML file against the schema of its kind; raises jsonschema.ValidationError."""
    validator(kind).validate(read("conf/x.yaml", text.encode()).value)


@pytest.mark.parametrize("kind", FILES)
def test_every_schema_is_one_and_describes_every_key(kind: str) -> None:
    made = schema(kind)
    jsonschema.Draft202012Validator.check_schema(made)
    for name, block in {kind: made, **made.get("$defs", {})}.items():
        for key, item in block.get("properties", {}).items():
            assert "description" in item or "$ref" in json.dumps(item), f"{name}.{key} has no docstring"


@pytest.mark.parametrize(("kind", "path"), [*WRITTEN, *SHIPPED], ids=lambda part: getattr(part, "name", part))
def test_the_committed_files_match_their_schema(kind: str, path: Path) -> None:
    hold(kind, path.read_text())


@pytest.mark.parametrize(("kind", "path"), GOLDEN, ids=lambda part: part if isinstance(part, str) else part.stem)
def test_what_compiles_matches_its_schema(kind: str, path: Path) -> None:
    hold(kind, path.read_text())


def test_every_kind_of_file_is_held_against_its_schema() -> None:
    assert {kind for kind, _ in GOLDEN} == set(FILES)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("pipeline", "task: ${pipeline.task}\nseed: ${seed}\nbudget: {minutes: '${trainer.max_epochs}'}"),
        ("pipeline", "model: {mlp: {lr: '${shared.lr}', hidden: ['${shared.width}']}}"),
        ("pipeline", "gates: [{metric: auroc, at_least: '${shared.bound}', mode: '${shared.mode}'}]"),
        ("data", "strict: ${shared.strict}\nsource: {separator: '${shared.separator}', sha256: '${shared.digest}'}"),
        ("model", "{kind: mlp, lr: '${shared.lr}'}"),
        ("trainer", "max_epochs: ${shared.epochs}"),
    ],
)
def test_a_reference_stands_for_any_scalar(kind: str, text: str) -> None:
    hold(kind, text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("trainer", "max_epochs: ${oc.env:HOME}"),
        ("trainer", "max_epochs: 3${shared.epochs}"),
        ("trainer", "max_epochs: $shared"),
        ("pipeline", "model: {'${name}': {kind: mlp}}"),
        ("release", "bundle: ${shared.bundle}"),
        ("project", "ci: {timeout: '${shared.minutes}'}"),
    ],
)
def test_what_is_no_reference_stands_for_none(kind: str, text: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        hold(kind, text)


@pytest.mark.parametrize(("kind", "path"), WRITTEN, ids=lambda part: getattr(part, "name", part))
def test_the_committed_files_name_their_schema(kind: str, path: Path) -> None:
    named = next(line for line in path.read_text().splitlines() if line.startswith("# yaml-language-server: $schema="))
    assert (path.parent / named.partition("=")[2]).resolve() == ROOT / PLACE / f"{kind}.json"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("data", "colums: {}"),
        ("data", "source: {kind: csvv, path: x}"),
        ("pipeline", "tusk: binary"),
        ("pipeline", "model: {mlp: {kind: mlp, lr: fast}}"),
        ("pipeline", "model: {mlp: {hiden: [1]}}"),
        ("pipeline", "gates: [{metrik: auroc}]"),
        ("model", "{kind: mlp, hiden: [1]}"),
        ("gates", "gates: [{at_least: 1}]"),
        ("features", "numeric: {scale: standart}"),
        ("trainer", "max_epochs: many"),
        ("evaluate", "slices: female"),
        ("package", "golden_rows: 0"),
        ("deploy", "port: 99999"),
        ("project", "nam: x"),
        ("policy", "owners: me"),
        ("release", "bundle: latest"),
    ],
)
def test_a_slip_does_not_match(kind: str, text: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        hold(kind, text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("pipeline", "model: {mlp: {lr: 0.1}}"),
        ("pipeline", "model: {own: {kind: 'pipelines.x.model:Net', width: 3}}"),
        ("model", "lr: 0.1"),
        ("data", "rows: {at_least: 3}"),
        ("gates", "gates: [{metric: auroc, at_least: 0.5}]"),
    ],
)
def test_a_part_of_a_composition_matches(kind: str, text: str) -> None:
    hold(kind, text)


def test_the_committed_schemas_and_the_reference_page_are_fresh(repository: Path) -> None:
    assert check_files(repository) == (), "run `mlops schema --write`"


def test_written_files_are_checked_and_never_replace_somebody_elses(tmp_path: Path) -> None:
    root = make_repository(tmp_path)
    assert len(check_files(root)) == len(FILES) + 1
    assert len(write_files(root)) == len(FILES) + 1
    assert (check_files(root), write_files(root)) == ((), ())
    edit(root, f"{PLACE}/data.json", "Everything", "Nothing")
    assert [difference.path for difference in check_files(root)] == [f"{PLACE}/data.json"]
    (root / "conf" / "README.md").write_text("# Ours\n")
    with pytest.raises(ConfigurationError, match="conf/README.md: not written by the compiler"):
        write_files(root)


@pytest.mark.parametrize("kind", FILES)
def test_the_command_line_knows_every_kind(kind: str) -> None:
    result = CliRunner().invoke(cli, ["schema", kind])
    assert json.loads(result.stdout) == schema(kind)
