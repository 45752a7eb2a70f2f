"""A file in a second place without its bytes copied, where the disk can."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def hardlink(source: Path, target: Path) -> None:
    """Give a file a second name, which is only to be read; folders on the way to it are made.

    A symbolic link is followed: what it leads to has two names then.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(os.path.realpath(source), target)
    except OSError:  # another disk, or one without hard links
        shutil.copyfile(source, target)
