"""What an environment serves of a pipeline, as its release file says, and where a target of it is to be set up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Live:
    """What a release file makes live: a bundle, and the image that holds it where a target mounts that."""

    environment: str
    file: str
    bundle: str
    image: str | None = None


@dataclass(frozen=True)
class Placed:
    """A target of a pipeline in one environment: what manifests are made of besides the target's own keys."""

    pipeline: str
    target: str
    environment: str
    bundle: str
    image: str
    """Digest of the image that holds the bundle alone."""
    sources: str
    """The files that people edit."""
