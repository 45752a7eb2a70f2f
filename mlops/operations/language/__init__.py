"""The language: reading and checking what people write, explaining it, starting a new pipeline."""
