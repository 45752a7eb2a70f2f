"""What each kind of model may be asked for: one file a kind. What learns them is `mlops.ml.training`."""
