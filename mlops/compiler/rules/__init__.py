"""Checks on a plan, one per file."""
