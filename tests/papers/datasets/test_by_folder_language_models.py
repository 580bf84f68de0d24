import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from cede.costs import llm_costs
from cede.datasets import load_llm_routing
from cede.exceptions import InvalidInput, UnknownName
from cede_papers.datasets import load_llmrouter_dc, load_routellm

pytest.importorskip("pyarrow")


@pytest.mark.parametrize(
    ("benchmark", "n", "accuracy", "repeated"),
    [
        ("mmlu", 14_037, (0.6809, 0.8059), 105),
        ("gsm8k", 1_307, (0.6373, 0.8577), 0),
        ("both", 15_344, (0.6772, 0.8103), 105),
    ],
)
def test_routellm_without_contaminated_prompts(data, benchmark, n, accuracy, repeated):
    logs = load_routellm(benchmark, data)
    assert logs.X.shape == (n, 384)
    np.testing.assert_allclose(1 - logs.answer_costs.mean(axis=0), accuracy, atol=5e-5)
    assert n - len(set(logs.extras["group"].tolist())) == repeated
    assert set(logs.extras["benchmark"]) == (
        {benchmark} if benchmark != "both" else {"mmlu", "gsm8k"}
    )


def test_routellm_has_one_embedding_per_prompt(data):
    logs = load_routellm(data=data)
    np.testing.assert_allclose(np.linalg.norm(logs.X, axis=1), 1.0, atol=2e-3)
    order = np.argsort(logs.extras["group"], kind="stable")
    groups, prompts = logs.extras["group"][order], logs.extras["prompt"][order]
    same = groups[1:] == groups[:-1]
    assert same.sum() == 105
    np.testing.assert_array_equal(prompts[1:] == prompts[:-1], same)
    np.testing.assert_array_equal(logs.X[order][1:][same], logs.X[order][:-1][same])
    lengths = [len(prompt) for prompt in logs.extras["prompt"]]
    np.testing.assert_array_equal(lengths, logs.extras["prompt_chars"])


def test_routellm_is_the_bundled_set_in_full(data):
    logs, bundled = load_routellm(data=data), load_llm_routing()
    np.testing.assert_array_equal(logs.answer_costs, bundled.answer_costs)
    assert logs.agent_names == bundled.agent_names
    for name in ("row_id", "prompt_chars", "subject"):
        np.testing.assert_array_equal(logs.extras[name], bundled.extras[name])
    # Its 48 components are linear in these embeddings, up to 16 bits.
    kept = np.column_stack([np.ones(logs.n_cases), logs.X])
    products = kept.T @ kept + 1e-6 * np.eye(kept.shape[1])
    again = kept @ np.linalg.solve(products, kept.T @ bundled.X)
    np.testing.assert_allclose(again, bundled.X, atol=5e-3)


def test_routellm_answers_are_measured_afterwards_and_no_features(data):
    logs = load_routellm(data=data)
    arithmetic = logs.extras["benchmark"] == "gsm8k"
    for name in ("response_chars_mixtral_8x7b", "response_chars_gpt4_1106"):
        np.testing.assert_array_equal(np.isnan(logs.extras[name]), ~arithmetic)
    assert all(name.startswith("embedding ") for name in logs.feature_names)


def test_routellm_benchmarks_are_named():
    with pytest.raises(UnknownName, match="Did you mean 'gsm8k'"):
        load_routellm("gsm8")


def test_llmrouter_dc_scores(data):
    logs = load_llmrouter_dc(data)
    assert logs.X.shape == (5_608, 384)
    quality = logs.extras["quality"]
    np.testing.assert_array_equal(logs.answer_costs, 1 - quality)
    found = dict(zip(logs.agent_names, quality.mean(axis=0).round(4).tolist(), strict=True))
    assert found == {
        "gemma-2-9b-it": 0.5347,
        "codegemma-7b": 0.3031,
        "llama-3.1-8b-instruct": 0.5607,
        "llama-3.1-nemotron-51b-instruct": 0.6213,
        "llama-3.3-nemotron-super-49b-v1": 0.5788,
        "llama3-chatqa-1.5-70b": 0.1941,
        "llama3-chatqa-1.5-8b": 0.1751,
        "mistral-7b-instruct-v0.3": 0.371,
        "qwen2.5-7b-instruct": 0.5204,
    }
    assert quality.max(axis=1).mean() == pytest.approx(0.8017, abs=5e-5)
    assert len(set(logs.extras["task"])) == 14
    lengths = [len(prompt) for prompt in logs.extras["prompt"]]
    np.testing.assert_array_equal(lengths, logs.extras["prompt_chars"])


def test_llmrouter_dc_embeddings_know_their_task(data):
    logs = load_llmrouter_dc(data)
    X, task = logs.X, logs.extras["task"]
    assert RidgeClassifier().fit(X[::2], task[::2]).score(X[1::2], task[1::2]) > 0.7


def test_llmrouter_dc_prices_per_call(data):
    logs = load_llmrouter_dc(data, chars_per_token=5.0, output_tokens=100)
    money, chars = logs.extras["money"], logs.extras["prompt_chars"]
    np.testing.assert_allclose(money[:, 0], 0.1e-6 * (chars / 5 + 100))
    prices = np.array([0.1, 0.2, 0.2, 0.9, 0.9, 0.9, 0.2, 0.2, 0.2])
    np.testing.assert_allclose(money / money[:, :1], np.tile(prices / 0.1, (5_608, 1)))
    free = load_llmrouter_dc(data).extras["money"]
    np.testing.assert_allclose(free[:, 3], 0.9e-6 * chars / 4)
    costs = llm_costs(logs.extras["quality"], money, exchange_rate=1_000.0)
    np.testing.assert_allclose(costs, logs.answer_costs + 1_000.0 * money)


def test_llmrouter_dc_any_of_the_nine_may_be_the_model(data):
    usual, other = load_llmrouter_dc(data), load_llmrouter_dc(data, model="qwen2.5-7b-instruct")
    assert other.agent_names[0] == "qwen2.5-7b-instruct"
    for j, name in enumerate(other.agent_names):
        k = usual.agent_names.index(name)
        np.testing.assert_array_equal(other.answer_costs[:, j], usual.answer_costs[:, k])
        np.testing.assert_array_equal(other.extras["money"][:, j], usual.extras["money"][:, k])
    with pytest.raises(UnknownName, match="Did you mean 'gemma-2-9b-it'"):
        load_llmrouter_dc(data, model="gemma-2-9b")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"chars_per_token": 0.0}, "chars_per_token must be a number above 0, but got 0.0"),
        ({"chars_per_token": float("nan")}, "chars_per_token must be a number above 0"),
        ({"output_tokens": -1.0}, "output_tokens must be 0 or more, but got -1.0"),
    ],
)
def test_llmrouter_dc_lengths_are_checked(arguments, message):
    with pytest.raises(InvalidInput, match=message):
        load_llmrouter_dc(**arguments)
