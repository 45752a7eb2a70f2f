"""`.github/`: workflows for a pull request, and for what follows a merge: register, release, watch, retrain."""

from __future__ import annotations

from mlops.backends.backend import backend

KIND = backend(
    __name__,
    __doc__,
    "mlops.compiler.github.rendering:render",
    lower="mlops.compiler.github.all_workflows:lower_github",
    asked="ci",
    called="GitHub",
    keys=(
        *("python", "app", "environment", "cloud", "writer", "secrets", "signing", "reader", "public", "approval"),
        "accept_own_runners",
    ),
    places=(".github/workflows/mlops-*.yml", ".github/workflows/.gitattributes", ".github/dependabot.yml"),
)
