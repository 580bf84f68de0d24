"""Raw rows in, routes out: saved, loaded, in other processes, with other threads."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold

import cede
from cede.logs import read_log
from cede.routers import EncodedRouter, Encoder, Texts, read_log_for, read_new_for

rng = np.random.default_rng(0)
N = 400
SUMS = rng.random(N) < 0.5
PROMPTS = [
    f"Add {a} and {b}, please." if is_sum else f"Who wrote {' '.join(words)}?"
    for is_sum, (a, b), words in zip(
        SUMS,
        rng.integers(10, 99, (N, 2)),
        rng.choice(["night", "sea", "war", "love", "road", "hill"], (N, 3)),
        strict=True,
    )
]
TABLE = pd.DataFrame(
    {
        "prompt": PROMPTS,
        "tier": rng.choice(["free", "paid", None], N),
        "age": np.where(rng.random(N) < 0.1, np.nan, rng.normal(size=N)),
        "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, N), unit="D"),
    }
)
COSTS = np.column_stack([SUMS * 1.0, np.full(N, 0.3)])
ENCODER = Encoder(text="prompt")
PROGRAM = """
import sys
import numpy as np
import pandas as pd
import cede

router = cede.load(sys.argv[1])
heavy = [n for n in ("torch", "skops", "sklearn.feature_extraction") if n in sys.modules]
assert not heavy, heavy
table = pd.read_parquet(sys.argv[2])
np.save(sys.argv[3], router.agent_scores(table))
heavy = [n for n in ("torch", "skops", "sklearn.feature_extraction")
         if n in sys.modules]
assert not heavy, heavy
"""


def fitted(**options):
    return EncodedRouter(encoder=ENCODER, **options).fit(TABLE[:300], COSTS[:300])


def test_it_routes_by_what_a_prompt_asks():
    router = fitted()
    routes = router.route(TABLE[300:])
    assert np.mean(routes == SUMS[300:]) > 0.95
    assert router.feature_names_in_.tolist() == list(TABLE.columns)
    assert router.kinds_.tolist() == ["text", "category", "number", "date"]
    point = router.tune(TABLE[300:], COSTS[300:], budget=0.2)
    assert point.deferral_rate <= 0.2
    with pytest.warns(UserWarning, match="among the 300 it was fitted on"):
        router.tune(TABLE[:300], COSTS[:300], budget=0.2)


@pytest.mark.parametrize("threads", [1, 2])
def test_saved_routers_score_the_same_to_the_bit_with_any_number_of_threads(threads, tmp_path):
    router = fitted()
    cede.save(router, tmp_path / "router")
    TABLE.to_parquet(tmp_path / "table.parquet")
    paths = [str(tmp_path / name) for name in ("router", "table.parquet", "scores.npy")]
    count = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *paths],
        env={**os.environ, **count},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    np.testing.assert_array_equal(np.load(paths[2]), router.agent_scores(TABLE))


def test_a_case_goes_where_it_goes_whatever_comes_with_it():
    """What the encoder returns does not change by a bit; neighbours' sums may in the last one."""
    router = fitted()
    scores, matrix = router.agent_scores(TABLE), router.encoder_.transform(TABLE)
    for rows in (slice(0, 1), slice(7, 20), slice(None, None, -1)):
        np.testing.assert_array_equal(router.encoder_.transform(TABLE[rows]), matrix[rows])
        np.testing.assert_allclose(router.agent_scores(TABLE[rows]), scores[rows], rtol=1e-12)


def test_the_order_of_the_rows_changes_nothing():
    order = rng.permutation(300)
    there = EncodedRouter(encoder=ENCODER).fit(TABLE[:300].iloc[order], COSTS[:300][order])
    np.testing.assert_array_equal(there.agent_scores(TABLE), fitted().agent_scores(TABLE))


def test_labels_train_a_model_on_what_the_encoder_returns():
    y = np.where(SUMS, "sum", "book")
    experts = np.where(rng.random((N, 1)) < 0.9, y[:, None], "sum")
    router = EncodedRouter(encoder=ENCODER, model=LogisticRegression())
    router.fit(TABLE[:300], y[:300], experts=experts[:300])
    assert np.mean(router.predict(TABLE[300:]) == y[300:]) > 0.95


def test_a_function_that_reads_texts_is_passed_again(tmp_path):
    def embed(texts):
        return np.array([[text.count("A"), text.count("?")] for text in texts])

    router = EncodedRouter(encoder=Encoder(text="prompt", texts=Texts(embed=embed)))
    router.fit(TABLE, COSTS)
    cede.save(router, tmp_path / "router")
    with pytest.raises(cede.InvalidInput, match=r"load\(folder, embed=function\)"):
        cede.load(tmp_path / "router")
    loaded = cede.load(tmp_path / "router", embed=embed)
    np.testing.assert_array_equal(loaded.agent_scores(TABLE), router.agent_scores(TABLE))


def test_it_is_searched_through():
    search = GridSearchCV(
        EncodedRouter(encoder=ENCODER), {"encoder__beside": [0.1, 0.2]}, cv=KFold(2)
    )
    assert search.fit(TABLE, COSTS).best_score_ > 0.8


def test_tables_are_read_by_the_kinds_of_the_fit(tmp_path):
    log = TABLE.assign(small=~SUMS, large=rng.random(N) < 0.7)
    both = {"small": "small", "large": "large"}
    cases = read_log(log, model="small", outcome=both, texts=["prompt"])
    router = EncodedRouter(encoder=ENCODER).fit(cases)
    np.testing.assert_array_equal(router.route(cases), router.route(TABLE))
    log.to_csv(tmp_path / "log.csv", index=False)
    again = read_log_for(router, tmp_path / "log.csv", outcome=both)
    np.testing.assert_array_equal(router.route(again), router.route(TABLE))
    few = TABLE[:3].assign(prompt=["12", "007", None], tier=["1", "paid", None], age=None)
    few.to_csv(tmp_path / "few.csv", index=False)
    (part,) = read_new_for(router, tmp_path / "few.csv").parts()
    assert part.features["prompt"].tolist() == ["12", "007", None]
    assert part.features["tier"].tolist() == ["1", "paid", None]
    assert router.route(part).shape == (3,)
    wrong = TABLE.assign(age="old", day="the 5th")
    for name, words in (("age", "was numbers where"), ("day", "was dates, the year first")):
        with pytest.raises(cede.InvalidInput, match=words):
            read_new_for(router, TABLE.assign(**{name: wrong[name]}))


def test_other_routers_say_what_texts_need():
    log = TABLE.assign(small=~SUMS, large=True)
    cases = read_log(log, model="small", outcome={"small": "small", "large": "large"},
                     texts=["prompt"])  # fmt: skip
    with pytest.raises(cede.InvalidInput, match=r"'prompt' holds texts or dates.*EncodedRouter"):
        cede.TwoStageRouter().fit(cases)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"router": cede.SingleStageClassifier()}, "router must learn from one table of costs"),
        ({"router": cede.NeighborRouter(fees=0.1)}, "fees= is to be given to the EncodedRouter"),
        ({"router": 3}, "router must hold routers, but got 3"),
        ({"encoder": Texts()}, "encoder must be an Encoder"),
    ],
)
def test_bad_parameters_get_a_sentence(options, words):
    with pytest.raises(cede.InvalidInput, match=words):
        EncodedRouter(**options).fit(TABLE, COSTS)
