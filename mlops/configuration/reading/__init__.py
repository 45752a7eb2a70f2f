"""Reading: from files to one composed, typed and traced configuration."""
