"""A stage as it is declared: parameters, inputs and outputs, each with the keys of the YAML that it is made of.

What compiles a stage, explains a key and names a changed parameter derives from this. No stage imports its own
declaration: how a section is made out of YAML is no part of what a stage does with it, and must not make it stale.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any, Literal, TypeVar

from mlops.blocks.accepted_leak import AcceptedLeak
from mlops.blocks.block import Block
from mlops.blocks.waiver import Waiver
from mlops.configuration.data import brief, dump
from mlops.configuration.pipeline import Pipeline
from mlops.kinds.kind import Kind
from mlops.plan.stage import Output

Key = tuple[str, ...]
Made = Callable[[Pipeline], Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Subject:
    """What stages are made for: a pipeline, its name, what is let pass, the digest of what other stages may know."""

    name: str
    spec: Pipeline
    waivers: tuple[Waiver, ...] = ()
    accepted_leak: AcceptedLeak | None = None
    configuration: str = ""


@dataclass(frozen=True)
class Parameter:
    """A key of a stage's section; `keys` name the YAML, the first being what a person edits.

    An `optional` one that comes to nothing is left out. Where `made` is not given it is the first key as it stands;
    `whole` says that what lies below it is not laid out as in the YAML.

    >>> Parameter("entity", "data.entity").key
    ('data', 'entity')
    """

    name: str
    keys: str = ""
    made: Made | None = None
    optional: bool = False
    whole: bool = False
    but: str = ""
    """Keys inside the others that it is not made of."""

    @property
    def key(self) -> Key:
        """What a person edits; empty where nothing."""
        return next(iter(split(self.keys)), ())

    def spelt(self, subject: Subject) -> Iterator[tuple[str, Any]]:
        """Spell it for the section."""
        value = _at(subject.spec, self.key) if self.made is None else self.made(subject.spec)
        if value or not self.optional:
            yield self.name, _plain(value)


@dataclass(frozen=True)
class Given:
    """A key of a stage's section that no pipeline's YAML holds."""

    name: Literal["pipeline", "waivers", "accepted_leak", "configuration"]
    keys: str = ""
    but: str = ""

    def spelt(self, subject: Subject) -> Iterator[tuple[str, Any]]:
        """Spell it for the section; what is let pass only where something is."""
        value = subject.name if self.name == "pipeline" else getattr(subject, self.name)
        if value or self.name not in ("waivers", "accepted_leak"):
            yield self.name, brief(value) if isinstance(value, AcceptedLeak) else _plain(value)


@dataclass(frozen=True)
class Spliced:
    """A block of the YAML whose keys are keys of the section; `optional` ones only where they say something."""

    keys: str
    but: str = ""
    optional: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        """Where the block stands."""
        return split(self.keys)[0]

    def spelt(self, subject: Subject) -> Iterator[tuple[str, Any]]:
        """Spell every key of the block."""
        for name, value in dump(_at(subject.spec, self.key)).items():
            if value or name not in self.optional:
                yield name, value


@dataclass(frozen=True)
class Files:
    """Inputs that a pipeline has by what its YAML says."""

    keys: str
    listed: Callable[[Pipeline], Sequence[str]]
    but: str = ""


@dataclass(frozen=True)
class Declaration:
    """A stage: what `mlops.stages.<name>` is given, reads and writes; `wanted` where not every pipeline has it."""

    name: str
    parameters: tuple[Parameter | Given | Spliced, ...]
    inputs: tuple[str | Files, ...]
    outputs: tuple[Output, ...]
    further: Callable[[Pipeline], tuple[Output, ...]] = lambda _: ()
    """Outputs that a pipeline has by what its YAML says."""
    wanted: Callable[[Pipeline], bool] = lambda _: True
    keys: str = ""
    """What decides whether a pipeline has it."""
    kinds: Callable[[Pipeline], Iterable[Kind]] = lambda _: ()
    """What the stage looks up by name of what this pipeline names: their code counts as its own."""
    closing: bool = False
    """It states what all the others did: it carries the code and libraries of each, and a digest of their sections."""

    def section(self, subject: Subject) -> dict[str, Any]:
        """Spell all that the stage may know of the configuration."""
        return dict(pair for parameter in self.parameters for pair in parameter.spelt(subject))

    def reads(self, spec: Pipeline) -> tuple[str, ...]:
        """List the files and folders that it reads, sorted."""
        more = {path for each in self.inputs if isinstance(each, Files) for path in each.listed(spec)}
        return tuple(sorted({each for each in self.inputs if isinstance(each, str)} | more))

    def made_of(self, key: Sequence[str | int]) -> bool:
        """Say whether a key of the YAML, or something inside it, has a say in this stage."""
        parts = (*self.parameters, *(each for each in self.inputs if isinstance(each, Files)))
        held = any(_touch(part.keys, part.but, key) for part in parts)
        return held or _touch(self.keys, "", key)

    def written(self, path: tuple[str | int, ...]) -> tuple[str | int, ...] | None:
        """Translate the path of a parameter into the key that a person edits; None where there is none."""
        for part in self.parameters:
            if isinstance(part, Spliced) or part.name != path[0]:
                continue
            if isinstance(part, Given) or not part.key:
                return None
            if part.whole:  # a part of it that is called as one of the keys is that key
                return next((key for key in split(part.keys) if key[-1] in path[1:2]), part.key)
            return (*part.key, *path[1:])
        return next(((*part.key, *path) for part in self.parameters if isinstance(part, Spliced)), None)


@cache
def split(keys: str) -> tuple[Key, ...]:
    """Take dotted keys apart, which blanks divide."""
    return tuple(tuple(key.split(".")) for key in keys.split())


def once(made: Callable[[Pipeline], T]) -> Callable[[Pipeline], T]:
    """Remember what was made of the last pipeline: several parameters ask for it, and a thousand take turns."""
    last: list[tuple[Pipeline, T]] = []

    @wraps(made)
    def remembered(spec: Pipeline) -> T:
        known = last[:1]
        if not known or known[0][0] is not spec:
            known = [(spec, made(spec))]
            last[:] = known
        return known[0][1]

    return remembered


def leads(prefix: Key, key: Sequence[str | int]) -> bool:
    """Say whether a key stands at a place or inside it; `*` is any name.

    >>> leads(("data", "columns", "*"), ("data", "columns", "age", "type"))
    True
    """
    return len(prefix) <= len(key) and all(part in ("*", str(item)) for part, item in zip(prefix, key, strict=False))


def _touch(keys: str, but: str, key: Sequence[str | int]) -> bool:
    inside = any(leads(each, key) or leads(each[: len(key)], key) for each in split(keys))
    return inside and not any(leads(each, key) for each in split(but))


def _at(spec: Pipeline, key: Key) -> Any:
    value: Any = spec
    for part in key:
        value = getattr(value, part)
    return value


def _plain(value: Any) -> Any:
    """Spell blocks, alone or several, as YAML has them."""
    if isinstance(value, Block):
        return dump(value)
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
