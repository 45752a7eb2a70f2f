"""The stages of a pipeline: what each reads, writes and may know of the configuration, out of what it is declared."""

from __future__ import annotations

from dataclasses import replace

from mlops.blocks.address import own_file
from mlops.compiler.lower.configuration import digest_sections
from mlops.compiler.lower.identity import identities
from mlops.compiler.lower.inputs import Facts
from mlops.configuration.pipeline import Pipeline
from mlops.plan.stage import Output, Stage
from mlops.stages.declare.declaration import Declaration, Subject
from mlops.stages.declare.own import CODE, made_by, own_section, table
from mlops.stages.declare.registry import DECLARED

# The project's own environment comes first, so that `dvc repro` works without activating it.
COMMAND = 'PATH="$DVC_ROOT/.venv/bin:$PATH" mlops stage {}'


def lower_stages(name: str, spec: Pipeline, facts: Facts) -> tuple[Stage, ...]:
    """Decide every stage of a pipeline, in running order."""
    subject = Subject(name, spec, facts.waivers.get(name, ()), facts.leaks.get(name))
    own = tuple(_own(name, subject, facts) for name in made_by(spec))
    wanted = [declared for declared in DECLARED if declared.wanted(spec)]  # what closes a run is the last of them
    learning = [_stage(declared, subject) for declared in wanted if not declared.closing]
    subject = replace(subject, configuration=digest_sections((*learning, *own)))
    stages = [*learning, *(_stage(declared, subject) for declared in wanted if declared.closing)]
    known = identities(spec, facts)
    first, *rest = (replace(stage, section={**stage.section, **known[stage.name]}) for stage in stages)
    return (first, *own, *rest)


def _stage(declared: Declaration, subject: Subject) -> Stage:
    outputs = (*declared.outputs, *declared.further(subject.spec))
    command = COMMAND.format(declared.name)
    return Stage(declared.name, command, declared.reads(subject.spec), outputs, declared.section(subject))


def _own(name: str, subject: Subject, facts: Facts) -> Stage:
    """Decide a stage of the pipeline's own code; what it reads is the rows before it and the files that it names."""
    use = subject.spec.stages[name].use
    given = own_section(subject.spec, name, facts.files.get(use, (own_file(use),)))
    inputs = tuple(sorted({given["rows"], *given["files"]}))
    code = {"code": facts.code.get(CODE, ""), "libraries": dict(facts.libraries.get(CODE, {}))}
    return Stage(name, COMMAND.format(f"--own {name}"), inputs, (Output(table([name])),), {**given, **code})
