"""Opens a bundle of MLOps by pull request for MLflow, with nothing of it installed."""
