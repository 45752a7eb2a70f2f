"""What was judged: verdicts, what they cost, what a change loosens."""
