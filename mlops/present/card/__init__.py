"""The model card: what a bundle is, is for, and is not for."""
