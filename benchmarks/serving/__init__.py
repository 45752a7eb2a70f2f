"""What `benchmarks/serve.py` asks, and with what."""
