"""Intervals: resampling, exact and approximate tests, power."""
