"""Serve what a signed pointer at a place names, and what it names next: no repository is needed."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

from mlops.files.readable_place import open_readable
from mlops.operations.live.pointer import believing
from mlops.operations.live.signed import Signers
from mlops.operations.running.serve import start
from mlops.targets.local import LocalTarget

KEPT = ".mlops/follow"
"""Where what was followed is kept, a folder for each pipeline, where nothing else is said."""


def follow(
    address: str,
    name: str,
    target: LocalTarget,
    *,
    root: Path | None,
    policy: Path | None = None,
    environment: str | None = None,
    keep: Path | None = None,
    **options: Any,
) -> None:
    """Serve until told to stop; `options` are those of `serve.server.serve`.

    Raises:
        ConfigurationError: the address is none; nothing says whose signature on the pointer counts.
        IntegrityError: the pointer, or its bundle, is not to be believed, and nothing was served here before.
        InfrastructureError: the place does not answer, and nothing was served here before.
    """
    from mlops.serve.follower import Follower
    from mlops.serve.following import Following

    signers = Signers.from_file(policy) if policy is not None else Signers() if root is None else Signers.of(root)
    believe = believing(signers, name, environment)
    follower = Follower(open_readable(address), name, believe, keep or Path(KEPT, name))
    first, warning = follower.begin()
    if warning:
        print(f"warning: {warning}", file=sys.stderr, flush=True)
    start(first.folder, target, make=partial(_following, Following, follower, first, os.getpid()), **options)


def _following(following: Any, follower: Any, first: Any, here: int, folder: Path, **options: Any) -> Any:
    """Make the application that a server makes of a folder; which folder that is, the pointer says.

    A worker serves what the others do: since the process `here` looked, the bundle may have changed, and what the place
    says by now they may not have agreed on.
    """
    if os.getpid() != here:
        first = follower.again(first)
    return following(follower, first, **{key: value for key, value in options.items() if key not in _OF_ONE})


_OF_ONE = ("expected", "vouched")
"""What a server is told of one bundle: which it must be, and who vouches for it. The pointer says both."""
