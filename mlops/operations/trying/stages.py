"""What of a pipeline a trial does: its stages up to training, of which those that are as recorded are not run again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from mlops.files.canonical import digest_json
from mlops.files.plain_yaml import Values
from mlops.operations.dvc.lock import LockedStage
from mlops.operations.external_inputs import given, within
from mlops.operations.planning.difference import differences
from mlops.plan.pipeline import PipelinePlan
from mlops.plan.stage import Stage

TRAIN = "train"
TUNE = "tune"
SPLIT, FEATURES = "artifacts/split", "artifacts/features"
REPORTS = ("reports/data.json", "reports/split.json")
_BEYOND = ("explain", "learning_curve", "backtest", "origins", "forecast", "target", "refit", "tuned")
"""What training does beside the score on validation; the first of them looks at rows of every part."""


@dataclass(frozen=True)
class Recorded:
    """The last run of a pipeline, and what there is of it.

    `digest` names what lies at a path of the pipeline's folder as DVC does, None where nothing does; `there` says
    whether an output can be had under the name that DVC has for it.
    """

    locked: Mapping[str, LockedStage]
    digest: Callable[[str], str | None]
    there: Callable[[str, str], bool]
    winners: Mapping[str, Values] = field(default_factory=dict)
    """What a search for parameters left, by candidate: a trial takes it, and searches nothing."""


@dataclass(frozen=True)
class Work:
    """What one trial does: the parameters by stage, the stages that run, and what all of it is called."""

    key: str
    prepared: str
    """What the stages before training make is called; trials that have it in common share it."""
    parameters: Values
    train: Values
    """The parameters of `train`, of what is trained alone."""
    before: tuple[str, ...]
    """Stages that run before training, in running order; of the others what was recorded is taken."""
    taken: Mapping[str, str]
    """Outputs that are taken as recorded, by path: the names that DVC has for them."""
    given: tuple[str, ...]
    """Files and folders that the stages which run read and none of them makes."""


def until_train(pipeline: PipelinePlan) -> tuple[str, ...]:
    """Name the stages up to training, in running order; a search is none of them."""
    names = tuple(stage.name for stage in pipeline.stages if stage.name != TUNE)
    return names[: names.index(TRAIN) + 1]


def focus(keys: Iterable[str]) -> frozenset[str]:
    """Name the candidates that overrides are about; none where they may be about all.

    Each candidate learns by itself, from a seed of its own, so that the others stay as they were recorded.

    >>> sorted(focus(["model.mlp.lr", "model.mlp.hidden"])), sorted(focus(["model.mlp.lr", "seed"]))
    (['mlp'], [])
    """
    parts = [key.split(".") for key in keys]
    about = all(len(part) > 2 and part[0] == "model" for part in parts)
    return frozenset(part[1] for part in parts) if about else frozenset()


def work(pipeline: PipelinePlan, about: frozenset[str], recorded: Recorded, keys: Iterable[str] = ()) -> Work:
    """Decide what a trial does, of which only candidates that it is `about` are trained, if any are named.

    What it sets itself, by `keys`, stands over what a search left.
    """
    *names, _ = until_train(pipeline)
    found = as_recorded(pipeline, recorded)
    before = tuple(name for name in names if name not in found)
    known = _identities(pipeline, names, recorded)
    last = pipeline.stage(TRAIN)
    section = _trained(last.section, about, recorded.winners, frozenset(keys))
    key = digest_json([known[names[-1]], section, _digests(pipeline, last, recorded)])
    return Work(
        key=short(key),
        prepared=short(digest_json([known[name] for name in names])),
        parameters={name: pipeline.stage(name).section for name in (*names, TRAIN)},
        train=section,
        before=before,
        taken=_taken(pipeline, found),
        given=tuple(sorted({path for name in (*before, TRAIN) for path in given(pipeline)[name]})),
    )


def short(digest: str) -> str:
    """Shorten a digest to what a person types.

    >>> short("sha256:0123456789abcdef")
    '01234567'
    """
    return digest.partition(":")[2][:8]


def as_recorded(pipeline: PipelinePlan, recorded: Recorded) -> dict[str, LockedStage]:
    """Find the stages before training that ran just as they are described now, and whose outputs are not lost."""
    *names, _ = until_train(pipeline)
    found: dict[str, LockedStage] = {}
    for name in names:
        stage, known = pipeline.stage(name), recorded.locked.get(name)
        above = {other.name for other in pipeline.upstream(stage)}
        if known is not None and above <= found.keys() and _ran_so(pipeline, stage, known, recorded):
            found[name] = known
    while lost := [name for name in found if _lost(pipeline, name, found, recorded)]:
        found = {name: stage for name, stage in found.items() if name not in lost}
    return found


def _ran_so(pipeline: PipelinePlan, stage: Stage, known: LockedStage, recorded: Recorded) -> bool:
    outputs = {output.path for output in stage.outputs}
    read = given(pipeline)[stage.name]
    return (
        outputs <= known.outputs.keys()
        and not any(differences(known.section, stage.section))
        and all(known.inputs.get(path) == recorded.digest(path) for path in read)
    )


def _lost(pipeline: PipelinePlan, name: str, found: Mapping[str, LockedStage], recorded: Recorded) -> bool:
    """Whether a stage has an output that is needed and cannot be had."""
    needed = _taken(pipeline, found)
    return any(path in needed and not recorded.there(path, digest) for path, digest in found[name].outputs.items())


def _taken(pipeline: PipelinePlan, found: Mapping[str, LockedStage]) -> dict[str, str]:
    """List the recorded outputs that are read: by a stage that runs, or by the trial itself."""
    running = [pipeline.stage(name) for name in until_train(pipeline)[:-1] if name not in found]
    read = {SPLIT, FEATURES, *REPORTS, *(path for stage in running for path in stage.inputs)}
    outputs = [output for stage in found.values() for output in stage.outputs.items()]
    return {path: digest for path, digest in outputs if any(within(each, {path}) for each in read)}


def _trained(section: Values, about: frozenset[str], winners: Mapping[str, Values], keys: frozenset[str]) -> Values:
    """Keep of the parameters of `train` what the scores depend on: no studies, and the candidates that it is about."""
    kept = {key: value for key, value in section.items() if key not in _BEYOND}
    candidates = {
        name: asked | _left({} if "tuned" not in section else winners.get(name, {}), name, keys)
        for name, asked in kept["candidates"].items()
        if not about or name in about
    }
    return {**kept, "candidates": candidates}


def _left(winner: Values, name: str, keys: frozenset[str]) -> Values:
    return {key: value for key, value in winner.items() if f"model.{name}.{key}" not in keys}


def _identities(pipeline: PipelinePlan, names: Iterable[str], recorded: Recorded) -> dict[str, str]:
    """Name what each stage makes by all that it is made of."""
    found: dict[str, str] = {}
    for name in names:
        stage = pipeline.stage(name)
        above = sorted(found[other.name] for other in pipeline.upstream(stage) if other.name in found)
        found[name] = digest_json([name, stage.section, above, _digests(pipeline, stage, recorded)])
    return found


def _digests(pipeline: PipelinePlan, stage: Stage, recorded: Recorded) -> list[list[str | None]]:
    return [[path, recorded.digest(path)] for path in given(pipeline)[stage.name]]
