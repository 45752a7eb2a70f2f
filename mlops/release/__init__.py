"""The registry and what is live: everything that writes to MLflow."""
