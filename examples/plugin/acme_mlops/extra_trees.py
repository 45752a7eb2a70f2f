"""Extremely randomised trees."""

from mlops.ml.training.candidates import estimator


def candidate(problem, parameters):
    """Make the candidate that `mlops stage train` fits; `parameters` have what mlops-kinds.json declares."""
    kind = "Regressor" if problem.task == "regression" else "Classifier"
    arguments = {"n_estimators": parameters.trees, "min_samples_leaf": parameters.min_leaf}
    return estimator(problem, f"sklearn.ensemble:ExtraTrees{kind}", threads="n_jobs", **arguments)
