"""What is watched once a model answers requests: windows, quality, drift, performance, when to retrain."""
