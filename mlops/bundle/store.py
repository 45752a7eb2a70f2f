"""Bundles by digest in a folder: `<root>/<64 hexadecimal digits>/`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlops.bundle.contents import Contents, verify
from mlops.bundle.manifest import NAME
from mlops.errors import ConfigurationError, InfrastructureError, IntegrityError
from mlops.files.atomic import writing_folder

if TYPE_CHECKING:
    from pathlib import Path

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


class Store:
    """Keeps bundles that verify, and gives nothing that does not."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, folder: Path) -> str:
        """Copy a bundle in and give its digest; one that is there already and whole is left alone."""
        contents = Contents.read(folder)
        final = self.place(contents.digest)
        if self._holds(final, contents.digest):
            return contents.digest
        try:
            with writing_folder(final) as temporary:
                (temporary / NAME).write_bytes(contents.manifest.dumps())
                for name, data in contents.files.items():
                    (temporary / name).write_bytes(data)
        except OSError:
            if not self._holds(final, contents.digest):  # else another process put the same bundle first
                raise
        return contents.digest

    def get(self, digest: str) -> Path:
        """Find a bundle and verify it; raises InfrastructureError when it is absent, IntegrityError when it is bad."""
        folder = self.place(digest)
        if not folder.exists():
            raise InfrastructureError(
                f"the bundle {digest} is not in {self.root}",
                hint="check out the commit that made it; `mlops run` and `mlops register` put it there",
            )
        verify(folder, digest)
        return folder

    def place(self, digest: str) -> Path:
        """Say where a bundle is kept; raises ConfigurationError on what is no digest."""
        match = _DIGEST.fullmatch(digest)
        if match is None:
            raise ConfigurationError(
                f"{digest[:100]!r} does not name a bundle", hint="write sha256: and 64 hexadecimal digits"
            )
        return self.root / match.group(1)

    @staticmethod
    def _holds(folder: Path, digest: str) -> bool:
        try:
            return folder.exists() and verify(folder, digest) == digest
        except IntegrityError:
            return False
