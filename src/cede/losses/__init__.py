"""Losses: plain functions on tensors, one file per method, each with the decoding of its scores.

Conventions of all single-stage losses: ``scores (..., K + J)`` with the K classes first,
``y (...)`` class indices, ``costs (..., J)``; every leading axis is batch. ``mask`` is True where
the expert answered, ``sample_weight (...)`` weighs cases, ``reduction`` is "mean", "sum" or "none".
Natural logarithms; log space only, no epsilon inside a logarithm; arguments come back unchanged;
the output follows the dtype and device of ``scores``.

>>> import torch
>>> scores = torch.tensor([[2.0, 0.0, 1.0]], requires_grad=True)   # two classes, one expert
>>> loss = cost_sensitive_softmax(scores, torch.tensor([0]), costs=torch.tensor([[0.1]]))
>>> loss.backward()
"""

from cede.losses._cost_sensitive_softmax import (
    cost_sensitive_softmax as cost_sensitive_softmax,
)
from cede.losses._cost_sensitive_softmax import (
    decode_cost_sensitive_softmax as decode_cost_sensitive_softmax,
)
from cede.losses._estimates import Estimates as Estimates
from cede.losses._one_vs_all import decode_one_vs_all as decode_one_vs_all
from cede.losses._one_vs_all import one_vs_all as one_vs_all
from cede.losses._softmax_one_vs_all import (
    decode_softmax_one_vs_all as decode_softmax_one_vs_all,
)
from cede.losses._softmax_one_vs_all import softmax_one_vs_all as softmax_one_vs_all

__all__ = [
    "Estimates",
    "cost_sensitive_softmax",
    "decode_cost_sensitive_softmax",
    "decode_one_vs_all",
    "decode_softmax_one_vs_all",
    "one_vs_all",
    "softmax_one_vs_all",
]
