"""How a thing with a `kind` is declared and found: one descriptor a kind, one slice a sort of kinds."""
