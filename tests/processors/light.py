"""The digests of the probe without packages that no training uses: emulated, their imports take as long as it does.

scikit-learn imports pandas and torchmetrics Matplotlib wherever they are installed, for tables and pictures. Nor is
garbage looked for, of which there is little: Python would do so all along, and once more at the end.
"""

from __future__ import annotations

import gc
import importlib.metadata
import json
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from types import ModuleType

ABSENT = ("matplotlib",) if find_spec("catboost") else ("matplotlib", "pandas")  # which CatBoost is built upon


def main() -> None:
    """Print the digests as JSON."""
    gc.disable()
    from mlops.operations.processes.numerics import pin_numerics

    hide()
    pin_numerics(1)
    from mlops.ml.training.probe import probe

    print(json.dumps({"digests": probe()}))
    gc.freeze()


class Others(PathFinder):
    """Finds every module but those of packages that are to be absent."""

    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return None if fullname.partition(".")[0] in ABSENT else super().find_spec(fullname, path, target)


def hide() -> None:
    """Let packages seem not to be installed."""
    version = importlib.metadata.version

    def known(name: str) -> str:
        if name in ABSENT:
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    importlib.metadata.version = known
    sys.meta_path[sys.meta_path.index(PathFinder)] = Others


if __name__ == "__main__":
    main()
