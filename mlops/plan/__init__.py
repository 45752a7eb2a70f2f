"""What will happen: frozen values, no I/O."""
