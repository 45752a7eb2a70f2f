"""Expressions over the columns of one row: what `derive:` and `where:` are written in, parsed, typed and computed."""
