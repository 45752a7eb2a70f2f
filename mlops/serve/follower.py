"""What a server without a repository follows: a signed pointer at a place, and the bundle that it names.

Nothing that came before is believed: neither the place nor the way to it is trusted, the signature on the pointer is,
and the digest in it. A pointer that goes back is refused, by what is kept here also after a restart.
"""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.bundle import manifest as manifests
from mlops.bundle.manifest import Manifest
from mlops.bundle.store import Store
from mlops.documents.live import FILE, FOLDER, LivePointer
from mlops.errors import InfrastructureError, IntegrityError
from mlops.files.atomic import bytes_of, write_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlops.files.readable_place import ReadablePlace

_LARGEST = 64 << 10  # bytes of a signed pointer


@dataclass(frozen=True)
class Followed:
    """A pointer that is believed, as it was signed, and the folder of its bundle."""

    pointer: LivePointer
    signed: bytes
    folder: Path


class Follower:
    """Follows one pipeline at a place; `believe` gives the pointer in signed bytes, and raises IntegrityError.

    What was taken is kept in the folder `keep`: bundles, and the latest pointer.
    """

    def __init__(self, place: ReadablePlace, name: str, believe: Callable[[bytes], LivePointer], keep: Path) -> None:
        self.place, self.name = place, name
        self._believe, self._keep = believe, keep
        self._store = Store(keep / FOLDER)
        self._refused = b""
        self.taken: LivePointer | None = None
        """The latest pointer that was taken, here or before a restart."""
        self._whole = False  # its bundle is here
        self._found: bytes | None = None  # what was kept when this server began

    def begin(self) -> tuple[Followed, str]:
        """Find what to serve first: what the place says or, where it does not answer, what was served here before.

        Gives a warning too, empty where the place answered.

        Raises:
            IntegrityError: the place says what cannot be believed, and nothing was served here before.
            InfrastructureError: neither is to be had.
        """
        self._found = bytes_of(self._keep / FILE)
        kept = self._kept()
        self._whole = kept is not None
        try:
            found = self.look()
        except (InfrastructureError, IntegrityError) as error:
            if kept is None:
                raise
            return kept, f"{error.message}; what was served here before is served"
        if found is not None:
            return found, ""
        if kept is None:
            raise InfrastructureError(
                f"{self.place.address}: there is no {self.name}/{FILE}",
                hint="`mlops reconcile` writes it where an environment says `publish:`",
            )
        return kept, ""

    def again(self, first: Followed) -> Followed:
        """Find what the workers of this server serve now, for one of them that is started: the last that one took.

        That is `first`, with which they began, where none took another. The place is not asked which is the newest:
        that is taken when all agree.

        Raises:
            IntegrityError: nobody whose signature counts says so any more.
            InfrastructureError: its bundle is lost here, and cannot be had from the place.
        """
        signed = bytes_of(self._keep / FILE)
        if signed is None or signed == self._found:
            return first
        pointer = self._believe(signed)
        return Followed(pointer, signed, self._bring(pointer.bundle))

    def look(self) -> Followed | None:
        """Look for a bundle that is to be served in place of the one that is; None where it is that one.

        Raises:
            IntegrityError: the pointer is signed by nobody whose signature counts, is of something else, or goes back;
                or the bundle is not what its digest says. The same pointer is refused once; a bundle may be
                damaged on its way, and is asked for again.
            InfrastructureError: the place does not answer, or lacks the bundle.
        """
        signed = self.place.read(f"{self.name}/{FILE}", _LARGEST)
        if signed is None or signed == self._refused:
            return None
        try:
            pointer = self._newer(self._believe(signed))
        except IntegrityError:
            self._refused = signed
            raise
        return None if pointer is None else Followed(pointer, signed, self._bring(pointer.bundle))

    def take(self, followed: Followed) -> None:
        """Take note of what is served now: nothing that is older is taken from here on."""
        self.taken, self._whole = followed.pointer, True
        write_bytes(self._keep / FILE, followed.signed)

    def refuse(self, followed: Followed) -> None:
        """Take note of a bundle that does not answer as it should: it is not tried again."""
        self._refused = followed.signed

    def _newer(self, pointer: LivePointer) -> LivePointer | None:
        before = self.taken
        if before is None or pointer == before:
            return None if pointer == before and self._whole else pointer
        if pointer.environment != before.environment:
            raise IntegrityError(f"{FILE} is of {pointer.environment}, and {before.environment} was served here before")
        if pointer.sequence < before.sequence:
            said = f"number {pointer.sequence} comes before {before.sequence}, which was served already"
            raise IntegrityError(f"{FILE} goes back: {said}")
        if pointer.sequence == before.sequence:
            raise IntegrityError(f"{FILE} has number {pointer.sequence} again, for something else")
        return pointer

    def _bring(self, digest: str) -> Path:
        """Fetch a bundle, each file held to the manifest, and that to the digest; one here is verified."""
        with suppress(InfrastructureError, IntegrityError):
            return self._store.get(digest)
        with tempfile.TemporaryDirectory(prefix="mlops-bundle-") as scratch:
            folder = Path(scratch)
            data = self._file(digest, manifests.NAME, manifests.LARGEST)
            if f"sha256:{hashlib.sha256(data).hexdigest()}" != digest:
                raise IntegrityError(f"{self.place.address}: {manifests.NAME} is not that of {digest[:19]}…")
            (folder / manifests.NAME).write_bytes(data)
            for name, entry in Manifest.parse(data).files.items():
                data = self._file(digest, name, entry.size)
                if hashlib.sha256(data).hexdigest() != entry.sha256:
                    said = f"{name} of the bundle {digest[:19]}… has other bytes than when it was made"
                    raise IntegrityError(f"{self.place.address}: {said}")
                (folder / name).write_bytes(data)
            self._store.put(folder)
        return self._store.get(digest)

    def _file(self, digest: str, name: str, largest: int) -> bytes:
        data = self.place.read(f"{FOLDER}/{digest.removeprefix('sha256:')}/{name}", largest)
        if data is None:
            raise InfrastructureError(f"{self.place.address} lacks {name} of the bundle {digest[:19]}…")
        return data

    def _kept(self) -> Followed | None:
        """Find what was served here before, believed and verified anew; None where that cannot be any more.

        Nothing older is taken also where the disk lost the bundle.
        """
        signed = bytes_of(self._keep / FILE)
        if signed is None:
            return None
        try:
            pointer = self.taken = self._believe(signed)
            return Followed(pointer, signed, self._store.get(pointer.bundle))
        except (InfrastructureError, IntegrityError):  # its signer is revoked since, or the disk lost it
            return None
