"""The workflows, one per file: settings in, jobs and steps out."""
