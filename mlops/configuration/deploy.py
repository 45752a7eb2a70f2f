"""`deploy:` where the packaged model runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops.kinds.union import Kinded, union
from mlops.targets import TARGETS

if TYPE_CHECKING:
    DeployTarget = Kinded
else:
    DeployTarget = union(TARGETS, default="local")
