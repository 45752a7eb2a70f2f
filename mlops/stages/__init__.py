"""Run time: one file per stage, each run by `dvc repro` as `mlops stage NAME` in its pipeline's folder."""
