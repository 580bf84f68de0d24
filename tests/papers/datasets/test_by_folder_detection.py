from contextlib import redirect_stdout
from io import StringIO

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from cede.costs import detection_costs, multitask_costs
from cede.exceptions import InvalidInput, UnreadableFile
from cede_papers.datasets import DetectionSet, load_detection_coco256, load_detection_voc_animals

pytest.importorskip("pyarrow")


@pytest.fixture(scope="module")
def animals(data):
    return load_detection_voc_animals(data)


@pytest.fixture(scope="module")
def coco(data):
    return load_detection_coco256(data)


def overlaps(boxes, others):
    """Intersection over union of rows of boxes, whatever the agent axis between."""
    lowest = np.minimum(boxes[..., 2:], others[..., 2:])
    sides = np.clip(lowest - np.maximum(boxes[..., :2], others[..., :2]), 0, None)
    both = sides.prod(axis=-1)
    areas = [(b[..., 2:] - b[..., :2]).prod(axis=-1) for b in (boxes, others)]
    return both / (areas[0] + areas[1] - both)


def test_animals_agents(animals):
    assert animals.n_cases == 1_220
    assert repr(animals) == "DetectionSet('detection_voc_animals', 1,220 images, 4 agents)"
    assert animals.agent_names == (
        "yolo_fastest_1.1", "yolo_fastest_1.1_xl", "nanodet", "coco_ssd_mbv2lite",
    )  # fmt: skip
    right, overlap = 1 - animals.class_costs.mean(axis=0), 1 - animals.box_costs.mean(axis=0)
    np.testing.assert_allclose(right, [0.5623, 0.7221, 0.7426, 0.8672], atol=5e-5)
    np.testing.assert_allclose(overlap, [0.5345, 0.6518, 0.7983, 0.8377], atol=5e-5)


def test_animals_costs_go_straight_into_both_tasks(animals):
    costs = multitask_costs([animals.class_costs, animals.box_costs])
    np.testing.assert_allclose(costs.mean(axis=0), [0.9032, 0.6260, 0.4591, 0.2951], atol=5e-5)
    assert costs.min(axis=1).mean() == pytest.approx(0.1885, abs=5e-5)


def test_animals_costs_follow_from_boxes_and_answers(animals):
    truth = np.concatenate([image["boxes"] for image in animals.truths])
    iou = overlaps(animals.extras["boxes"], truth[:, None, :])
    found = ~np.isnan(animals.extras["answers"])
    np.testing.assert_allclose(1 - animals.box_costs[found], iou[found], atol=1e-4)
    assert (animals.box_costs[~found] == 1).all()
    assert (animals.class_costs[~found] == 1).all()
    assert (~found).sum() == 568
    labels = np.concatenate([image["labels"] for image in animals.truths])
    np.testing.assert_array_equal(labels, animals.extras["species"])
    np.testing.assert_array_equal(
        animals.class_costs == 0, animals.extras["answers"] == labels[:, None]
    )


def test_animals_answers_are_among_the_detections_of_that_agent_and_image(animals):
    boxes, answers = animals.extras["boxes"], animals.extras["answers"]
    for j, agent in enumerate(animals.detections):
        seen = np.flatnonzero(~np.isnan(answers[:, j]))
        off = [
            np.abs(agent[i]["boxes"][agent[i]["labels"] == answers[i, j]] - boxes[i, j])
            .max(axis=1)
            .min()
            for i in seen
        ]
        assert max(off) < 0.1  # both are rounded, one to a tenth of a pixel


def test_animals_species_and_features(animals):
    names, counts = np.unique(
        [animals.class_names[k] for k in animals.extras["species"]], return_counts=True
    )
    assert dict(zip(names.tolist(), counts.tolist(), strict=True)) == {
        "cat": 345, "cow": 122, "dog": 325, "horse": 303, "sheep": 125,
    }  # fmt: skip
    train = animals.extras["split"] == "train"
    assert train.sum() == 915
    species = animals.extras["species"]
    learned = RidgeClassifier().fit(animals.X[train], species[train])
    assert learned.score(animals.X[~train], species[~train]) > 0.7
    size = np.column_stack([animals.extras["width"], animals.extras["height"]])
    frames = np.concatenate([image["boxes"] for image in animals.truths])
    assert (frames[:, 2:] <= size).all()


def test_detections_go_straight_into_costs(animals, coco):
    pytest.importorskip("pycocotools")
    for found in (animals, coco):
        costs = detection_costs(found.detections, found.truths)
        assert costs.shape == (found.n_cases, len(found.agent_names))
        assert not np.isnan(costs).any()
        moved = found.truths[1:] + found.truths[:1]
        assert (detection_costs(found.detections, moved).mean(axis=0) > costs.mean(axis=0)).all()


def test_coco_counts(coco):
    assert coco.n_cases == 256
    boxes = [len(image["labels"]) for image in coco.truths]
    assert sum(boxes) == 1_827
    np.testing.assert_array_equal(np.array(boxes) > 0, coco.extras["has_labels"])
    assert (~coco.extras["has_labels"]).sum() == 2
    assert {s: (coco.extras["source"] == s).sum() for s in set(coco.extras["source"])} == {
        "coco_train2017": 128, "coco_val2017": 128,
    }  # fmt: skip
    found = [sum(len(image["labels"]) for image in agent) for agent in coco.detections]
    assert dict(zip(coco.agent_names, found, strict=True)) == {
        "yolo_fastest_1.1": 3_285, "yolo_fastest_1.1_xl": 3_513, "nanodet": 20_787,
        "centernet_mbv3": 18_175, "coco_ssd_mbv2lite": 13_213,
    }  # fmt: skip
    assert len(coco.class_names) == 80
    assert (coco.class_names[0], coco.class_names[79]) == ("person", "toothbrush")


def average_precision(found, j, images):
    """AP over all of these images at an overlap of one half, as COCO reports it."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    tables = []
    for source in (found.truths, found.detections[j]):
        rows = []
        for i in images:
            image = source[i]
            sides = image["boxes"][:, 2:] - image["boxes"][:, :2]
            for k, label in enumerate(image["labels"].tolist()):
                box = [*image["boxes"][k, :2].tolist(), *sides[k].tolist()]
                score = float(image["scores"][k]) if "scores" in image else 1.0
                rows.append(
                    {
                        "id": len(rows) + 1, "image_id": int(i), "category_id": label, "bbox": box,
                        "area": box[2] * box[3], "iscrowd": 0, "score": score,
                    }
                )  # fmt: skip
        table = COCO()
        table.dataset = {
            "images": [{"id": int(i)} for i in images],
            "categories": [{"id": k} for k in found.class_names],
            "annotations": rows,
        }
        tables.append(table)
    with redirect_stdout(StringIO()):
        for table in tables:
            table.createIndex()
        judge = COCOeval(*tables, iouType="bbox")
        judge.params.iouThrs = np.array([0.5])
        judge.evaluate()
        judge.accumulate()
    precision = judge.eval["precision"][0, :, :, 0, -1]
    return precision[precision > -1].mean()


def test_coco_detectors_are_as_good_as_the_source_says(coco):
    pytest.importorskip("pycocotools")
    val = np.flatnonzero(coco.extras["source"] == "coco_val2017")
    found = [average_precision(coco, j, val) for j in range(5)]
    np.testing.assert_allclose(found, [0.27, 0.35, 0.44, 0.51, 0.55], atol=0.01)


@pytest.mark.parametrize("load", [load_detection_coco256, load_detection_voc_animals])
def test_unsure_boxes_are_left_out_on_request(data, load):
    every, sure = load(data), load(data, min_score=0.5)
    for all_of, kept in zip(every.detections, sure.detections, strict=True):
        for image, few in zip(all_of, kept, strict=True):
            np.testing.assert_array_equal(few["boxes"], image["boxes"][image["scores"] >= 0.5])
    with pytest.raises(InvalidInput, match="min_score must be in"):
        load(data, min_score=1.5)


def by_hand(**fields):
    empty = {"boxes": np.empty((0, 4)), "labels": np.empty(0, dtype=int), "scores": np.empty(0)}
    usual = {
        "name": "n",
        "X": np.empty((2, 0)),
        "feature_names": (),
        "truths": (empty, empty),
        "detections": ((empty, empty),),
        "agent_names": ("a",),
        "class_names": {0: "person"},
    }
    return DetectionSet(**(usual | fields))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"X": np.empty((3, 0))}, "X has 3, truths has 2"),
        ({"detections": (({},),)}, r"detections\[0\] has 1"),
        ({"class_costs": np.empty((1, 1))}, "class_costs has 1"),
        ({"extras": {"id": np.empty(4)}}, r"extras\['id'\] has 4"),
        ({"agent_names": ("a", "b")}, "but got 2 beside detections of 1"),
    ],
)
def test_rows_and_names_must_agree(fields, message):
    with pytest.raises(InvalidInput, match=message):
        by_hand(**fields)


def test_tables_of_different_making_are_refused(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    folder = tmp_path / "detection_coco256"
    folder.mkdir()
    image = {"image_id": [4], "name": ["4"], "source": ["s"], "width": [9], "height": [9]}
    corner = {name: [1.0] for name in ("xmin", "ymin", "xmax", "ymax")}
    tables = {
        "images": image | {"has_labels": [True]},
        "boxes": {"image_id": [5], "class_id": [0]} | corner,
    }
    for name, columns in tables.items():
        parquet.write_table(pyarrow.table(columns), folder / f"{name}.parquet")
    with pytest.raises(UnreadableFile, match="of one making: image_id disagree"):
        load_detection_coco256(tmp_path)
