"""Candidates: how they are trained, resumed, logged and exported."""
