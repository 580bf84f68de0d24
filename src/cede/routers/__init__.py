"""Estimators in scikit-learn's manner: one abstract router, and final children, one per file."""

import lazy_loader

from cede.routers._postponed import postponed

# Every router is an estimator of scikit-learn, which imports these for functions that routers never
# call: half of the seconds, and of the memory, of loading a router.
with postponed("pandas", "scipy.stats"):
    import sklearn.base  # noqa: F401

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
