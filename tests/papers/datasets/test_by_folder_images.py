import io
import sys
import tarfile

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from cede.exceptions import InvalidInput, UnknownName, UnreadableFile
from cede_papers.datasets import (
    ImageSet,
    MissingPackage,
    load_cifar10_images,
    load_cifar10h,
    load_cifar10n,
    load_pneumoniamnist,
)


@pytest.mark.parametrize(("split", "n"), [("train", 50_000), ("test", 10_000)])
def test_cifar10_images_are_in_the_order_of_the_people(data, split, n):
    pytest.importorskip("pyarrow")
    images = load_cifar10_images(data, split=split)
    assert repr(images) == f"ImageSet('cifar10_images', {n:,} images, 10 classes)"
    np.testing.assert_array_equal(images.index, np.arange(n))
    people = load_cifar10h(data) if split == "test" else load_cifar10n(data, features=False)
    np.testing.assert_array_equal(images.y, people.y)


def test_cifar10_images_are_decoded_when_asked_for(data):
    pytest.importorskip("pyarrow")
    pytest.importorskip("PIL")
    images = load_cifar10_images(data, split="test")
    some = images.pixels(slice(0, 300))
    assert some.shape == (300, 32, 32, 3)
    assert some.dtype == np.uint8
    np.testing.assert_array_equal(images.pixels([7, 5]), some[[7, 5]])
    np.testing.assert_array_equal(images.pixels(images.index < 3), some[:3])
    # Planes and ships stand before blue; deer and frogs do not.
    many = images.pixels(slice(0, 2_000)).mean(axis=(1, 2))
    blue = many[:, 2] - many[:, 0]
    y = images.y[:2_000]
    assert blue[np.isin(y, [0, 8])].mean() > 10 > blue[np.isin(y, [4, 6])].mean()


def test_cifar10_images_without_pillow(data, monkeypatch):
    pytest.importorskip("pyarrow")
    images = load_cifar10_images(data, split="test")
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingPackage, match="Decoding images"):
        images.pixels([0])


def archive(folder, per_batch=3, cut=0):
    """Toronto's binary version in small, its labels and pixels."""
    (folder / "cifar10_images").mkdir(exist_ok=True)
    rng = np.random.default_rng(0)
    parts = []
    names = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]
    with tarfile.open(folder / "cifar10_images" / "cifar-10-binary.tar.gz", "w:gz") as packed:
        for name in names:
            y = rng.integers(10, size=per_batch).astype(np.uint8)
            pixels = rng.integers(256, size=(per_batch, 32, 32, 3)).astype(np.uint8)
            planes = pixels.transpose(0, 3, 1, 2).reshape(per_batch, -1)
            content = np.column_stack([y, planes]).tobytes()[: -cut or None]
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}.bin")
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
            parts.append((y, pixels))
    return parts


def test_the_original_archive_is_read_without_loss(tmp_path, no_folder):
    parts = archive(tmp_path)
    train, test = (load_cifar10_images(tmp_path, split=s) for s in ("train", "test"))
    np.testing.assert_array_equal(train.y, np.concatenate([y for y, _ in parts[:5]]))
    np.testing.assert_array_equal(train.pixels(), np.concatenate([p for _, p in parts[:5]]))
    np.testing.assert_array_equal(test.y, parts[5][0])
    np.testing.assert_array_equal(test.pixels([2, 0]), parts[5][1][[2, 0]])
    np.testing.assert_array_equal(test.index, np.arange(3))
    assert "without loss" in test.description


def test_a_damaged_archive(tmp_path, no_folder):
    archive(tmp_path, cut=1)
    with pytest.raises(UnreadableFile, match="it ends within an image"):
        load_cifar10_images(tmp_path, split="test")
    (tmp_path / "cifar10_images" / "cifar-10-binary.tar.gz").write_bytes(b"no archive")
    with pytest.raises(UnreadableFile, match="is not CIFAR-10's archive"):
        load_cifar10_images(tmp_path)


def test_splits_are_named():
    with pytest.raises(UnknownName, match="Did you mean 'train'"):
        load_cifar10_images(split="training")


def test_images_have_a_class_each():
    with pytest.raises(InvalidInput, match="y has 2, index has 3"):
        ImageSet(
            name="n",
            y=np.zeros(2, dtype=int),
            class_names=("a",),
            index=np.arange(3),
            encoded=np.zeros((3, 32, 32, 3), dtype=np.uint8),
        )


def test_pneumoniamnist_films(data):
    films = load_pneumoniamnist(data)
    assert films.X.shape == (5_856, 784)
    assert (films.X.min(), films.X.max()) == (0.0, 255.0)
    found = {
        split: np.bincount(films.y[films.extras["split"] == split]).tolist()
        for split in ("train", "validation", "test")
    }
    assert found == {"train": [1_214, 3_494], "validation": [135, 389], "test": [234, 390]}
    assert films.experts.shape == (5_856, 0)
    assert films.feature_names[29] == "pixel 1, 1"


def test_pneumoniamnist_labels_are_of_the_film(data):
    films = load_pneumoniamnist(data)
    train = films.extras["split"] == "train"
    held_out = films.extras["split"] == "validation"
    learned = RidgeClassifier(alpha=1e5).fit(films.X[train], films.y[train])
    assert learned.score(films.X[held_out], films.y[held_out]) > 0.9


def test_pneumoniamnist_of_another_making(tmp_path, no_folder):
    (tmp_path / "pneumoniamnist").mkdir()
    np.savez(tmp_path / "pneumoniamnist" / "pneumoniamnist.npz", a=[1])
    with pytest.raises(UnreadableFile, match="must hold train_x, train_y"):
        load_pneumoniamnist(tmp_path)
