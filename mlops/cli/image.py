"""`mlops image`: what a container image is built from."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlops.cli.options import output, result, root, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlops.bundle.contents import Contents
    from mlops.operations.containers.context import Laid

_BUILDERS = {
    "podman": ("podman", "build", "--timestamp", "0"),
    "docker": ("docker", "buildx", "build", "--build-arg", "SOURCE_DATE_EPOCH=0"),
}


@click.command()
@click.argument("name")
@click.option("--env", "environment", metavar="ENVIRONMENT", help="Take what is live there. [default: in the live one]")
@click.option("--target", metavar="TARGET", help="Which container of `deploy:`, where there are several.")
@click.option(
    "--to",
    "folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="[default: .mlops/image/NAME; with --recorded .mlops/images]",
)
@click.option(
    "--wheels",
    metavar="FOLDER",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    envvar="MLOPS_WHEELS",
    show_envvar=True,
    help="Wheels that are taken along, ours among them; the others need no index then.",
)
@click.option("--model", is_flag=True, help="Write the image of the bundle alone, and print its digest.")
@click.option("--recorded", is_flag=True, help="Take the last run's bundle, for each container that is pushed.")
@output("text", "json")
def command(
    name: str,
    environment: str | None,
    target: str | None,
    folder: Path | None,
    wheels: Path | None,
    model: bool,
    recorded: bool,
    form: str,
) -> None:
    """Lay out what the image of pipeline NAME's container is built from, and say what builds it.

    The Dockerfile is the compiled one, the bundle the live one, held to its digest and signature; what is installed is
    locked by hash. The same program and bundle give the same folder, and the same base then the same image.

    With --model nothing is built: the image of the bundle alone is written, as an OCI layout that registry clients push
    as it is. Its digest follows from the bundle; a release file names it as `image:`.

    With --recorded nothing needs to be live: what the last run made is laid out below FOLDER/NAME for each container
    that names a `repository`, as the workflow of the main branch does before it builds and pushes.
    """
    if recorded and (model or environment or target):
        raise click.UsageError("--recorded takes the last run's bundle for every container that is pushed")
    if model and (target or (wheels and "MLOPS_WHEELS" not in os.environ)):
        raise click.UsageError("--model takes the bundle alone: leave --target and --wheels away")
    from mlops.operations.containers.context import Wanted, lay_out
    from mlops.operations.running.serve import find_bundle, is_pipeline, vouching

    here = root()
    if recorded:
        _recorded(here, name, folder or here / ".mlops" / "images", wheels, form)  # NAME alone is another's context
        return
    bundle, told, _ = find_bundle(here, name, environment)
    if told:
        say(told)
    if model:
        to = folder or here / ".mlops" / "image" / f"{bundle.name if bundle == Path(name) else name}-model"
        _model(name if is_pipeline(here, name) else None, bundle, to, vouching(here, name, bundle), form)
        return
    wanted = Wanted(name, bundle, folder or here / ".mlops" / "image" / name, target, wheels)
    laid = lay_out(here, wanted, vouching(here, name, bundle))
    result(form, {"schema_version": 1, **_shown(name, laid)}, [str(laid.folder)])
    say(f"build it: {_typed(name, laid)}")


def _typed(name: str, laid: Laid) -> str:
    builder = next((words for tool, words in _BUILDERS.items() if shutil.which(tool)), _BUILDERS["docker"])
    return shlex.join([*builder, "--tag", f"{name}:{laid.bundle[7:19]}", *laid.arguments])


def _shown(name: str, laid: Laid) -> dict[str, Any]:
    told = {"folder": str(laid.folder), "bundle": laid.bundle, "target": laid.target, "build": _typed(name, laid)}
    return told | {"pipeline": name, "repository": laid.repository, "offline": laid.offline}


def _recorded(here: Path, name: str, folder: Path, wheels: Path | None, form: str) -> None:
    from mlops.operations.containers.context import Wanted, lay_out_pushed
    from mlops.operations.live.live import last_run
    from mlops.operations.running.serve import vouching

    bundle = last_run(here, name).folder
    laid = lay_out_pushed(here, Wanted(name, bundle, folder, wheels=wheels), vouching(here, name, bundle))
    shown = [_shown(name, each) for each in laid]
    result(form, {"schema_version": 1, "images": shown}, [str(each.folder) for each in laid])


def _model(name: str | None, bundle: Path, folder: Path, vouched: Callable[[Contents], None], form: str) -> None:
    from mlops.operations.containers.model import write_model

    contents, image = write_model(name, bundle, folder, vouched)
    tag = contents.digest.replace(":", "-")
    typed = shlex.join(["skopeo", "copy", "--all", "--preserve-digests", f"oci:{folder}", f"docker://REPOSITORY:{tag}"])
    value = {"folder": str(folder), "bundle": contents.digest, "image": image.digest, "push": typed}
    result(form, {"schema_version": 1, **value}, [image.digest])
    say(f"push it: {typed}")
