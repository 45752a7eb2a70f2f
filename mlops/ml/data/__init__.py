"""Rows: where they come from, what must hold for them, how they are divided and turned into numbers."""
