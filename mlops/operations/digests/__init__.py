"""Digests of the code that a stage reaches."""
