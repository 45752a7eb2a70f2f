"""Use cases, one per file: the only room that knows several siblings."""
