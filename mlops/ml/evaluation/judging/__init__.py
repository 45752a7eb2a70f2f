"""Judging: from predictions and rules to verdicts with a sentence each."""
