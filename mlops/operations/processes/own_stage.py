"""A stage of a pipeline's own code, in a process of its own: it reads its rows and the files it names, and no others.

`python -P -m mlops.operations.processes.own_stage FOLDER PIPELINE` finds rows, code and parameters in FOLDER, made for
it, and leaves a table there. It is told of no token, no address and no home; where the kernel can, it is shut in, and
in CI it does not run where that cannot. What it leaves is data: it is held against what was given before a later stage
sees it.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops.diagnostics import visible
from mlops.errors import ConfigurationError, InfrastructureError, MlopsError
from mlops.files.dvc_cache import linked
from mlops.files.plain_yaml import Values
from mlops.files.relative import NAME
from mlops.operations.processes.child import Child
from mlops.operations.processes.confined import confine, version
from mlops.operations.processes.ending import interruptible
from mlops.operations.processes.environment import environment
from mlops.operations.processes.looked import in_ci

if TYPE_CHECKING:
    from mlops.stages.own import Params

_COMMAND = ("-P", "-m", __name__)
_GIVEN, _MADE, _ASKED, _SAID = "given.parquet", "made/made.parquet", "asked.json", "made/said.json"


def run_own(folder: Path, code: Path, name: str, section: Values) -> str:
    """Run an own stage of the pipeline in a folder, with its code of another checkout, and write its table.

    Gives a line on what was made.

    Raises:
        ConfigurationError: the code fails, or answers no table.
        DataError: a key is lost or made up.
        InfrastructureError: this is CI, and its kernel cannot shut a process in.
    """
    from mlops.ml.data import parquet
    from mlops.stages.own import Params, held

    if in_ci() and not version():
        raise InfrastructureError(f"{name}: not run, for the kernel of this machine has no Landlock, which shuts it in")
    params = Params.model_validate(section)
    if not NAME.fullmatch(name):  # of somebody else's params.yaml
        raise ConfigurationError(f"`{visible(name)}` is no name of a stage", hint="run `mlops compile`")
    target = folder / f"artifacts/{name}.parquet"
    target.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="mlops-own-") as temporary:
        asked = Path(temporary) / "asked"
        _lay_out(asked, folder, code, params)
        _ask(asked, folder.name)
        given, made = parquet.read(folder / params.rows), _answer(asked, name)
    made = held(name, given, made, params.keys)
    parquet.write(made, target)
    return f"{made.height:,} rows x {made.width - 1:,} columns, made by {params.use} of {given.height:,}"


def _lay_out(asked: Path, folder: Path, code: Path, params: Params) -> None:
    """Put what the stage may read where its process finds it: the rows, its own files, its parameters."""
    source, home = code / "pipelines" / folder.name, asked / "pipelines" / folder.name
    (asked / "made").mkdir(parents=True)
    for file in params.files:
        place = source / file
        inside = place.resolve().is_relative_to(source.resolve()) or linked(place)  # DVC may link data into its cache
        if not inside or not place.is_file():
            raise ConfigurationError(f"`{file}` is no file of pipelines/{folder.name}/", hint="run `mlops compile`")
        (home / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(place, home / file)
    shutil.copyfile(folder / params.rows, asked / _GIVEN)  # not linked: what is not shut in could write into it
    (asked / _ASKED).write_text(json.dumps([params.use, params.parameters]), encoding="utf-8")


def _ask(asked: Path, pipeline: str) -> None:
    home = asked.parent / "home"
    home.mkdir()
    numerics = {key: value for key, value in os.environ.items() if key.endswith(("_THREADS", "_ISA", "_CBWR"))}
    command = [sys.executable, *_COMMAND, str(asked), pipeline]
    with (
        (asked.parent / "log").open("wb") as log,
        interruptible(),
        Child(command, asked, printed=log, environment=numerics | environment(home)) as child,
    ):
        child.wait()


def _answer(asked: Path, name: str) -> Any:
    """Read what the process left, which may be anything."""
    import polars as pl

    try:
        said = json.loads((asked / _SAID).read_bytes())
    except (OSError, ValueError, RecursionError):
        said = {}
    problem = said.get("problem") if isinstance(said, dict) else None
    if problem:
        raise ConfigurationError(f"{name}: {str(problem)[:500]}", hint="it is given a polars DataFrame and answers one")
    try:
        return pl.read_parquet(asked / _MADE)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise ConfigurationError(f"{name}: its process ended before it had made a table") from error


def main(folder: str, pipeline: str) -> int:
    """Run the function, and leave its table beside the question."""
    asked = Path(folder)
    if version():
        confine([asked], [asked / "made", Path(os.environ["HOME"])])
    try:
        _make(asked, pipeline)
    except MlopsError as error:
        (asked / _SAID).write_text(json.dumps({"problem": error.message}), encoding="utf-8")
    return 0


def _make(asked: Path, pipeline: str) -> None:
    import polars as pl

    from mlops.ml.user_code import address

    use, parameters = json.loads((asked / _ASKED).read_bytes())
    name = use.partition(":")[2]
    try:
        function = address.named(address.module_of(use, asked, pipeline), use)
        if function is None:
            raise ConfigurationError(f"the module has no function `{name}`")
        made = function(pl.read_parquet(asked / _GIVEN), **parameters)
    except MlopsError:
        raise
    except (Exception, SystemExit) as error:  # users' code raises anything; what it says may carry values of a row
        found = address.place(error, asked / "pipelines")
        place = "" if found is None else f"{found[0].name}:{found[1]}: "
        raise ConfigurationError(f"`{name}`: {place}{type(error).__name__}") from error
    if not isinstance(made, pl.DataFrame):
        raise ConfigurationError(f"`{name}` answers a {type(made).__name__}, which is no polars DataFrame")
    made.write_parquet(asked / _MADE)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
