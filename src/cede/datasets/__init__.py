"""Data to learn on: two sets of real answers that ship with the package, and two made-up ones.

===========================  ======  ===================================  ===================
call                         cases   who answers                          truth
===========================  ======  ===================================  ===================
``load_support2``             9,105  a model to be trained; physicians    what happened
``load_llm_routing``         15,344  Mixtral 8x7B; GPT-4                  right or wrong
``make_two_specialists``        any  a model to be trained; 2 experts     known in full
``make_realizable_mixture``     any  a model to be trained; J experts     known in full
===========================  ======  ===================================  ===================

All return a :class:`Dataset`. Terms of use are in its ``licence``, and in ``data/LICENSES.md``.
"""

from cede.datasets._dataset import Dataset as Dataset
from cede.datasets._llm_routing import load_llm_routing as load_llm_routing
from cede.datasets._support2 import load_support2 as load_support2
from cede.datasets._synthetic import make_realizable_mixture as make_realizable_mixture
from cede.datasets._synthetic import make_two_specialists as make_two_specialists

__all__ = [
    "Dataset",
    "load_llm_routing",
    "load_support2",
    "make_realizable_mixture",
    "make_two_specialists",
]
