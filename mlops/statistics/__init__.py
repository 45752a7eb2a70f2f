"""Methods of statistics, one of each: numbers in, value out; nothing here knows of pipelines, files or tables."""
