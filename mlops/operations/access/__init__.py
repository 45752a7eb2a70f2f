"""Access: who may do what, and whether everything that is needed is here."""
