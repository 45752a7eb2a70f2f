"""`mlops image`: what a container image is built from."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlops.cli.options import output, result, root, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlops.bundle.contents import Contents

_BUILDERS = {
    "podman": ("podman", "build", "--timestamp", "0"),
    "docker": ("docker", "buildx", "build", "--build-arg", "SOURCE_DATE_EPOCH=0"),
}


@click.command()
@click.argument("name")
@click.option("--env", "environment", metavar="ENVIRONMENT", help="Take what is live there. [default: in the live one]")
@click.option("--target", metavar="TARGET", help="Which container of `deploy:`, where there are several.")
@click.option("--to", "folder", metavar="FOLDER", type=click.Path(path_type=Path), help="[default: .mlops/image/NAME]")
@click.option(
    "--wheels",
    metavar="FOLDER",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Wheels that are taken along, ours among them; the others need no index then.",
)
@click.option("--model", is_flag=True, help="Write the image of the bundle alone, and print its digest.")
@output("text", "json")
def command(
    name: str,
    environment: str | None,
    target: str | None,
    folder: Path | None,
    wheels: Path | None,
    model: bool,
    form: str,
) -> None:
    """Lay out what the image of pipeline NAME's container is built from, and say what builds it.

    The Dockerfile is the compiled one, the bundle the live one, held to its digest and signature; what is installed is
    locked by hash. The same program and bundle give the same folder, and the same base then the same image.

    With --model nothing is built: the image of the bundle alone is written, as an OCI layout that registry clients push
    as it is. Its digest follows from the bundle; a release file names it as `image:`.
    """
    if model and (target or wheels):
        raise click.UsageError("--model takes the bundle alone: leave --target and --wheels away")
    from mlops.operations.containers.context import Wanted, lay_out
    from mlops.operations.running.serve import find_bundle, is_pipeline, vouching

    here = root()
    bundle, told, _ = find_bundle(here, name, environment)
    if told:
        say(told)
    if model:
        to = folder or here / ".mlops" / "image" / f"{bundle.name if bundle == Path(name) else name}-model"
        _model(name if is_pipeline(here, name) else None, bundle, to, vouching(here, name, bundle), form)
        return
    wanted = Wanted(name, bundle, folder or here / ".mlops" / "image" / name, target, wheels)
    laid = lay_out(here, wanted, vouching(here, name, bundle))
    builder = next((words for tool, words in _BUILDERS.items() if shutil.which(tool)), _BUILDERS["docker"])
    typed = shlex.join([*builder, "--tag", f"{name}:{laid.bundle[7:19]}", *laid.arguments])
    value = {"folder": str(laid.folder), "bundle": laid.bundle, "target": laid.target, "build": typed}
    result(form, {"schema_version": 1, **value}, [str(laid.folder)])
    say(f"build it: {typed}")


def _model(name: str | None, bundle: Path, folder: Path, vouched: Callable[[Contents], None], form: str) -> None:
    from mlops.operations.containers.model import write_model

    contents, image = write_model(name, bundle, folder, vouched)
    tag = contents.digest.replace(":", "-")
    typed = shlex.join(["skopeo", "copy", "--all", "--preserve-digests", f"oci:{folder}", f"docker://REPOSITORY:{tag}"])
    value = {"folder": str(folder), "bundle": contents.digest, "image": image.digest, "push": typed}
    result(form, {"schema_version": 1, **value}, [image.digest])
    say(f"push it: {typed}")
