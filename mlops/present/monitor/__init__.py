"""The page of what is live: windows, their drift, quality and performance."""
