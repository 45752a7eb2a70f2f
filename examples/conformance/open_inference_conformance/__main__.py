"""`python -m open_inference_conformance URL --model NAME`: a table of what holds; exit code 1 where a must does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from open_inference_conformance import specification, suite
from open_inference_conformance.check import Found
from open_inference_conformance.wire import Server, Unreachable

MARKS = {"holds": "ok", "fails": "FAIL", "does not apply": "-"}


@click.command(epilog="The exit code is 0 where every `must` holds, 1 where one fails, 2 where nothing could be asked.")
@click.argument("url")
@click.option("--model", required=True, help="Name of a model that the server has.")
@click.option(
    "--request",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A request that it should answer, as JSON; without one it is made by the model's metadata.",
)
@click.option("--token", envvar="CONFORMANCE_TOKEN", help="Sent as a bearer's; CONFORMANCE_TOKEN in the environment.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--openapi", is_flag=True, help="Only print the OpenAPI of this model, for a fuzzer such as Schemathesis."
)
def main(url: str, model: str, request: Path | None, token: str | None, output: str, openapi: bool) -> None:
    """Hold a model of a server at URL (before /v2) to the Open Inference Protocol over REST."""
    asked = None if request is None else _read(request)
    if openapi:
        click.echo(json.dumps(specification.of_model(model, asked or {"inputs": []}), indent=1))
        return
    try:
        found = suite.run(Server(url, token), model, asked)
    except Unreachable as error:
        raise click.UsageError(str(error)) from error
    click.echo(json.dumps(_listed(found), indent=1) if output == "json" else _table(found))
    raise SystemExit(any(each.said == "fails" and each.check.level == "must" for each in found))


def _read(file: Path) -> dict[str, Any]:
    try:
        said = json.loads(file.read_bytes())
    except ValueError as error:
        raise click.UsageError(f"{file}: it is not JSON: {error}") from error
    if not isinstance(said, dict) or not isinstance(said.get("inputs"), list) or not said["inputs"]:
        raise click.UsageError(f'{file}: a request is {{"inputs": [{{"name", "shape", "datatype", "data"}}]}}')
    return said


def _listed(found: list[Found]) -> list[dict[str, str]]:
    return [
        {"check": each.check.name, "level": each.check.level, "said": each.said, "words": each.words}
        | {"sentence": each.check.sentence}
        for each in found
    ]


def _table(found: list[Found]) -> str:
    wide = max(len(each.check.name) for each in found)
    lines = [f"{MARKS[each.said]:<5}{each.check.level:<8}{each.check.name:<{wide}}  {each.words}" for each in found]
    lines += ["", *(_tally(found, level) for level in ("must", "should"))]
    return "\n".join(line.rstrip() for line in lines)


def _tally(found: list[Found], level: str) -> str:
    of = [each.said for each in found if each.check.level == level]
    apart = f", {of.count('does not apply')} do not apply" if "does not apply" in of else ""
    return f"{level}: {of.count('holds')} of {len(of)} hold, {of.count('fails')} fail{apart}"


if __name__ == "__main__":
    main(prog_name="python -m open_inference_conformance")
