"""Releasing: which bundle is live where, forward and back."""
