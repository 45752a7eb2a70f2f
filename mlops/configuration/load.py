"""From files to typed pipelines: every problem at once, each at its place."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from mlops.blocks.address import OWN_KIND, own_file
from mlops.blocks.block import Block
from mlops.configuration.checking.checks import check
from mlops.configuration.checking.gate_checks import rules as gate_rules
from mlops.configuration.checking.problem import Problem
from mlops.configuration.data import sources
from mlops.configuration.model import own_code
from mlops.configuration.own_names import undefined
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.policy import Policy
from mlops.configuration.project import Project
from mlops.configuration.reading.compose import CompositionError, compose
from mlops.configuration.reading.document import Document
from mlops.configuration.reading.fleet import Row, read_fleets
from mlops.configuration.reading.layers import Layer, resolve
from mlops.configuration.reading.library import Configuration, there
from mlops.configuration.reading.merge import Endless, Unsure, merge
from mlops.configuration.reading.origins import Origins
from mlops.configuration.reading.problems import diagnoses
from mlops.diagnostics import Diagnostic, Position, inside, nearest, suggest
from mlops.files.dvc_cache import linked
from mlops.files.plain_yaml import Values
from mlops.files.relative import NAME, trouble

_UNBOUNDED = 16  # references, where Hydra composes: these can at most make a text some hundred times longer
_LOOKED_AT = 200  # files of a folder, for one that is named like another
_TOLD = 200  # findings of one block; a file of thousands of unknown keys is no configuration
SomeBlock = TypeVar("SomeBlock", bound=Block)


@dataclass(frozen=True)
class Loaded:
    """A pipeline as written: typed, resolved, and traced to its files."""

    name: str
    spec: Pipeline
    value: Values
    origins: Origins
    layers: tuple[Layer, ...]


def load_pipeline(configuration: Configuration, name: str) -> tuple[Loaded | None, tuple[Diagnostic, ...]]:
    """Read, compose and check one pipeline; None where it cannot be used."""
    loaded, problems = load_typed(configuration, name)
    return None if problems else loaded, problems


def load_typed(configuration: Configuration, name: str) -> tuple[Loaded | None, tuple[Diagnostic, ...]]:
    """Read, compose and check one pipeline; what has types is given however wrong it is, so that more can be told."""
    file = f"conf/pipeline/{name}.yaml"
    fleet = read_fleets(configuration, name)
    row = fleet.rows.get(name)
    if fleet.diagnostics or (found := _missing(configuration, name, Position(file), row)):
        return None, fleet.diagnostics or found
    layers, found = resolve(configuration, name, row.template if row else "")
    if found:
        return None, found
    over = (*((row.over,) if row else ()), *_over(configuration, name))
    layers = (*layers, *over)
    origins = Origins(layers, Position(row.position.file if row else file))
    value, found = _compose(layers, origins, lambda: _by_hydra(configuration, name, row, over))
    if value is None:
        return None, found
    spec, found = _parse(Pipeline, value, origins)
    if spec is None:
        return None, found
    problems = [Diagnostic(_place(origins, p, value), p.message, p.hint, p.rule) for p in check(spec)]
    problems += _files(configuration, name, spec, origins)
    return Loaded(name, spec, value, origins, layers), tuple(problems)


def _place(origins: Origins, problem: Problem, value: Values) -> Position:
    """Place a problem in its file, inside a text where it is of a part of one."""
    place = origins.where(problem.path)
    if problem.part is None:
        return place
    text: Any = value
    for key in problem.path:
        text = text[key]
    return inside(place, text, problem.part)


def names(configuration: Configuration) -> tuple[str, ...]:
    """List the pipelines: one a file of `conf/pipeline/`, one a row of `conf/fleet/`."""
    return tuple(sorted({*configuration.options("pipeline"), *read_fleets(configuration).rows}))


def unknown(configuration: Configuration, name: str) -> tuple[Diagnostic, ...]:
    """Say that there is no pipeline of a name, and which are near; nothing where there is one."""
    row = read_fleets(configuration, name).rows.get(name)
    return _missing(configuration, name, Position(f"conf/pipeline/{name}.yaml"), row)


def load_project(configuration: Configuration) -> tuple[Project | None, tuple[Diagnostic, ...]]:
    """Read `conf/project.yaml`; a link of `conf/` that leads out of the repository is a finding, whoever reads it."""
    if found := configuration.links.diagnostics():
        return None, found
    return _single(configuration, Project, "project")


def load_policy(configuration: Configuration) -> tuple[Policy | None, tuple[Diagnostic, ...]]:
    """Read `conf/policy.yaml`."""
    return _single(configuration, Policy, "policy")


def parse_document(model: type[SomeBlock], document: Document) -> tuple[SomeBlock | None, tuple[Diagnostic, ...]]:
    """Type the content of one file that is not composed of others."""
    if document.diagnostics or document.root is None:
        return None, document.diagnostics
    origins = Origins((Layer(document, ()),), Position(document.file))
    return _parse(model, document.value, origins)


def _over(configuration: Configuration, name: str) -> tuple[Layer, ...]:
    """List what is set over a pipeline that stands in no file."""
    over = configuration.over.get(name)
    return () if over is None else (Layer(over, ()),)


def _compose(
    layers: tuple[Layer, ...], origins: Origins, by_hydra: Callable[[], Values]
) -> tuple[Values | None, tuple[Diagnostic, ...]]:
    """Merge the layers; where merging is unsure, Hydra composes, or says what is wrong."""
    if any(_configures_hydra(layer) for layer in layers):  # which it would obey silently
        where = origins.where(("hydra",), key=True)
        return None, (Diagnostic(where, "unknown key `hydra`", suggest("hydra", Pipeline.model_fields), "unknown-key"),)
    try:
        return merge(layers), ()
    except Endless:
        return None, (_endless(origins),)
    except Unsure:
        return _unsure(layers, origins, by_hydra)


def _unsure(
    layers: tuple[Layer, ...], origins: Origins, by_hydra: Callable[[], Values]
) -> tuple[Values | None, tuple[Diagnostic, ...]]:
    if origins.conflicts:
        return None, tuple(conflict.told() for conflict in origins.conflicts)
    if sum(_references(layer.document.value) for layer in layers) > _UNBOUNDED:
        return None, (_endless(origins),)
    try:
        return by_hydra(), ()
    except CompositionError as error:
        return None, (Diagnostic(origins.where(error.key), error.message, error.hint, "composition"),)


def _by_hydra(configuration: Configuration, name: str, row: Row | None, over: tuple[Layer, ...]) -> Values:
    """Have Hydra compose, which reads files: what nobody wrote yet it does not know."""
    if configuration.unwritten:
        hint = "write it there, or keep to plain references: `${data.target}`"
        raise CompositionError("Hydra alone can compose this, from files, and this change is in none", hint=hint)
    values = tuple(layer.document.value for layer in over)
    return compose(configuration, name, file=row.template if row else "", over=values)


def _missing(configuration: Configuration, name: str, position: Position, row: Row | None) -> tuple[Diagnostic, ...]:
    if not NAME.fullmatch(name):
        meant = name.rstrip("/").rpartition("/")[2].removesuffix(".yaml")
        if meant != name and meant in names(configuration):
            place = Position(f"conf/pipeline/{meant}.yaml")
            return (Diagnostic(place, f"`{name}` is a path, not the name of a pipeline", f"write `{meant}`", "name"),)
        hint = "use lower-case letters, digits, `_` and `-`, beginning with a letter or digit"
        return (Diagnostic(position, f"`{name}` is not the name of a pipeline", hint, "name"),)
    if row is None and configuration.document(f"pipeline/{name}") is None:
        hint = suggest(name, names(configuration)) or "`conf/pipeline/` has no file yet: mlops new"
        return (Diagnostic(position, f"there is no pipeline `{name}`", hint, "unknown-pipeline"),)
    return ()


def _endless(origins: Origins) -> Diagnostic:
    message = "references are circular, or expand to more than 100,000 values"
    return Diagnostic(origins.fallback, message, "write plain `${key.of.this.file}`, and fewer", "yaml-size")


def _references(value: Any) -> int:
    """Count the references of a nest; what Hydra makes of them is not bounded otherwise."""
    if isinstance(value, dict):
        return sum(_references(item) + _references(key) for key, item in value.items())
    if isinstance(value, list):
        return sum(_references(item) for item in value)
    return value.count("${") if isinstance(value, str) else 0


def _configures_hydra(layer: Layer) -> bool:
    return layer.package[0] == "hydra" if layer.package else "hydra" in layer.document.value


def _single(
    configuration: Configuration, model: type[SomeBlock], name: str
) -> tuple[SomeBlock | None, tuple[Diagnostic, ...]]:
    document = configuration.document(name)
    if document is None:
        found = Diagnostic(Position(f"conf/{name}.yaml"), "the file is missing", "write it: mlops init", "missing-file")
        return None, (found,)
    return parse_document(model, document)


def _parse(model: type[SomeBlock], value: Any, origins: Origins) -> tuple[SomeBlock | None, tuple[Diagnostic, ...]]:
    try:
        return model.model_validate(value), ()
    except ValidationError as error:
        return None, diagnoses(error.errors(include_url=False), model, origins, value, _TOLD)


def _files(configuration: Configuration, name: str, spec: Pipeline, origins: Origins) -> list[Diagnostic]:
    """Check that the files a pipeline names are there, and inside its folder."""
    found: list[Diagnostic] = []
    for path, source in sources(spec.data):
        if source.package is None and "beside" not in path:
            found += _file(configuration, source.path, name, partial(origins.where, (*path, "path")), data=True)
    if spec.data.drift is not None:
        reference = partial(origins.where, ("data", "drift", "reference"))
        found += _file(configuration, spec.data.drift.reference, name, reference, data=True)
    for stage, made in spec.stages.items():
        for index, read in enumerate(made.inputs):
            found += _file(
                configuration, read, name, partial(origins.where, ("stages", stage, "inputs", index)), data=True
            )
    for key, own in _own_code(spec):
        file, where = own_file(own), partial(origins.where, key)
        if not own.startswith(f"pipelines.{name}."):
            hint = f"move it to pipelines/{name}/ and write `pipelines.{name}.{file.removesuffix('.py')}:...`"
            found.append(Diagnostic(where(), f"`{own}` is another pipeline's", hint, "path-outside"))
        else:
            missing = _file(configuration, file, name, where)
            found += missing or undefined(Path(f"{configuration.root}/pipelines/{name}/{file}"), own, where())
    return found


def _own_code(spec: Pipeline) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """List what is named of a pipeline's own code, with the key that names it."""
    for candidate, model in spec.model.items():
        if (own := own_code(model)) is not None:
            yield ("model", candidate, own[0]), own[1]
    for stage, made in spec.stages.items():
        yield ("stages", stage, "use"), made.use
    for index, rule in enumerate(spec.data.checks):
        yield ("data", "checks", index, "use"), rule.use
    for path, gate in gate_rules(spec):
        if gate.own is not None and OWN_KIND.fullmatch(gate.own):
            yield (*path, "metric"), gate.own


def _file(
    configuration: Configuration, relative: str, name: str, where: Callable[[], Position], *, data: bool = False
) -> list[Diagnostic]:
    shown = f"pipelines/{name}"
    hint = f"put the file into {shown}/"
    if (why := trouble(relative)) is not None:
        if "://" in relative:
            why, hint = "is an address", f"bring the file into {shown}/, such as by `dvc import-url`"
        elif "\\" in relative and trouble(plain := relative.replace("\\", "/")) is None:
            hint = f"write / between folders: {plain}"
        said = f"`{relative[:200]}` {why}" if relative.isprintable() else f"{relative[:200]!r} {why}"
        return [Diagnostic(where(), said, hint, "path-outside")]
    path = Path(f"{configuration.root}/{shown}/{relative}")
    if not _inside(path, f"{configuration.links.home}/{shown}") and not (data and linked(path)):
        if data and path.is_symlink():
            hint += ", or `dvc checkout` if DVC tracks it: a link must lead to what a .dvc file records, in DVC's cache"
        return [Diagnostic(where(), f"`{relative}` is outside of {shown}/", hint, "path-outside")]
    if not (there(path) or (data and path.is_dir())):
        if near := nearest(relative, _files_in(Path(f"{configuration.root}/{shown}"))):
            hint = f"did you mean `{near}`? otherwise {hint}"
        return [Diagnostic(where(), f"there is no file {shown}/{relative}", hint, "missing-file")]
    return []


def _files_in(folder: Path) -> Iterator[str]:
    """List some files of a folder, by which a slip of the pen is found."""
    files = (file for file in folder.rglob("*") if there(file))
    return (file.relative_to(folder).as_posix() for file in islice(files, _LOOKED_AT))


def _inside(path: Path, home: str) -> bool:
    """Whether a path stays in its folder once links are followed; the folder itself may not be a link away."""
    try:
        return os.path.realpath(path, strict=True).startswith(home + os.sep)
    except OSError:  # nothing is there, or a ring of links
        pass
    try:
        return path.resolve().is_relative_to(home)
    except (OSError, RuntimeError):
        return False
