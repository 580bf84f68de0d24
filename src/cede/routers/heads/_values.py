"""Heads as values: what maps features to scores, and how it is to be fitted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from sklearn.base import BaseEstimator

from cede.exceptions import InvalidInput, UnknownName
from cede.routers._scorers import is_scikit_learn

if TYPE_CHECKING:
    from torch import nn

    from cede.training import History

__all__ = ["Head", "Linear", "Mlp", "Network", "own_head"]


class Linear(BaseEstimator):  # type: ignore[misc]
    """A linear head, fitted full batch to convergence, in double precision.

    It starts from zero, on features that it standardises itself, so that the answer depends neither
    on the seed nor on the units. A regression of costs is solved exactly.

    Parameters
    ----------
    weight_decay : float, default=None
        L2 penalty on weights of the standardised features, not on biases. None is, in a
        :class:`SingleStageClassifier`, 1e-2 (bounded losses, such as "expected_cost", want a tenth
        of it); in a :class:`TwoStageRouter` or :class:`DensityRatioRouter`, the one with which a
        regression of the costs errs least on cases left out (for losses that rank, in proportion to
        their curvature). Raise it for few cases or many features.
    tol : float, default=1e-6
        Largest entry of the gradient at which L-BFGS stops.
    max_iter : int, default=1000
        At most this many iterations.
    device : str, default="cpu"
        Where to fit: "cpu", "cuda", "mps" or "auto".

    Examples
    --------
    >>> from cede import TwoStageRouter
    >>> router = TwoStageRouter(head=Linear(weight_decay=1e-3))
    >>> router.set_params(head__weight_decay=1e-2).head
    Linear(weight_decay=0.01)
    """

    def __init__(
        self,
        *,
        weight_decay: float | None = None,
        tol: float = 1e-6,
        max_iter: int = 1000,
        device: str = "cpu",
    ) -> None:
        self.weight_decay = weight_decay
        self.tol = tol
        self.max_iter = max_iter
        self.device = device


class Mlp(BaseEstimator):  # type: ignore[misc]
    """A multilayer perceptron: hidden layers with ReLU, trained by mini-batches.

    Training stops early on the deferral risk of held-out cases, and the best weights are restored.
    Standardise the features first. Losses that need a start are trained for twice, first with that
    one; ``history_`` and ``on_epoch`` tell of the second time.

    Parameters
    ----------
    width, depth : int, default=128, 2
        Units of a hidden layer, and how many of them there are.
    epochs : int, default=200
        At most this many passes over the data; more than enough, as it stops early.
    batch_size, learning_rate : default=256, 1e-3
        Of AdamW.
    weight_decay : float, default=None
        L2 penalty of AdamW; None is 1e-2 in a :class:`SingleStageClassifier` and 1e-3 elsewhere.
    patience : int, default=20
        Stop after this many epochs without a better risk.
    validation_fraction : float, default=0.1
        Share of the training cases that is held out for early stopping.
    device : str, default="cpu"
        "cpu", "cuda", "mps" or "auto".
    on_epoch : callable, default=None
        Told the epoch and the history so far.

    Examples
    --------
    >>> from cede import TwoStageRouter
    >>> TwoStageRouter(head=Mlp(width=32, epochs=50), random_state=0).head.epochs
    50
    """

    def __init__(
        self,
        *,
        width: int = 128,
        depth: int = 2,
        epochs: int = 200,
        batch_size: int = 256,
        learning_rate: float = 1e-3,
        weight_decay: float | None = None,
        patience: int = 20,
        validation_fraction: float = 0.1,
        device: str = "cpu",
        on_epoch: Callable[[int, History], None] | None = None,
    ) -> None:
        self.width = width
        self.depth = depth
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.device = device
        self.on_epoch = on_epoch


class Network(BaseEstimator):  # type: ignore[misc]
    """A torch network of your own as a head, trained like :class:`Mlp`.

    Parameters
    ----------
    module : torch.nn.Module or callable
        From features ``(n, d)`` to scores ``(n, n_scores)``. A module is copied, and its weights
        are the start; a function ``(n_features, n_scores)`` makes one. It is code, so it is not
        saved with the router: pass it as ``cede.load(folder, head=module)``.
    epochs, batch_size, learning_rate, weight_decay, patience, validation_fraction, device, on_epoch
        As in :class:`Mlp`.

    Examples
    --------
    >>> from torch import nn
    >>> from cede import TwoStageRouter
    >>> router = TwoStageRouter(head=Network(nn.Linear(5, 3), epochs=50), random_state=0)
    """

    def __init__(
        self,
        module: nn.Module | Callable[[int, int], nn.Module],
        *,
        epochs: int = 200,
        batch_size: int = 256,
        learning_rate: float = 1e-3,
        weight_decay: float | None = None,
        patience: int = 20,
        validation_fraction: float = 0.1,
        device: str = "cpu",
        on_epoch: Callable[[int, History], None] | None = None,
    ) -> None:
        self.module = module
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.device = device
        self.on_epoch = on_epoch


#: A value, or its short form "linear" or "mlp"; or a regressor or classifier of scikit-learn.
Head: TypeAlias = str | Linear | Mlp | Network | BaseEstimator

_SHORT_FORMS: dict[str, type[Linear] | type[Mlp]] = {"linear": Linear, "mlp": Mlp}


def own_head(head: Any) -> Linear | Mlp | Network:
    """Return the value that a head stands for, unless it is scikit-learn's."""
    if isinstance(head, Linear | Mlp | Network):
        return head
    if isinstance(head, str):
        if head not in _SHORT_FORMS:
            raise UnknownName("head", head, _SHORT_FORMS)
        return _SHORT_FORMS[head]()
    what = type(head).__name__
    if is_scikit_learn(head):
        raise InvalidInput(
            f"must be trained by the loss of this router, but got {what}, which has its own; "
            f"choose 'linear' or 'mlp', or a TwoStageRouter",
            argument="head",
        )
    raise InvalidInput(
        f"must be 'linear', 'mlp', a value of cede.routers (Linear, Mlp, Network) or a "
        f"scikit-learn estimator, but got {what}; wrap a torch module as Network(module)",
        argument="head",
    )
