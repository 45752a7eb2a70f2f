"""`mlops try`: other values of the configuration, trained in copies and scored on validation."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from mlops.cli.failure import report
from mlops.cli.options import output, result, root, say
from mlops.errors import ConfigurationError
from mlops.extras import need
from mlops.files.figures import plural

if TYPE_CHECKING:
    from mlops.documents.trials_report import TrialsReport
    from mlops.operations.trying.combinations import Asked

_BEST = 0  # `--save` without a number


class _Number(click.IntRange):
    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        if isinstance(value, str) and "=" in value:  # an override that stands behind `--save` is not its number
            self.fail("write --save behind the values, or --save=N", parameter, context)
        return super().convert(value, parameter, context)


@click.command()
@click.argument("name")
@click.argument("overrides", nargs=-1, required=True, metavar="KEY=VALUE[,VALUE...] ...")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Train so many side by side. [default: as many as there are processors]",
)
@click.option(
    "--save",
    type=_Number(min=_BEST),
    is_flag=False,
    flag_value=_BEST,
    metavar="[N]",
    help="Write the best of them, or the one with number N, into the YAML of the pipeline.",
)
@output("text", "json")
def command(name: str, overrides: tuple[str, ...], jobs: int | None, save: int | None, form: str) -> int:
    """Try every combination of OVERRIDES of pipeline NAME: `model.mlp.lr=0.001,0.01 features=tabular`.

    The grammar is Hydra's. Each is checked like YAML before any runs, then trained in a copy and scored on validation;
    no test row is read, and nothing that is committed changes. What is as recorded is not run again, nor is a trial of
    before. Each is a run in MLflow, in the experiment NAME-trials.
    """
    need("train", "`mlops try`")
    from mlops.operations.processes.side_by_side import cores
    from mlops.operations.trying.combinations import combinations
    from mlops.operations.trying.ranking import ranked, weighty
    from mlops.operations.trying.run import try_out
    from mlops.operations.trying.tracked import log
    from mlops.present.terminal.trials import table

    here = root()
    asked = combinations(here, name, overrides)
    if save is not None and save > len(asked.combinations):
        raise click.UsageError(f"--save {save}: of {plural(len(asked.combinations), 'combination')}")
    tracking = asked.now.pipeline(name).tracking
    tried = try_out(asked, jobs or cores(), say, partial(log, here, tracking))
    found = ranked(tried, weighty(asked.now.pipelines[name].spec))
    result(form, found.value(), table(found))
    errors = [outcome.error for outcome in tried.outcomes if outcome.error is not None]
    codes = [report(error) for error in dict.fromkeys(errors)]
    if codes:
        return max(codes)
    if save is not None:
        _save(asked, found, save or None)
    elif found.best is not None and len(asked.combinations) > 1:
        say(f"next: the same with --save, or --save N; mlops compare {name} ID ID says what is more than chance")
    return 0


def _save(asked: Asked, found: TrialsReport, number: int | None) -> None:
    """Write the best combination, or one of a number, and say what to type next."""
    from mlops.operations.trying.ranking import improves
    from mlops.operations.trying.saving import draft

    wanted = found.best if number is None else number
    if wanted is None or (number is None and not improves(found)):
        hint = "--save N writes one all the same"
        raise ConfigurationError("no trial is better than the recorded run: nothing is written", hint=hint)
    made = draft(asked.now.configuration, asked.name, asked.combinations[wanted - 1])
    if not made.diff:
        say(f"{made.path} says so already", always=True)
        return
    made.write(asked.now.root)
    say(made.diff.rstrip("\n"))
    say(f"written: {made.path}, trial {wanted}\nnext: mlops run {asked.name}")
