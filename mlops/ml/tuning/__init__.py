"""A search for parameters: what is asked of Optuna, how trials end early, what of them is kept."""
