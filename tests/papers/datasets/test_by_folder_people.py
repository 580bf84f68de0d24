"""Sets of people's answers: facts that break if a row is lost, moved, or a column leaks."""

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from cede.exceptions import InvalidInput, UnknownName, UnreadableFile
from cede_papers.datasets import (
    load_cifar10h,
    load_cifar10n,
    load_hatespeech,
    load_lewidi,
    load_nih_readers,
    majority_of_others,
)

pytest.importorskip("pyarrow")


def accuracies(dataset):
    answered = ~np.isnan(dataset.experts)
    return ((dataset.experts == dataset.y[:, None]).sum(axis=0)) / answered.sum(axis=0)


def learnt_on_one_half(X, y):
    """Mean share of each class in odd rows, learned on even ones: chance if rows are moved."""
    guess = RidgeClassifier(class_weight="balanced").fit(X[::2], y[::2]).predict(X[1::2])
    return np.mean([(guess[y[1::2] == k] == k).mean() for k in np.unique(y)])


def test_cifar10h_votes(data):
    images = load_cifar10h(data, n_experts=3)
    counts, y = images.extras["counts"], images.y
    assert images.X.shape == (10_000, 64)
    np.testing.assert_array_equal(np.bincount(y), [1_000] * 10)
    voters = counts.sum(axis=1)
    assert (voters.min(), voters.max(), voters.sum()) == (47, 63, 511_000)
    right = counts[np.arange(10_000), y]
    assert (right / voters).mean() == pytest.approx(0.9523, abs=5e-5)
    assert (counts.argmax(axis=1) == y).mean() == 0.9921
    # Three draws of 10,000, each right with the chance of its own image: standard error 0.0012.
    np.testing.assert_allclose(accuracies(images), 0.9523, atol=0.005)
    drawn = images.experts.astype(int)
    assert (np.take_along_axis(counts, drawn, axis=1) > 0).all()


@pytest.mark.parametrize(
    ("network", "accuracy"),
    [
        ("cnn_low", 0.8891),
        ("resnet110", 0.9388),
        ("preresnet110", 0.9506),
        ("densenet_bc_l190", 0.9668),
    ],
)
def test_cifar10h_networks(data, network, accuracy):
    images = load_cifar10h(data)
    chances = images.extras[f"probs_{network}"]
    np.testing.assert_allclose(chances.sum(axis=1), 1.0, atol=1e-3)
    assert (chances.argmax(axis=1) == images.y).mean() == accuracy


def test_cifar10h_rows_are_of_one_image(data):
    images = load_cifar10h(data)
    assert learnt_on_one_half(images.X, images.y) > 0.6
    # Within a class, images that people find hard are hard for networks; not if rows are moved.
    rows = np.arange(10_000)
    human = (images.extras["counts"] / images.extras["counts"].sum(axis=1, keepdims=True))[
        rows, images.y
    ]
    network = images.extras["probs_cnn_low"][rows, images.y]
    order = np.argsort(images.y, kind="stable").reshape(10, -1)
    within = human[order] - human[order].mean(axis=1, keepdims=True)
    kept, moved = (
        np.corrcoef(within.ravel(), np.roll(network[order], by, axis=1).ravel())[0, 1]
        for by in (0, 1)
    )
    assert kept > 0.15
    assert abs(moved) < 0.05


def test_cifar10h_seeds(data):
    draws = [load_cifar10h(data, random_state=seed).experts for seed in (0, 0, 1)]
    np.testing.assert_array_equal(draws[0], draws[1])
    assert (draws[0] != draws[2]).any()
    with pytest.raises(InvalidInput, match="n_experts"):
        load_cifar10h(data, n_experts=-1)


def test_cifar10n_all_labels(data):
    images = load_cifar10n(data, features=False)
    assert images.X.shape == (50_000, 0)
    np.testing.assert_array_equal(accuracies(images), [0.82766, 0.81878, 0.8236])
    assert (images.extras["aggregate"] == images.y).mean() == 0.9099
    worst = images.extras["worst"]
    assert (worst == images.y).mean() == 0.59792
    assert (worst[:, None] == images.experts).any(axis=1).all()
    np.testing.assert_array_equal(worst == images.y, (images.y == images.experts.T).all(axis=0))
    np.testing.assert_array_equal(images.extras["index"], np.arange(50_000))


def test_cifar10n_features_are_of_the_image_and_in_the_basis_of_cifar10h(data):
    images, test = load_cifar10n(data), load_cifar10h(data)
    assert images.X.shape == (20_000, 64)
    every = load_cifar10n(data, features=False)
    np.testing.assert_array_equal(images.y, every.y[images.extras["index"]])
    np.testing.assert_array_equal(images.experts, every.experts[images.extras["index"]])
    assert RidgeClassifier().fit(images.X, images.y).score(test.X, test.y) > 0.6


def test_hatespeech_votes(data):
    tweets = load_hatespeech(data, n_experts=4)
    counts, voters = tweets.extras["counts"], tweets.extras["counts"].sum(axis=1)
    assert tweets.X.shape == (24_783, 384)
    np.testing.assert_array_equal(np.bincount(tweets.y), [1_430, 19_190, 4_163])
    share = counts[np.arange(len(voters)), tweets.y] / voters
    assert share.mean() == pytest.approx(0.9050, abs=5e-5)
    by_class = [share[tweets.y == k].mean() for k in range(3)]
    np.testing.assert_allclose(by_class, [0.728, 0.919, 0.899], atol=5e-4)
    assert (share == 1.0).mean() == pytest.approx(0.7054, abs=5e-5)
    np.testing.assert_array_equal(counts.argmax(axis=1), tweets.y)
    # Whoever was not there gave no answer.
    np.testing.assert_array_equal((~np.isnan(tweets.experts)).sum(axis=1), np.minimum(voters, 4))
    assert (voters == 3).sum() == 22_807
    np.testing.assert_allclose(accuracies(tweets)[:3], 0.905, atol=0.01)


def test_hatespeech_rows_are_of_one_tweet(data):
    tweets = load_hatespeech(data)
    assert learnt_on_one_half(tweets.X, tweets.y) > 0.6


def test_hatespeech_from_the_original(tmp_path, no_folder):
    (tmp_path / "hatespeech").mkdir()
    (tmp_path / "hatespeech" / "labeled_data.csv").write_text(
        ",count,hate_speech,offensive_language,neither,class,tweet\n"
        '0,3,0,0,3,2,"a line,\nand another"\n'
        "7,4,1,3,0,1,b\n",
        encoding="utf-8",
    )
    seen = []

    def embed(texts):
        seen.extend(texts)
        return np.arange(2 * len(texts)).reshape(-1, 2)

    tweets = load_hatespeech(tmp_path, n_experts=4, embed=embed)
    assert seen == ["a line,\nand another", "b"]
    np.testing.assert_array_equal(tweets.X, [[0, 1], [2, 3]])
    np.testing.assert_array_equal(tweets.y, [2, 1])
    np.testing.assert_array_equal(tweets.extras["counts"], [[0, 0, 3], [1, 3, 0]])
    np.testing.assert_array_equal(tweets.extras["source_id"], [0, 7])
    np.testing.assert_array_equal(tweets.experts[0], [2, 2, 2, np.nan])
    assert sorted(tweets.experts[1]) == [0, 1, 1, 1]
    with pytest.raises(InvalidInput, match="embed must make features of the texts"):
        load_hatespeech(tmp_path)
    with pytest.raises(InvalidInput, match=r"one row per text, \(2, d\), but got shape \(1, 2\)"):
        load_hatespeech(tmp_path, embed=lambda texts: np.ones((1, 2)))
    (tmp_path / "hatespeech" / "labeled_data.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(UnreadableFile, match="must hold the columns class, hate_speech"):
        load_hatespeech(tmp_path, embed=embed)


def test_hatespeech_embeds_no_texts_where_there_are_none(data):
    with pytest.raises(InvalidInput, match="embed must be left out where there are no texts"):
        load_hatespeech(data, embed=lambda texts: texts)


@pytest.mark.parametrize(
    ("part", "shape", "labels", "positive", "agreement"),
    [
        ("convabuse", (4_050, 8), 12_168, 0.1659, 0.9351),
        # One worker judged one text twice, and said the same.
        ("md-agreement", (10_753, 819), 53_765 - 1, 0.3132, 0.7918),
        ("armis", (943, 3), 2_829, 0.4125, 0.8503),
    ],
)
def test_lewidi_answers(data, part, shape, labels, positive, agreement):
    texts = load_lewidi(part, data)
    answered = ~np.isnan(texts.experts)
    assert texts.experts.shape == shape
    assert answered.sum() == labels
    assert texts.y.mean() == pytest.approx(positive, abs=5e-5)
    others = majority_of_others(texts.experts)
    judged = ~np.isnan(others)
    assert (texts.experts == others)[judged].mean() == pytest.approx(agreement, abs=5e-5)
    # The source rounds to two places; who answered twice counts once here.
    share = np.nansum(texts.experts, axis=1) / answered.sum(axis=1)
    off = np.abs(share - texts.extras["soft_label"]) > 0.006
    assert off.sum() <= 1
    clear = (share != 0.5) & ~off
    np.testing.assert_array_equal(texts.y[clear], share[clear] > 0.5)
    assert len(set(texts.expert_names)) == shape[1]


@pytest.mark.parametrize("part", ["convabuse", "md-agreement", "armis"])
def test_lewidi_columns_are_the_people_they_are_named_after(data, part):
    from pyarrow import parquet

    texts = load_lewidi(part, data)
    rows = parquet.read_table(data / "lewidi" / f"{part}_annotations.parquet").to_pylist()[::7]
    case = {item: i for i, item in enumerate(texts.extras["item_id"].tolist())}
    column = {name: j for j, name in enumerate(texts.expert_names)}
    found = [texts.experts[case[row["item_id"]], column[row["annotator"]]] for row in rows]
    said = [row["label"] < 0 if part == "convabuse" else row["label"] for row in rows]
    np.testing.assert_array_equal(found, said)


def test_lewidi_severity_stands_behind_the_answers(data):
    talks = load_lewidi("convabuse", data)
    severity = talks.extras["severity"]
    assert set(severity[~np.isnan(severity)]) == {-3.0, -2.0, -1.0, 0.0, 1.0}
    np.testing.assert_array_equal(np.isnan(severity), np.isnan(talks.experts))
    np.testing.assert_array_equal(severity < 0, talks.experts == 1)
    assert "severity" not in load_lewidi("armis", data).extras


def test_lewidi_numbers_of_people(data):
    assert load_lewidi("convabuse", data).expert_names == tuple(f"Ann{i}" for i in range(1, 9))
    numbers = [int(name[3:]) for name in load_lewidi("md-agreement", data).expert_names]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("part", ["convabuse", "md-agreement"])
def test_lewidi_rows_are_of_one_text(data, part):
    texts = load_lewidi(part, data)
    assert texts.X.shape == (texts.n_cases, 384)
    assert learnt_on_one_half(texts.X, texts.y) > 0.65


def test_lewidi_parts_are_named():
    with pytest.raises(UnknownName, match="Did you mean 'md-agreement'"):
        load_lewidi("md_agreement")


@pytest.mark.parametrize(
    ("finding", "accuracy", "answers"),
    [
        ("airspace_opacity", 0.8843, 13_081 - 8),
        ("fracture", 0.9684, 13_081 - 4),
        ("nodule_or_mass", 0.9259, 13_081 - 4 - 261),
        # One of those who appear twice hedged twice.
        ("pneumothorax", 0.9692, 13_081 - 3 - 165),
    ],
)
def test_nih_readings(data, finding, accuracy, answers):
    films = load_nih_readers(finding, data)
    answered = ~np.isnan(films.experts)
    assert films.experts.shape == (4_376, 22)
    assert answered.sum() == answers
    right = films.experts == films.y[:, None]
    assert right[answered].mean() == pytest.approx(accuracy, abs=5e-5)
    np.testing.assert_array_equal(films.y, films.extras[finding])
    assert len(set(films.extras["image"])) == 4_376
    assert len(set(films.extras["patient"])) == 1_695
    numbers = [int(image[:8]) for image in films.extras["image"]]
    np.testing.assert_array_equal(numbers, films.extras["patient"])


def test_nih_readings_that_contradict_each_other_are_none(data):
    films = load_nih_readers("airspace_opacity", data)
    row = int(np.flatnonzero(films.extras["image"] == "00030573_013.png")[0])
    assert np.isnan(films.experts[row, [1, 17]]).all()
    agreed = load_nih_readers("fracture", data)
    assert agreed.experts[row, [1, 17]].tolist() == [0.0, 0.0]


def test_nih_findings_are_named():
    with pytest.raises(UnknownName, match="Did you mean 'fracture'"):
        load_nih_readers("fractures")
