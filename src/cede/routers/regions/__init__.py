r"""Regions of one score in which a reader answers instead of the model, and how they are chosen.

The model is known by its score only, and there is one reader, who says 0 or 1. The model answers 1
where its score z lies above a threshold :math:`\theta`. With :math:`p_{hy}(z)` the share of the
cases of class y whose score is z and which the reader calls h, the system gains by letting the
reader answer at z

.. math::
    \mathrm{advantage}(z) =
    \begin{cases}
      \lambda\, p_{11}(z) - (1 - \lambda)\, p_{10}(z) & z \le \theta \\
      (1 - \lambda)\, p_{00}(z) - \lambda\, p_{01}(z) & z > \theta
    \end{cases}

in units of :math:`\lambda` sensitivity plus :math:`1 - \lambda` specificity. A region is where this
is positive: below the threshold, where few enough of the reader's 1s are wrong,
:math:`p_{10} / (p_{10} + p_{11}) < \lambda`, and above it, where enough of the reader's 0s are
right, :math:`p_{00} / (p_{00} + p_{01}) > \lambda`; classes count alike, however rare.

:class:`ReaderStudy` holds the cases, :func:`read_reader_study` reads them, :func:`choose_regions`
chooses the regions, and :func:`judge_regions` judges them, best on other cases. Needs numpy only.

References
----------
Dvijotham et al. 2023, "Enhancing the reliability and accuracy of AI-enabled diagnosis via
complementarity-driven deferral to clinicians", Nature Medicine 29: Advantage and Defer.
"""

from cede.routers.regions._rates import Rates as Rates
from cede.routers.regions._rates import inside as inside
from cede.routers.regions._rates import judge_regions as judge_regions
from cede.routers.regions._rates import judge_routes as judge_routes
from cede.routers.regions._search import OBJECTIVES as OBJECTIVES
from cede.routers.regions._search import Regions as Regions
from cede.routers.regions._search import best_threshold as best_threshold
from cede.routers.regions._search import choose_regions as choose_regions
from cede.routers.regions._study import ReaderStudy as ReaderStudy
from cede.routers.regions._study import read_reader_study as read_reader_study

__all__ = [
    "OBJECTIVES",
    "Rates",
    "ReaderStudy",
    "Regions",
    "best_threshold",
    "choose_regions",
    "inside",
    "judge_regions",
    "judge_routes",
    "read_reader_study",
]
