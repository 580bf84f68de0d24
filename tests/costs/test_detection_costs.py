"""Detections become costs: average precision by hand, empty images, other classes, refusals."""

import contextlib
import io
import sys

import numpy as np
import pytest
import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from cede import InvalidInput, detection_costs
from cede.exceptions import MissingExtra, UnknownName

CAT, DOG = 3, 7
NOTHING = {"boxes": [], "scores": [], "labels": []}


def square(x, size=10.0):
    """A box of height 10 whose left edge is at x."""
    return [x, 0.0, x + size, 10.0]


def seen(boxes, scores, labels):
    return {"boxes": boxes, "scores": scores, "labels": labels}


def test_average_precision_worked_out_by_hand():
    """Two cats, three detections: right (0.9), made up (0.8), right (0.7).

    After each of them, recall is 1/2, 1/2, 1 and precision 1, 1/2, 2/3. The best precision at a
    recall of at least r is 1 for the 51 levels r = 0, 0.01, ..., 0.5 and 2/3 for the 50 above.
    """
    truth = {"boxes": [square(0), square(100)], "labels": [CAT, CAT]}
    found = seen([square(100), square(500), square(0)], [0.7, 0.8, 0.9], [CAT] * 3)
    expected = 1 - (51 * 1 + 50 * 2 / 3) / 101
    np.testing.assert_allclose(detection_costs([[found]], [truth]), [[expected]], atol=1e-12)
    np.testing.assert_allclose(
        detection_costs([[found]], [truth], ranking="pooled"), [[expected]], atol=1e-12
    )


def test_tighter_overlaps_ask_for_tighter_boxes():
    """A box of width 10 and one of width 8 within it overlap by 0.8: right up to 0.8, 7 of 10."""
    truth = {"boxes": [square(0)], "labels": [CAT]}
    found = seen([square(0, size=8.0)], [0.5], [CAT])
    costs = [
        detection_costs([[found]], [truth], iou=iou).item() for iou in (0.5, 0.79, 0.81, "coco")
    ]
    np.testing.assert_allclose(costs, [0.0, 0.0, 1.0, 1 - 7 / 10], atol=1e-12)


def test_a_box_is_found_once():
    """The second detection of one cat is made up, and so is a cat where a dog is."""
    truth = {"boxes": [square(0), square(100)], "labels": [CAT, DOG]}
    twice = seen([square(0), square(0), square(100)], [0.9, 0.8, 0.7], [CAT, CAT, CAT])
    np.testing.assert_allclose(detection_costs([[twice]], [truth]), [[0.5]], atol=1e-12)


def test_classes_that_are_not_in_the_image_count_only_if_pooled():
    """Made up (0.9), right (0.8): pooled, the precision is 1/2 at every level of recall."""
    truth = {"boxes": [square(0)], "labels": ["cat"]}
    found = seen([square(0), square(0)], [0.8, 0.9], ["cat", "dog"])
    np.testing.assert_allclose(detection_costs([[found]], [truth]), [[0.0]], atol=1e-12)
    pooled = detection_costs([[found]], [truth], ranking="pooled")
    np.testing.assert_allclose(pooled, [[0.5]], atol=1e-12)


@pytest.mark.parametrize("ranking", ["per_class", "pooled"])
def test_empty_images_missing_looks_and_fees(ranking):
    empty, cat = {"boxes": [], "labels": []}, {"boxes": [square(0)], "labels": [CAT]}
    found = seen([square(0)], [0.01], [CAT])
    costs = detection_costs(
        [[NOTHING, found, NOTHING], [found, None, found]], [empty, cat, cat], 0.25, ranking=ranking
    )
    expected = [[0.0, 1.25], [0.0, np.nan], [1.0, 0.25]]
    np.testing.assert_allclose(costs, expected, atol=1e-12)
    nobody = detection_costs([[NOTHING], [None]], [empty], ranking=ranking)
    np.testing.assert_allclose(nobody, [[0.0, np.nan]])
    assert detection_costs([[], []], [], ranking=ranking).shape == (0, 2)


def scene(rng, n_images=30, n_classes=4):
    """Random boxes, and detections of them that are shifted, mislabelled, missed or made up."""
    truths, found = [], []
    for _ in range(n_images):
        n = rng.integers(1, 8)
        corners = rng.uniform(0, 200, (n, 2))
        boxes = np.hstack([corners, corners + rng.uniform(10, 400, (n, 2))])
        labels = rng.integers(0, n_classes, n)
        truths.append({"boxes": boxes, "labels": labels})
        kept = rng.random(n) < 0.8
        moved = np.vstack([boxes[kept] + rng.normal(0, 4, (kept.sum(), 4)), square(50), square(55)])
        renamed = np.where(rng.random(kept.sum()) < 0.8, labels[kept], (labels[kept] + 1) % 4)
        classes = np.append(renamed, [0, 1])
        found.append(seen(moved, rng.random(len(moved)), classes))
    return truths, found


def alone(truth, found, ious):
    """One minus AP of one image, by COCO's tool in its usual form."""
    tables = []
    for image in (truth, found):
        boxes = np.asarray(image["boxes"], dtype=float)
        table = COCO()
        table.dataset = {
            "images": [{"id": 1}],
            "categories": [{"id": int(c)} for c in range(4)],
            "annotations": [
                {
                    "id": i + 1,
                    "image_id": 1,
                    "category_id": int(image["labels"][i]),
                    "bbox": [*box[:2], *(box[2:] - box[:2])],
                    "area": float(np.prod(box[2:] - box[:2])),
                    "iscrowd": 0,
                    "score": float(image.get("scores", np.ones(len(boxes)))[i]),
                }
                for i, box in enumerate(boxes)
            ],
        }
        tables.append(table)
    with contextlib.redirect_stdout(io.StringIO()):
        for table in tables:
            table.createIndex()
        judge = COCOeval(*tables, iouType="bbox")
        judge.params.iouThrs = np.asarray(ious)
        judge.evaluate()
        judge.accumulate()
    precision = judge.eval["precision"][:, :, :, 0, -1]
    return 1 - precision[precision > -1].mean()


@pytest.mark.parametrize(
    ("iou", "ious"), [(0.5, [0.5]), ("coco", np.linspace(0.5, 0.95, 10))], ids=["0.5", "coco"]
)
def test_every_image_costs_what_it_would_alone(iou, ious):
    truths, found = scene(np.random.default_rng(0), n_images=60)  # more classes than one batch
    costs = detection_costs([found], truths, iou=iou)[:, 0]
    expected = [alone(truth, image, ious) for truth, image in zip(truths, found, strict=True)]
    np.testing.assert_allclose(costs, expected, atol=1e-12)
    assert 0.1 < costs.mean() < 0.9


@pytest.mark.parametrize("ranking", ["per_class", "pooled"])
def test_order_place_and_scale_change_nothing(ranking):
    rng = np.random.default_rng(1)
    truths, found = scene(rng)
    other = [scene(rng)[1][i] for i in range(len(found))]
    costs = detection_costs([found, other], truths, [0.1, 0.2], ranking=ranking)
    back = detection_costs([other, found], truths, [0.2, 0.1], ranking=ranking)
    np.testing.assert_allclose(back[:, ::-1], costs, atol=1e-12)
    shuffled = rng.permutation(len(truths))
    again = detection_costs(
        [[found[i] for i in shuffled]], [truths[i] for i in shuffled], 0.0, ranking=ranking
    )
    np.testing.assert_allclose(again[:, 0], costs[shuffled, 0] - 0.1, atol=1e-12)

    def moved(image):
        return image | {
            "boxes": 4.0 * image["boxes"][::-1] - 64.0,
            **{key: image[key][::-1] for key in ("labels", "scores") if key in image},
        }

    far = detection_costs(
        [[moved(image) for image in found]], [moved(image) for image in truths], ranking=ranking
    )
    np.testing.assert_allclose(far[:, 0], costs[:, 0] - 0.1, atol=1e-12)


def test_one_class_is_pooled_like_itself_and_names_do_not_matter():
    truths, found = scene(np.random.default_rng(2), n_classes=1)
    for image in found:
        image["labels"] = np.zeros(len(image["labels"]), dtype=int)
    costs = detection_costs([found], truths)
    np.testing.assert_allclose(detection_costs([found], truths, ranking="pooled"), costs)
    named = [
        [image | {"labels": ["cat"] * len(image["labels"])} for image in x] for x in (found, truths)
    ]
    np.testing.assert_allclose(detection_costs([named[0]], named[1]), costs)


def test_what_torchvision_returns_is_read_and_nothing_is_printed(capsys):
    truth = {"boxes": torch.tensor([square(0)]), "labels": torch.tensor([1])}
    found = seen(torch.tensor([square(0)]), torch.tensor([0.5]), torch.tensor([1]))
    none = seen(torch.empty(0, 4), torch.empty(0), torch.empty(0, dtype=torch.int64))
    costs = detection_costs([[found], [none]], [truth])
    np.testing.assert_allclose(costs, [[0.0, 1.0]], atol=1e-12)
    assert capsys.readouterr().out == ""


def of(boxes=None, scores=(0.5,), labels=(CAT,)):
    found = seen([square(0)] if boxes is None else boxes, scores, labels)
    return detection_costs([[found]], [{"boxes": [square(0)], "labels": [CAT]}])


TRUTH = {"boxes": [square(0)], "labels": [CAT]}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: of([[10, 0, 0, 10]]),
            r"boxes of detections\[0\] must be .* but 1 are not, .* image 0",
        ),
        (lambda: of([[0, 10, 10, 0]]), r"being \[0.0, 10.0, 10.0, 0.0\] in image 0"),
        (lambda: of([[0, 0, 10, np.nan]]), r"boxes of detections\[0\] must be finite"),
        (lambda: of([["a", "b", "c", "d"]]), r"boxes of detections\[0\] must be numbers"),
        (lambda: of([[0, 0, 10]]), r"detections\[0\]\[0\] must have boxes \(B, 4\)"),
        (
            lambda: of(scores=[1.5]),
            r"scores of detections\[0\] must be between 0 and 1, .* being 1.5 in image 0",
        ),
        (lambda: of(scores=[-0.1]), "between 0 and 1"),
        (lambda: of(scores=[np.nan]), r"scores of detections\[0\] must be finite"),
        (lambda: of(scores=[0.5, 0.6]), r"one entry per box.*'scores': \(2,\)"),
        (
            lambda: of(labels=[None]),
            r"labels of detections\[0\] must be known for each box, but 1 are missing",
        ),
        (lambda: of(labels=["cat"]), "labels must be all numbers or all texts, .* but got both"),
        (
            lambda: detection_costs([[NOTHING] * 2], [TRUTH, TRUTH | {"labels": ["cat"]}]),
            "labels must be all numbers or all texts, .* but got both",
        ),
        (lambda: detection_costs([], [TRUTH]), "at least"),
        (lambda: detection_costs([[]], [TRUTH]), r"detections\[0\] has 0 and truths has 1"),
        (lambda: detection_costs([[NOTHING]], [None]), r"truths\[0\] is None"),
        (lambda: detection_costs([[TRUTH]], [TRUTH]), r"but got \['boxes', 'labels'\]"),
        (lambda: detection_costs([[3]], [TRUTH]), "but got int"),
        (lambda: detection_costs([NOTHING], [TRUTH]), "a sequence of mappings, one per image"),
        (
            lambda: detection_costs([[NOTHING]], [TRUTH], iou=0),
            r"iou must be in \(0, 1\], but got 0",
        ),
        (
            lambda: detection_costs([[NOTHING]], [TRUTH], iou=np.nan),
            r"iou must be in \(0, 1\], but got nan",
        ),
        (lambda: detection_costs([[NOTHING]], [TRUTH], -1), "cannot be negative"),
        (lambda: detection_costs([[NOTHING]], [TRUTH], [1, 2]), r"but got shape \(2,\)"),
    ],
)
def test_bad_input_gets_a_sentence(make, message):
    with pytest.raises(InvalidInput, match=message):
        make()


@pytest.mark.parametrize("option", [{"iou": "cocoa"}, {"ranking": "per class"}])
def test_unknown_names_are_named(option):
    with pytest.raises(UnknownName, match="Did you mean"):
        detection_costs([[NOTHING]], [TRUTH], **option)


def test_without_the_extra_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pycocotools.coco", None)
    with pytest.raises(MissingExtra, match=r"pip install 'cede\[detection\]'"):
        detection_costs([[NOTHING]], [TRUTH])
