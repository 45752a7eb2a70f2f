"""Roles of clouds, which a job assumes with its own identity."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from mlops.blocks.aws import RoleArn
from mlops.blocks.block import Block


class Aws(Block):
    """A role of Amazon Web Services, assumed with the job's own identity."""

    kind: Literal["aws"]
    """Name of the kind."""
    role: RoleArn
    """ARN of the role."""
    region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    """Region that calls go to."""


class Gcp(Block):
    """A workload identity pool of Google Cloud."""

    kind: Literal["gcp"]
    """Name of the kind."""
    provider: Annotated[
        str,
        StringConstraints(
            pattern=r"^projects/\d+/locations/global/workloadIdentityPools/[a-z0-9-]{4,32}/providers/[a-z0-9-]{4,32}$"
        ),
    ]
    """Full name of the pool's provider."""
    account: (
        Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+@[a-z0-9.-]+\.iam\.gserviceaccount\.com$")] | None
    ) = None
    """Service account to act as; direct access where absent."""


_Guid = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class Azure(Block):
    """An application of Microsoft Entra with a federated credential."""

    kind: Literal["azure"]
    """Name of the kind."""
    tenant: _Guid
    """Directory of the application."""
    client: _Guid
    """The application."""


Cloud = Annotated[Aws | Gcp | Azure, Field(discriminator="kind")]
