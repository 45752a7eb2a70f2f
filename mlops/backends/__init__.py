"""Plan to files: each back end is a pure function from a plan to texts by path."""
