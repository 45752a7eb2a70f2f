"""`reports/bundle.json`: what is said about a bundle, which the bundle itself cannot say: the one summary of a run.

The bundle's digest names content; a statement binds it to the verdict on it and to what it was made of, each by its
digest. The same content under other rules is the same bundle with another statement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field

from mlops.documents.document import Document, Part
from mlops.errors import IntegrityError
from mlops.files.canonical import digest

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "bundle.json"
VERSION: Literal[2] = 2
CARD = "card.md"
REPORTS = ("card.md", "data.json", "gate.json", "metrics.json", "split.json", "training.json")
"""What a statement binds, beside it in `reports/`."""
_DIGEST = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class Reported(Part):
    """What a report says of its bundle before anybody holds it to its papers: the digest, and the verdict on it."""

    digest: str | None = None
    verdict: str | None = None


class Statement(Document, extra="forbid"):
    """What a run says of its bundle; `digest` names the bundle, `files` and `size` count its files and their bytes.

    `reports` are the digests of what it was judged by, by file; `rows` those of the rows it was judged on and of the
    predictions of them; `data` is the source's, `configuration` that of all sections; `code` and `libraries` are by
    stage, and by name.
    """

    schema_version: Literal[2] = VERSION
    pipeline: str
    digest: _DIGEST
    verdict: Literal["pass"]
    files: int
    size: int
    reports: dict[str, _DIGEST]
    rows: dict[str, str]
    data: str
    configuration: str
    code: dict[str, str]
    libraries: dict[str, str]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a statement; raises IntegrityError when it is none."""
        try:
            return super().parse(data)
        except ValueError as error:
            raise IntegrityError(f"reports/{NAME} is not a statement about a bundle") from error

    @property
    def name(self) -> str:
        """The statement's own digest."""
        return digest(self.dumps().encode("utf-8"))

    def refuse_other(self, reports: Mapping[str, bytes]) -> None:
        """Refuse reports that are not those the statement binds, or lack one; raises IntegrityError."""
        wrong = sorted(
            name for name, said in self.reports.items() if name not in reports or digest(reports[name]) != said
        )
        if wrong:
            raise IntegrityError(f"{wrong[0]} is not the one that the statement about {self.digest[:19]}… binds")
