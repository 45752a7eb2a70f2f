"""What a user may write: one typed model per YAML block."""
