"""MLOps by pull request: YAML in, DVC stages and GitHub Actions workflows out."""

import os

__version__ = "0.2.0.dev0"

# ONNX Runtime's wheels report which models are loaded, and how they do, to their maker: from 1.29 on, on every system.
# It looks once, when it begins; and any process that imports it for us has imported this first.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
