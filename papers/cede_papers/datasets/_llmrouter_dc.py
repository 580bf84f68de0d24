"""Nine open language models on 5,608 prompts of 14 tasks, with what they charge."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from cede._checks import Floats
from cede.datasets import Dataset
from cede.exceptions import InvalidInput, UnknownName, UnreadableFile
from cede_papers.datasets._files import find_file, numbered, read_embeddings, read_parquet
from cede_papers.datasets._sources import SOURCES

PRICES = ("input_price_usd_per_mtok", "output_price_usd_per_mtok")


def load_llmrouter_dc(
    data: str | Path | None = None,
    *,
    model: str = "gemma-2-9b-it",
    chars_per_token: float = 4.0,
    output_tokens: float = 0.0,
) -> Dataset:
    r"""Load LLMRouter's set: how well each of nine language models did on each prompt, and prices.

    A score is 0 or 1 where the answer is right or wrong, and between them where it is graded (F1 of
    natural and trivia questions, coverage of CommonGen). Mean scores go from 0.18 to 0.62; whoever
    always asked the best would reach 0.80.

    The source lists prices per million tokens, in dollars, but counts no tokens. The price of a
    call is therefore an assumption:

    .. math:: p_{ij} = 10^{-6}\,\bigl(\mathrm{in}_j\,\tfrac{\mathrm{characters}_i}
        {\mathrm{chars\_per\_token}} + \mathrm{out}_j\,\mathrm{output\_tokens}\bigr).

    As it stands only the prompt is paid, a lower bound. Every model's input and output prices are
    equal here and all models see the same prompt, so that which model is dearer, and how many
    times, depends on neither assumption; only the amount does.

    Parameters
    ----------
    data : path, default=None
        The folder that holds ``llmrouter_dc/llmrouter_dc.parquet``, ``llmrouter_dc/models.csv``
        and ``llmrouter_dc/emb_minilm_f16.npy``; None reads the environment variable ``CEDE_DATA``.
    model : str, default="gemma-2-9b-it"
        Which of the nine is agent 0, the one that answers unless another is asked; by default the
        cheapest. The others follow in the order of the source.
    chars_per_token : float, default=4.0
        How many characters a token holds; four is a rule of thumb for English.
    output_tokens : float, default=0.0
        How many tokens an answer has, whoever gives it.

    Returns
    -------
    Dataset
        ``X`` ``(5608, 384)``, embeddings by all-MiniLM-L6-v2; ``answer_costs`` ``(5608, 9)``, one
        minus the score, without prices; ``y`` and ``experts`` are None. In ``extras``:
        ``quality`` and ``money`` ``(5608, 9)``, ready for :func:`cede.costs.llm_costs`; ``task``;
        ``metric``; ``prompt``; ``prompt_chars``; ``row_id``.

    Raises
    ------
    UnknownName
        If ``model`` is none of the nine.
    InvalidInput
        If ``chars_per_token`` is not positive, or ``output_tokens`` is negative.
    UnreadableFile
        If the folder or a file is not there, or not what it should be.
    MissingPackage
        If pyarrow is not installed.

    References
    ----------
    LLMRouter, https://github.com/ulab-uiuc/LLMRouter.
    """
    if not 0.0 < chars_per_token < np.inf:
        raise InvalidInput(
            f"must be a number above 0, but got {chars_per_token!r}", argument="chars_per_token"
        )
    if not 0.0 <= output_tokens < np.inf:
        raise InvalidInput(
            f"must be 0 or more, but got {output_tokens!r}", argument="output_tokens"
        )
    prices = _read_prices(find_file("llmrouter_dc", data, "models.csv"))
    if model not in prices:
        raise UnknownName("language model", model, prices)
    agents = [model, *(name for name in prices if name != model)]
    table = read_parquet(
        find_file("llmrouter_dc", data, "llmrouter_dc.parquet"),
        ["row_id", "task", "metric", "prompt", "prompt_chars", *agents],
    )
    X = read_embeddings(find_file("llmrouter_dc", data, "emb_minilm_f16.npy"))
    quality = np.column_stack([table[name] for name in agents]).astype(np.float64)
    into, out_of = np.array([prices[name] for name in agents]).T
    tokens = table["prompt_chars"][:, None] / chars_per_token
    money: Floats = 1e-6 * (into * tokens + out_of * output_tokens)
    return Dataset(
        name="llmrouter_dc",
        X=X,
        feature_names=numbered("embedding", X.shape[1]),
        answer_costs=1.0 - quality,
        agent_names=tuple(agents),
        extras={
            "quality": quality,
            "money": money,
            "task": table["task"].astype(np.str_),
            "metric": table["metric"].astype(np.str_),
            "prompt": table["prompt"],
            "prompt_chars": table["prompt_chars"].astype(np.int64),
            "row_id": table["row_id"].astype(np.int64),
        },
        units={"money": "USD per call (assumed lengths)", "prompt_chars": "characters"},
        licence=SOURCES["llmrouter_dc"].licence,
        citation="LLMRouter, https://github.com/ulab-uiuc/LLMRouter.",
        description=(
            "Prompts of 14 public benchmarks, answered by nine open language models and scored "
            "from 0 to 1. Prices per token are the source's; prices per call rest on assumed "
            "lengths."
        ),
    )


def _read_prices(path: Path) -> dict[str, tuple[float, ...]]:
    """Name of each model -> its prices of input and output, in USD per million tokens."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    if not rows or not {"model", *PRICES} <= set(rows[0]):
        raise UnreadableFile(f"{path.name!r} must hold the columns model, {', '.join(PRICES)}.")
    return {row["model"]: tuple(float(row[name]) for name in PRICES) for row in rows}
