"""Trying: other values of a configuration, in copies, up to the validation score; comparing runs; keeping the best."""
