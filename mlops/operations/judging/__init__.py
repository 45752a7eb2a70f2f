"""Judging: verdicts, by rules of now and of the base commit; policy and waivers."""
