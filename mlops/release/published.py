"""The loader that travels with a model, and the digests of those that were published, by release of this package.

Whoever has MLflow and no more of this framework loads a model with the code that lies beside it. So that nobody has to
believe that code, it is one of a known list, made (`release.loader`) of the modules of `mlops.bundle` that a prediction
needs. Its name holds its digest: it can shadow no other package, and two of them live in one process.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from typing import TYPE_CHECKING

from mlops.errors import IntegrityError
from mlops.release import loader

if TYPE_CHECKING:
    from collections.abc import Mapping

PUBLISHED = {
    "0.1.0": "sha256:d8492e302d75d072611b9c166f58ac2d4f62f2f1d382e867e590bf15dd76f2a5",
    "0.2.0.dev0": "sha256:3d64f06e58d381353bbad7f0051d5112da9fb423dac521b365ce0a86601f5398",
}
"""The digest of each release's loader; the last is of this one. `make golden` writes it, and docs/mlflow.md too."""
CODE = "code"
"""The folder of a model that MLflow puts in front of where Python looks for modules."""
_NAME = "mlops_bundle_loader"
INSIDE = re.compile(rf"{CODE}/({_NAME}_[0-9a-f]{{8}})/")
"""How paths in the folder of a loader begin, in a model."""
_NO_CACHE = {"__pycache__": b"A file, so that no Python that loads this model keeps compiled code here.\n"}
"""MLflow loads from a store on this machine in place, and whoever could leave compiled code there would be executed."""


def package(release_digest: str) -> str:
    """Name the package of a loader."""
    return f"{_NAME}_{release_digest.removeprefix('sha256:')[:8]}"


def loaders() -> dict[str, str]:
    """Give the digests of all loaders by the names of their packages; the last is of this release."""
    return {package(digest): digest for digest in PUBLISHED.values()}


def present() -> str:
    """Name the package of this release's loader."""
    return package(list(PUBLISHED.values())[-1])


def contents() -> dict[str, bytes]:
    """Make the loader, and give its files as they travel."""
    return _NO_CACHE | loader.make()


@cache
def files() -> Mapping[str, bytes]:
    """Spell this release's loader, by path in a model's folder.

    Raises:
        IntegrityError: this installation has other bytes than were published.
    """
    made = contents()
    if (found := digest(made)) != loaders()[present()]:
        message = f"the loader that {loader.PACKAGE} makes is {found} but must be {loaders()[present()]}"
        raise IntegrityError(message, hint="install this package again; in its own repository: make golden")
    return {f"{CODE}/{present()}/{name}": data for name, data in made.items()}


def digest(made: Mapping[str, bytes]) -> str:
    """Name a loader, by its files' names: `LC_ALL=C sha256sum * | sha256sum` in its folder says the same."""
    lines = (f"{hashlib.sha256(made[name]).hexdigest()}  {name}\n" for name in sorted(made))
    return f"sha256:{hashlib.sha256(''.join(lines).encode()).hexdigest()}"
