"""Running: stages, whole pipelines, the server, and whether what was recorded still agrees."""
