"""OpenL2D's example: incomes of 45,222 adults, judged by 25 made-up experts of five kinds."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cede.datasets import Dataset
from cede_papers.datasets._files import find_file, one_hot, read_parquet
from cede_papers.datasets._sources import SOURCES

#: Source column -> (name, unit).
NUMBERS = {
    "age": ("age", "years"),
    "fnlwgt": ("census weight", "people"),
    "education_num": ("education level", "1 (preschool) to 16 (doctorate)"),
    "capital_gain": ("capital gain", "USD"),
    "capital_loss": ("capital loss", "USD"),
    "hours_per_week": ("hours per week", "hours"),
}
#: Source column -> name; one feature of 0 and 1 per value.
CATEGORIES = {
    "workclass": "work class",
    "marital_status": "marital status",
    "occupation": "occupation",
    "relationship": "relationship",
    "binarized_race": "race",
    "sex": "sex",
    "native_country": "native country",
}
KINDS = (
    "standard", "biased_vs_females", "biased_vs_non_white", "biased_vs_older", "sparse_dependency",
)  # fmt: skip
#: Experts per kind.
EACH = 5


def load_openl2d_adult(data: str | Path | None = None) -> Dataset:
    """Load OpenL2D's example: who earns more than 50,000 dollars a year, and 25 made-up experts.

    The experts are generated, not people: five of each kind, of which three kinds err more often
    about women, about people who are not white, or about older people. They are right in 80.3 to
    89.0 % of cases; each answered all.

    Parameters
    ----------
    data : path, default=None
        The folder that holds ``openl2d_adult/adult_experts.parquet``; None reads the environment
        variable ``CEDE_DATA``.

    Returns
    -------
    Dataset
        ``X`` ``(45222, 84)``: 13 features, categories as zeros and ones; ``y`` is 1 for the higher
        income (24.8 %); ``experts`` ``(45222, 25)``. In ``extras``: ``sex`` and ``race``, texts,
        and ``age``, to look at what the biases do; they are among the features too.

    Raises
    ------
    UnreadableFile
        If the folder or the file is not there, or not what it should be.
    MissingPackage
        If pyarrow is not installed.

    References
    ----------
    Alves et al. 2024, "Cost-sensitive learning to defer to multiple experts with workload
    constraints", TMLR; Kohavi 1996, "Scaling up the accuracy of naive-Bayes classifiers", KDD.
    """
    experts = [f"expert_{kind}_{i}" for kind in KINDS for i in range(EACH)]
    table = read_parquet(
        find_file("openl2d_adult", data, "adult_experts.parquet"),
        [*NUMBERS, *CATEGORIES, "income", *experts],
    )
    # The source's texts begin with a blank.
    texts = {c: table[c].astype(np.str_) for c in CATEGORIES}
    texts = {column: np.char.strip(values).astype(object) for column, values in texts.items()}
    features = {name: table[c].astype(np.float64) for c, (name, _) in NUMBERS.items()}
    for column, name in CATEGORIES.items():
        features |= one_hot(name, texts[column])
    return Dataset(
        name="openl2d_adult",
        X=np.column_stack(list(features.values())),
        feature_names=tuple(features),
        y=table["income"].astype(np.int64),
        target_name="income above 50k",
        experts=np.column_stack([table[name] for name in experts]).astype(np.float64),
        expert_names=tuple(name.removeprefix("expert_").replace("_", " ") for name in experts),
        extras={
            "sex": texts["sex"].astype(np.str_),
            "race": texts["binarized_race"].astype(np.str_),
            "age": table["age"].astype(np.int64),
        },
        units=dict(NUMBERS.values()),
        licence=SOURCES["openl2d_adult"].licence,
        citation=(
            "Alves et al. 2024, Cost-sensitive learning to defer to multiple experts with workload "
            "constraints, TMLR (OpenL2D); Kohavi 1996, Scaling up the accuracy of naive-Bayes "
            "classifiers, KDD (Adult)."
        ),
        description=(
            "Adults of the United States census of 1994, and 25 made-up experts, some of them "
            "biased. For research on many experts; not to judge anybody by."
        ),
    )
