"""Data that only experiments use: sets of real answers, read from a folder; made-up experts.

===============================  =======  ===================================  =================
call                             cases    who answers                          truth
===============================  =======  ===================================  =================
*people*
``load_cifar10h``                 10,000  4 networks; some of about 50 people  10 classes
``load_cifar10n``                 20,000  3 label slots                        10 classes
``load_hatespeech``               24,783  some of 3 to 9 people                3 classes, majority
``load_lewidi``                to 10,753  8, 819 or 3 people, by number        2 classes, majority
``load_nih_readers``               4,376  22 radiologists; no features         4 findings
*language models*
``load_routellm``                 15,344  Mixtral 8x7B; GPT-4                  right or wrong
``load_llmrouter_dc``              5,608  9 models, with prices                score in [0, 1]
*detectors*
``load_detection_voc_animals``     1,220  4 detectors                          class and box
``load_detection_coco256``           256  5 detectors; no features             80 classes, boxes
*nobody real*
``load_cifar10_images``           60,000  nobody: images to train networks on  10 classes
``load_diabetes130``             101,766  nobody: simulate or train experts    classes and days
``load_mimic4``                    stays  nobody: simulate or train experts    death and days
``load_openl2d_adult``            45,222  25 made-up experts                   2 classes
``load_pneumoniamnist``            5,856  nobody: simulate experts             2 classes
``make_two_groups``                  any  a linear model; a quadratic expert   known in full
===============================  =======  ===================================  =================

All return a :class:`cede.datasets.Dataset`, but the detectors' a :class:`DetectionSet` and
CIFAR-10's images an :class:`ImageSet`. The folder is ``data=``, or the one that the environment
variable ``CEDE_DATA`` names; it holds one folder per set, named as its loader. :func:`fetch`
downloads three public originals; nothing else is ever downloaded. Terms of use are in ``licence``.

Experts for any cases: :func:`simulate_specialists` who know some classes, :func:`simulate_experts`
of any accuracies, such as those of :func:`specialist_accuracy`. Where only the experts know:
:func:`majority_of_others`.
"""

from cede_papers.datasets._cifar10 import load_cifar10h as load_cifar10h
from cede_papers.datasets._cifar10 import load_cifar10n as load_cifar10n
from cede_papers.datasets._detection import DetectionSet as DetectionSet
from cede_papers.datasets._detection import load_detection_coco256 as load_detection_coco256
from cede_papers.datasets._detection import load_detection_voc_animals as load_detection_voc_animals
from cede_papers.datasets._diabetes130 import load_diabetes130 as load_diabetes130
from cede_papers.datasets._fetch import fetch as fetch
from cede_papers.datasets._hatespeech import load_hatespeech as load_hatespeech
from cede_papers.datasets._images import ImageSet as ImageSet
from cede_papers.datasets._images import load_cifar10_images as load_cifar10_images
from cede_papers.datasets._lewidi import load_lewidi as load_lewidi
from cede_papers.datasets._llmrouter_dc import load_llmrouter_dc as load_llmrouter_dc
from cede_papers.datasets._mimic4 import load_mimic4 as load_mimic4
from cede_papers.datasets._missing import MissingPackage as MissingPackage
from cede_papers.datasets._nih_readers import load_nih_readers as load_nih_readers
from cede_papers.datasets._openl2d_adult import load_openl2d_adult as load_openl2d_adult
from cede_papers.datasets._pneumoniamnist import load_pneumoniamnist as load_pneumoniamnist
from cede_papers.datasets._routellm import load_routellm as load_routellm
from cede_papers.datasets._simulated import simulate_experts as simulate_experts
from cede_papers.datasets._simulated import simulate_specialists as simulate_specialists
from cede_papers.datasets._specialists import specialist_accuracy as specialist_accuracy
from cede_papers.datasets._two_groups import make_two_groups as make_two_groups
from cede_papers.datasets._votes import majority_of_others as majority_of_others

__all__ = [
    "DetectionSet",
    "ImageSet",
    "MissingPackage",
    "fetch",
    "load_cifar10_images",
    "load_cifar10h",
    "load_cifar10n",
    "load_detection_coco256",
    "load_detection_voc_animals",
    "load_diabetes130",
    "load_hatespeech",
    "load_lewidi",
    "load_llmrouter_dc",
    "load_mimic4",
    "load_nih_readers",
    "load_openl2d_adult",
    "load_pneumoniamnist",
    "load_routellm",
    "majority_of_others",
    "make_two_groups",
    "simulate_experts",
    "simulate_specialists",
    "specialist_accuracy",
]
