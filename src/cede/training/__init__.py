"""The only training loops: to convergence, of one problem or many at once, and by mini-batches."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
