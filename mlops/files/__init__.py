"""Reading, writing and comparing files: the only room that knows what a half-written file is."""
