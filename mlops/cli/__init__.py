"""Verbs, flags and exit codes: what an operation gives is handed on to be shown; no logic."""
