"""Studies: what is looked at besides metrics."""
