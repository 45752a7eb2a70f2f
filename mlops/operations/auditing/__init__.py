"""The ledger against Git: what is entered, what is checked, and how a line came about."""
