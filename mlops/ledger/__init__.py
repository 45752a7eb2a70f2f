"""The ledger: every decision about a pipeline as a file that names the ones before it. Pure: bytes in, values out."""
