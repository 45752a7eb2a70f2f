"""Evidence: metrics, intervals, slices, verdicts and the report."""
