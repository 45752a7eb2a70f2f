"""The verbs, each in a file of its own that is imported only when it is called."""

from __future__ import annotations

import importlib
import keyword
import sys
from collections.abc import Sequence
from typing import Any

import click

from mlops.cli.completion import complete
from mlops.cli.failure import report
from mlops.cli.options import hush
from mlops.present.terminal.style import coloured

VERBS = {
    "init": "A repository of your own",
    "upgrade": "Another release of mlops, by one pull request",
    "new": "A new model from a data file",
    "validate": "Read and check the YAML; every problem at once",
    "render": "The resolved configuration of a pipeline",
    "explain": "Where a value came from, or what a finding means",
    "compile": "Write the generated files, or check them",
    "plan": "What will change, and why",
    "fetch": "Bring data, and what runs recorded, by digest",
    "run": "Reproduce pipelines and show their verdicts",
    "try": "Other values, in copies, up to the score on validation",
    "tune": "Search for parameters again, as `tune:` says",
    "compare": "Two runs, trials or commits: what differs, which is better",
    "gate": "The verdict of the last run",
    "judge": "Judge a change beside what judges it",
    "waive": "Let a rule be missed for a while",
    "enter": "Enter in the ledger what was decided by hand",
    "comment": "The one comment of a pull request",
    "verify": "Do lock, configuration, data and bundle agree?",
    "adopt": "Take over the bundle that a pull request's run judged",
    "register": "Put bundles into the MLflow registry",
    "sign": "Sign registered bundles",
    "record": "A pull request with what a run of CI's wrote",
    "release": "Make a bundle live, by a file that is reviewed",
    "rollback": "Make the bundle live again that was before",
    "reconcile": "Apply the release files: aliases, bundles, traffic",
    "show": "What is live where",
    "catalogue": "Every pipeline, its last verdict, what is live of it",
    "history": "What was live, when, and by whose commit",
    "why": "What stands behind a prediction, or a bundle",
    "serve": "Answer predictions over HTTP",
    "score": "Score the rows of Parquet files",
    "image": "Lay out what a container image is built from",
    "monitor": "Has what a model sees changed, or how good it is?",
    "retrain": "A pull request with a new data version",
    "repair": "Put right what the DVC remote or the registry holds otherwise",
    "gc": "Delete what DVC keeps and nothing names",
    "identity": "The short-lived identity of a CI job, for a cloud",
    "doctor": "Is everything here that is needed?",
    "kinds": "The kinds of models, metrics, sources and rules that there are",
    "schema": "JSON Schema of the YAML files; rules for columns from data",
    "data": "How two versions of the data differ",
    "stage": "Run one stage; what `dvc repro` calls",
}
_HIDDEN = ("stage",)
_NAMES_NOTHING_YET = ("new", "init")


def module_of(verb: str) -> str:
    """Name the module of a verb; one that is a word of Python's has an underscore behind it.

    >>> module_of("run"), module_of("try")
    ('mlops.cli.run', 'mlops.cli.try_')
    """
    return f"mlops.cli.{verb}{'_' if keyword.iskeyword(verb) else ''}"


class _Verbs(click.Group):
    def list_commands(self, context: click.Context) -> list[str]:
        return [name for name in VERBS if name not in _HIDDEN]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in VERBS:
            return None
        command: click.Command = importlib.import_module(module_of(name)).command
        command.name = name  # not that of the function, which is `command` everywhere
        if name not in _NAMES_NOTHING_YET:
            complete(command)
        hush(command)
        return command

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except BrokenPipeError as error:  # click would end with 1, which stands for a defect
            return report(error)

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS:
            from mlops.diagnostics import suggest

            raise click.UsageError(f"unknown verb `{args[0]}`. {suggest(args[0], self.list_commands(context))}")
        return super().resolve_command(context, args)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl([(name, VERBS[name]) for name in self.list_commands(context)])


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mlops-by-pull-request", prog_name="mlops")
def cli() -> None:
    """MLOps by pull request: YAML in, DVC stages and GitHub Actions workflows out."""


def run(arguments: Sequence[str]) -> int:
    """Run a command line and give its exit code."""
    try:
        colour = coloured() or None  # click would take colours out again wherever no terminal is
        result = cli.main(args=list(arguments), prog_name="mlops", standalone_mode=False, color=colour)
        sys.stdout.flush()  # while there is somebody to tell that it cannot be written
        return result if isinstance(result, int) else 0
    except Exception as error:  # the outermost place: what is no MlopsError is told as a defect, with its traceback
        return report(error)
