"""Images of containers: what they are built from, laid out."""
