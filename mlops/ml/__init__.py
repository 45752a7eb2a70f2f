"""What stages are made of: sources, schemas, splits, transforms, models, metrics, statistics."""
