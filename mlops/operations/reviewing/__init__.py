"""Reviewing: pull requests, the one comment on them, and the evidence it shows."""
