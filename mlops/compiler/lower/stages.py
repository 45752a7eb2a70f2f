"""The stages of a pipeline: what each reads, writes and may know of the configuration, out of what it is declared."""

from __future__ import annotations

from dataclasses import replace

from mlops.compiler.lower.configuration import digest_sections
from mlops.compiler.lower.identity import identity, kinds
from mlops.compiler.lower.inputs import Facts
from mlops.configuration.pipeline import Pipeline
from mlops.plan.stage import Stage
from mlops.stages.declare.declaration import Declaration, Subject
from mlops.stages.declare.registry import DECLARED

# The project's own environment comes first, so that `dvc repro` works without activating it.
COMMAND = 'PATH="$DVC_ROOT/.venv/bin:$PATH" mlops stage {}'


def lower_stages(name: str, spec: Pipeline, facts: Facts) -> tuple[Stage, ...]:
    """Decide every stage of a pipeline, in running order."""
    subject = Subject(name, spec, facts.waivers.get(name, ()))
    wanted = [declared for declared in DECLARED if declared.wanted(spec)]  # what closes a run is the last of them
    learning = [_stage(declared, subject) for declared in wanted if not declared.closing]
    subject = replace(subject, configuration=digest_sections(learning))
    stages = [*learning, *(_stage(declared, subject) for declared in wanted if declared.closing)]
    named = kinds(spec)
    known = [identity(declared, named, facts) for declared in wanted]
    return tuple(replace(stage, section={**stage.section, **code}) for stage, code in zip(stages, known, strict=True))


def _stage(declared: Declaration, subject: Subject) -> Stage:
    outputs = (*declared.outputs, *declared.further(subject.spec))
    command = COMMAND.format(declared.name)
    return Stage(declared.name, command, declared.reads(subject.spec), outputs, declared.section(subject))
