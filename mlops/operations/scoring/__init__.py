"""Scoring: rows of Parquet files answered by a bundle, partition by partition."""
