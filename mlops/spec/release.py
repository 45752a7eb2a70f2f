"""`conf/release/<environment>/<pipeline>.yaml`: which bundle is live where."""

from __future__ import annotations

from mlops.spec.block import Block, Digest


class Release(Block):
    """The bundle that an environment serves."""

    bundle: Digest
    """Digest of the bundle, as `mlops register` prints it."""
