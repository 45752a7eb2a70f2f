"""Watching: the monitor, and the retraining it may propose."""
