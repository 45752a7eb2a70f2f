"""Kinds of Acme's for MLOps by pull request."""
