"""Two language models on all of MMLU and GSM8K, with full embeddings and the prompts' text."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cede.datasets import Dataset
from cede.exceptions import UnknownName, UnreadableFile
from cede_papers.datasets._files import find_file, numbered, read_embeddings, read_parquet
from cede_papers.datasets._sources import SOURCES

#: Name of an agent, the model first -> its suffix in the source.
AGENTS = {"mixtral-8x7b-instruct": "mixtral_8x7b", "gpt-4-1106-preview": "gpt4_1106"}
BENCHMARKS = ("mmlu", "gsm8k", "both")
#: Columns that are numbers and may be missing.
LENGTHS = ("response_chars_mixtral_8x7b", "response_chars_gpt4_1106")


def load_routellm(benchmark: str = "both", data: str | Path | None = None) -> Dataset:
    """Load RouteLLM's evaluation: which prompts Mixtral 8x7B and GPT-4 answered rightly.

    :func:`load_llm_routing` bundles the same answers with 48 components; here are the full
    embeddings and the prompts. Prompts that the source lists as contaminated (5 and 12) are left
    out, as RouteLLM does. Mixtral is right in 68.1 % of MMLU and 63.7 % of GSM8K, GPT-4 in 80.6 %
    and 85.8 %.

    Parameters
    ----------
    benchmark : {"mmlu", "gsm8k", "both"}, default="both"
        14,037 questions with four choices, 1,307 tasks of arithmetic, or both in this order.
    data : path, default=None
        The folder that holds ``routellm/routellm_mmlu_gsm8k.parquet`` and
        ``routellm/emb_minilm_f16.npy``; None reads the environment variable ``CEDE_DATA``.

    Returns
    -------
    Dataset
        ``X`` ``(n, 384)``, embeddings by all-MiniLM-L6-v2; ``answer_costs`` ``(n, 2)``, 1 if
        wrong; ``y`` and ``experts`` are None. In ``extras``: ``prompt``; ``prompt_chars``;
        ``group``, the same number for the same prompt (105 of MMLU appear twice: keep them on one
        side of a split); ``benchmark``; ``subject``; ``row_id``, the row in the source;
        ``response_chars_*``, characters of the answers, GSM8K only, known only afterwards.

    Raises
    ------
    UnknownName
        If ``benchmark`` is none of the three.
    UnreadableFile
        If the folder or a file is not there, or not what it should be.
    MissingPackage
        If pyarrow is not installed.

    References
    ----------
    Ong et al. 2024, "RouteLLM: Learning to Route LLMs with Preference Data", arXiv:2406.18665.
    """
    if benchmark not in BENCHMARKS:
        raise UnknownName("benchmark", benchmark, BENCHMARKS)
    right = [f"correct_{suffix}" for suffix in AGENTS.values()]
    table = read_parquet(
        find_file("routellm", data, "routellm_mmlu_gsm8k.parquet"),
        [
            "row_id",
            "benchmark",
            "subject",
            "prompt",
            "contaminated",
            "prompt_chars",
            *right,
            *LENGTHS,
        ],
    )
    X = read_embeddings(find_file("routellm", data, "emb_minilm_f16.npy"))
    if len(X) != len(table["row_id"]):
        raise UnreadableFile(
            f"The files of routellm must be of one making, but there are "
            f"{len(table['row_id'])} prompts and {len(X)} embeddings."
        )
    kept = ~table["contaminated"].astype(np.bool_)
    if benchmark != "both":
        kept &= table["benchmark"] == benchmark
    table = {name: column[kept] for name, column in table.items()}
    return Dataset(
        name="routellm",
        X=X[kept],
        feature_names=numbered("embedding", X.shape[1]),
        answer_costs=1.0 - np.column_stack([table[name] for name in right]).astype(np.float64),
        agent_names=tuple(AGENTS),
        extras={
            "prompt": table["prompt"],
            "prompt_chars": table["prompt_chars"].astype(np.int64),
            "group": np.unique(table["prompt"].astype(object), return_inverse=True)[1],
            "benchmark": table["benchmark"].astype(np.str_),
            "subject": table["subject"].astype(np.str_),
            "row_id": table["row_id"].astype(np.int64),
            **{name: table[name].astype(np.float64) for name in LENGTHS},
        },
        units=dict.fromkeys(("prompt_chars", *LENGTHS), "characters"),
        licence=SOURCES["routellm"].licence,
        citation=(
            "Ong et al. 2024, RouteLLM: Learning to Route LLMs with Preference Data, "
            "arXiv:2406.18665; Hendrycks et al. 2021, Measuring Massive Multitask Language "
            "Understanding, ICLR; Cobbe et al. 2021, Training Verifiers to Solve Math Word "
            "Problems, arXiv:2110.14168."
        ),
        description=(
            "Prompts answered by a small and a large language model: right or wrong. Prices are "
            "not in the source."
        ),
    )
