"""Whether bytes are what was recorded: here, in the cache and at the remote."""
