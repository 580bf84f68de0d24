"""Two language models on 15,344 prompts: which of them was right, prompt by prompt."""

from __future__ import annotations

import numpy as np

from cede.datasets._bundled import read_bundled
from cede.datasets._dataset import Dataset

#: The bundled file; ``tools/bundle_data.py`` writes it.
FILE = "llm_routing.npz"
SPLITS = np.array(["train", "validation", "test"])

_CITATION = (
    "Ong et al. 2024, RouteLLM: Learning to Route LLMs with Preference Data, arXiv:2406.18665; "
    "Hendrycks et al. 2021, Measuring Massive Multitask Language Understanding, ICLR; "
    "Cobbe et al. 2021, Training Verifiers to Solve Math Word Problems, arXiv:2110.14168."
)
_DESCRIPTION = (
    "Prompts of MMLU (57 subjects) and GSM8K, answered by a small and a large language model. "
    "Features are 48 principal components, fitted on the training split, of sentence embeddings "
    "(all-MiniLM-L6-v2) of the question; the text is not included. Prices are not in the source. "
    "About a hundred prompts are duplicates (short question stems) that the split does not group."
)


def load_llm_routing() -> Dataset:
    """Load the answers of Mixtral 8x7B and GPT-4 to MMLU and GSM8K: right or wrong.

    Both agents are fixed. Agent 0, the model, is Mixtral; agent 1, the expert, is GPT-4, which is
    right more often and dearer. There is no class to predict, only a choice of whom to ask, so
    ``y`` and ``experts`` are None and ``answer_costs`` is ``1[the agent was wrong]``; add a fee to
    column 1 to make GPT-4 cost something.

    Returns
    -------
    Dataset
        ``X`` ``(15344, 48)``; ``answer_costs`` ``(15344, 2)``; in ``extras``: ``subject``,
        ``split`` ("train", "validation" or "test": 9,180, 3,145 and 3,019 prompts),
        ``prompt_chars`` and ``row_id``, the row in the source's tables.

    References
    ----------
    Ong et al. 2024, "RouteLLM: Learning to Route LLMs with Preference Data", arXiv:2406.18665.
    Prompts known to have leaked into the source's training data (17) are left out, as there.

    Examples
    --------
    >>> logs = load_llm_routing()
    >>> logs
    Dataset('llm_routing', 15,344 cases, 48 features, 2 agents)
    >>> dict(zip(logs.agent_names, (1 - logs.answer_costs.mean(axis=0)).round(3).tolist()))
    {'mixtral-8x7b-instruct': 0.677, 'gpt-4-1106-preview': 0.81}
    """
    arrays = read_bundled(FILE)
    features = arrays["features"].astype(np.float64)
    return Dataset(
        name="llm_routing",
        X=features,
        feature_names=tuple(f"component {i}" for i in range(1, features.shape[1] + 1)),
        answer_costs=1.0 - arrays["correct"].astype(np.float64),
        agent_names=tuple(str(name) for name in arrays["models"]),
        extras={
            "subject": arrays["subject_names"][arrays["subject"]],
            "split": SPLITS[arrays["split"]],
            "prompt_chars": arrays["prompt_chars"].astype(np.int64),
            "row_id": arrays["row_id"].astype(np.int64),
        },
        licence="Apache-2.0 (RouteLLM); questions MIT (MMLU, GSM8K)",
        citation=_CITATION,
        description=_DESCRIPTION,
    )
