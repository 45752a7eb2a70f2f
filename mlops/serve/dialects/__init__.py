"""What other servers are asked in: a file a dialect, and the same checks, log and counts behind all of them."""
