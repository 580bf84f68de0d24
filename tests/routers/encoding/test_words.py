"""Words are weighed as scikit-learn weighs them, and read without it."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from cede.routers.encoding import Words

rng = np.random.default_rng(0)
VOCABULARY = [f"w{i}" for i in range(60)] + ["naïve", "groß", "42", "x_y", "a"]
TEXTS = [" ".join(rng.choice(VOCABULARY, size=rng.integers(0, 25))) for _ in range(200)]


def test_weights_are_those_of_scikit_learn():
    theirs = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2, max_df=0.5)
    expected = theirs.fit_transform(TEXTS)
    words = Words().fit(TEXTS)
    assert words.terms_.tolist() == theirs.get_feature_names_out().tolist()
    np.testing.assert_allclose(words.weights(TEXTS).toarray(), expected.toarray(), atol=1e-12)
    fresh = ["w1 w2 w1", "", "nothing known Groß"]
    ours = words.weights(fresh).toarray()
    np.testing.assert_allclose(ours, theirs.transform(fresh).toarray(), atol=1e-12)


def test_the_order_of_the_texts_changes_nothing():
    here, there = Words().fit(TEXTS), Words().fit(TEXTS[::-1])
    np.testing.assert_array_equal(here.components_, there.components_)


def test_a_text_has_its_place_whatever_comes_with_it():
    words = Words().fit(TEXTS)
    together = words.transform(TEXTS)
    alone = np.vstack([words.transform([text]) for text in TEXTS])
    np.testing.assert_array_equal(together, alone)
    lengths = np.linalg.norm(together, axis=1)
    assert np.allclose(lengths[lengths > 0], 1.0)
    assert (words.transform(["", "nothing"]) == 0.0).all()


def test_the_commonest_terms_are_kept():
    words = Words(max_terms=10).fit(TEXTS)
    every = Words().fit(TEXTS)
    rarest = sorted(every.idf_)[9]
    assert len(words.terms_) == 10
    assert (words.idf_ <= rarest).all()


@pytest.mark.parametrize("texts", [[], [""], ["one text"], ["same words", "same words"]])
def test_texts_without_common_terms_have_no_directions(texts):
    assert Words().fit(texts).transform(["same words"]).shape == (1, 0)


def test_a_long_text_takes_no_room_in_the_others():
    """An array of texts would have room for the longest one in every row: 4 GB here."""
    from cede._rows._fingerprint import fingerprint
    from cede._rows._order import row_hashes

    cells = np.array([*TEXTS * 5, "long " * 200_000], dtype=object)[:, None]
    program = "import resource; resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))"
    assert len(row_hashes(cells)) == fingerprint(cells).n_cases == 1001
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"{program}\nimport numpy as np\nfrom cede._rows._order import row_hashes\n"
            "from cede._rows._copies import find_copies\n"
            "cells = np.array(['a', 'b'] * 500 + ['long ' * 200_000], dtype=object)\n"
            "row_hashes(cells[:, None]); find_copies({'x': cells})",
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
