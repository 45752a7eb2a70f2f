"""DVC's lock, remote and files."""
