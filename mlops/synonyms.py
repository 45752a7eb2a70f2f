"""What other tools call the keys, models and verbs here; what they call a metric stands with the metric (`also`)."""

from __future__ import annotations

from collections.abc import Container, Mapping

_HERE: Mapping[str, str] = {
    # keys of models and of their training
    "lr": "learning_rate eta",
    "trees": "n_estimators num_trees num_boost_round iterations max_iter",
    "depth": "max_depth",
    "min_leaf": "min_samples_leaf min_child_samples",
    "hidden": "hidden_layer_sizes hidden_sizes layers",
    "l2": "alpha reg_lambda ridge",
    "max_epochs": "epochs n_epochs num_epochs max_iter",
    "seed": "random_state random_seed",
    "target": "label y outcome",
    "fractions": "test test_size train train_size validation val validation_size ratio ratios sizes",
    # tasks, and types of columns
    "binary": "binary_classification",
    "multiclass": "multiclass_classification multinomial",
    "forecasting": "forecast time_series timeseries",
    "int": "integer int64 int32 long",
    "float": "double float64 float32 decimal numeric number",
    "bool": "boolean",
    "category": "categorical factor enum",
    "string": "str varchar object",
    "datetime": "timestamp",
    # rules
    "at_least": "min minimum lower >= > gte above threshold",
    "at_most": "max maximum upper <= < lte below",
    "by": "slice slices group_by groupby segment",
    # models
    "gradient_boosting": "gbm gbdt",
    "lightgbm": "lgbm lgb hist_gradient_boosting",
    "linear": "logistic logistic_regression linear_regression ridge glm",
    "random_forest": "rf forest extra_trees",
    "catboost": "cat cb",
    "xgboost": "xgb",
    "keras": "tensorflow tf keras3",
    "mlp": "nn neural_network dense torch",
    # verbs
    "run": "train repro reproduce fit execute start",
    "gate": "test evaluate eval verdict metrics",
    "release": "deploy promote publish ship",
    "rollback": "undo revert",
    "serve": "predict infer inference",
    "score": "batch predict-batch batch-predict",
    "catalogue": "list ls models catalog",
    "plan": "status dry-run diff",
    "try": "sweep experiment exp",
    "tune": "search optimize hpo hyperopt optuna",
    "fetch": "pull checkout",
    "validate": "lint check",
    "compile": "build generate",
    "history": "log logs",
    "new": "add create",
    "monitor": "drift watch",
}


def meant(word: str, known: Container[str]) -> str | None:
    """Give the known word for what other tools call so; None where there is none.

    >>> meant("learning_rate", ["lr", "depth"]), meant("max_iter", ["max_epochs"]), meant("learning_rate", ["depth"])
    ('lr', 'max_epochs', None)
    """
    said = word.casefold()
    return next((name for name, others in _HERE.items() if said in others.split() and name in known), None)
