"""Compiling: from an opened repository to files, and knowing when nothing changed."""
