"""MLOps by pull request: YAML in, DVC stages and GitHub Actions workflows out."""

__version__ = "0.2.0.dev0"
