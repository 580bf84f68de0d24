"""Where each set that is not bundled comes from, under which terms, and what fetching needs."""

from __future__ import annotations

from dataclasses import dataclass

from cede.exceptions import UnknownName


@dataclass(frozen=True, kw_only=True)
class Source:
    """The public original of one set; ``url`` and ``checksum`` where it can be fetched."""

    #: Where it was published, in words that a reader can follow.
    origin: str
    #: Terms of use.
    licence: str
    #: A stable address of the original file; None if the set comes by folder only.
    url: str | None = None
    #: ``algorithm:hexadecimal digits`` of that file, as others published it.
    checksum: str | None = None
    #: Its name in the folder.
    file: str | None = None


#: Name of the set, which is the name of its folder too -> its source. A checksum stands here only
#: if it was published with the file, or in the registry of a widely used library: that of CIFAR-10
#: by TensorFlow Datasets, that of the tweets by Hugging Face's datasets, the MD5 of PneumoniaMNIST
#: by its authors' own package. (MD5 notices damage, not an attacker.)
SOURCES: dict[str, Source] = {
    "cifar10_images": Source(
        origin="https://www.cs.toronto.edu/~kriz/cifar.html",
        licence="none stated; free for research, cite",
        url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        checksum="sha256:c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        file="cifar-10-binary.tar.gz",
    ),
    "cifar10h": Source(
        origin="https://github.com/jcpeterson/cifar-10h (votes) and "
        "https://github.com/GavinKerrigan/conf_matrix_and_calibration (networks)",
        licence="CC BY-NC-SA 4.0 (votes); none stated (networks)",
    ),
    "cifar10n": Source(origin="https://github.com/UCSC-REAL/cifar-10-100n", licence="CC BY-NC 4.0"),
    "detection_coco256": Source(
        origin="https://cocodataset.org (first 128 images each of train2017 and val2017)",
        licence="CC BY 4.0 (annotations); detectors' outputs are our own",
    ),
    "detection_voc_animals": Source(
        origin="the Animal-Pose Dataset of Cao et al. 2019 (photos of Pascal VOC 2007 to 2011)",
        licence="none stated (annotations); detectors' outputs are our own",
    ),
    "diabetes130": Source(
        origin="https://archive.ics.uci.edu/dataset/296",
        licence="CC BY 4.0 (to be confirmed at UCI 296)",
    ),
    "hatespeech": Source(
        origin="https://github.com/t-davidson/hate-speech-and-offensive-language",
        licence="MIT",
        url="https://raw.githubusercontent.com/t-davidson/hate-speech-and-offensive-language/"
        "cb50f7e9eb855a99abc51423bf40df0e26d6fe30/data/labeled_data.csv",
        checksum="sha256:fcb8bc7c68120ae4af04a5b9acd58585513ede11e1548ebf36a5c2040b6f6281",
        file="labeled_data.csv",
    ),
    "lewidi": Source(
        origin="https://github.com/Le-Wi-Di/le-wi-di.github.io (LeWiDi_2-2023)",
        licence="none stated; for research, cite",
    ),
    "llmrouter_dc": Source(
        origin="https://github.com/ulab-uiuc/LLMRouter (data/dcrouter_preprocessed)",
        licence="MIT; prompts come from public benchmarks",
    ),
    "mimic4": Source(
        origin="https://physionet.org/content/mimiciv (credentialed access)",
        licence="PhysioNet Credentialed Health Data License 1.5.0 (to be confirmed there); do not "
        "share it",
    ),
    "nih_readers": Source(
        origin="https://github.com/ptrckhmmr/learning-to-defer-with-limited-expert-predictions "
        "(nih_images/nih_labels.csv)",
        licence="not stated (labels by Google)",
    ),
    "openl2d_adult": Source(
        origin="https://github.com/feedzai/openl2d (OpenL2D_Use_Example)",
        licence="Apache-2.0, for commercial uses contact the authors; Adult CC BY 4.0",
    ),
    "pneumoniamnist": Source(
        origin="https://zenodo.org/records/10519652 (MedMNIST v2)",
        licence="CC BY 4.0",
        url="https://zenodo.org/records/10519652/files/pneumoniamnist.npz?download=1",
        checksum="md5:28209eda62fecd6e6a2d98b1501bb15f",
        file="pneumoniamnist.npz",
    ),
    "routellm": Source(
        origin="https://github.com/lm-sys/RouteLLM (routellm/evals)",
        licence="Apache-2.0 (RouteLLM); questions MIT (MMLU, GSM8K)",
    ),
}


def source_of(name: str) -> Source:
    """Return the row of ``SOURCES``, or say which there are."""
    if name not in SOURCES:
        raise UnknownName("data set to fetch or to find in a folder", name, SOURCES)
    return SOURCES[name]
