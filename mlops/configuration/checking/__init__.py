"""Checking: what one block cannot see by itself, a file a subject."""
