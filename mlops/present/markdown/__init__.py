"""What is read on GitHub: the comment, the bodies of pull requests, plans, verdicts; what people wrote is escaped."""
