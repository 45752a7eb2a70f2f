"""Verbs, flags, exit codes and rendering; no logic."""
