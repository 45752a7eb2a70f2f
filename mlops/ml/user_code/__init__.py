"""A pipeline's own code: how it is named, what may be loaded of it, and how."""
