"""Executes compiled workflows on this machine, with GitHub's own parser and expression engine."""
