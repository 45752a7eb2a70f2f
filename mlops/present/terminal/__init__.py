"""What a person reads in a terminal or in the log of a job: text, coloured where somebody looks."""
