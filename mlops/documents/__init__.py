"""Every JSON that a run writes, one a file: its keys, its version, how it is read and how it is spelt."""
