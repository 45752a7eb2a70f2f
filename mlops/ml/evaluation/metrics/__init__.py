"""Metrics: formulas as functions of row weights."""
