"""What `mlops identity -o json` prints: for which cloud a job signed in, and the files that it wrote; never a token."""

from __future__ import annotations

from typing import Literal

from mlops.documents.document import Document


class SignedIn(Document):
    """`files` are what the cloud's own library is to be pointed at; they are secret, and end with the job."""

    schema_version: Literal[1] = 1
    cloud: Literal["aws", "gcp", "azure"]
    files: tuple[str, ...]
