"""Losses: plain functions on tensors, one file per method, each with the decoding of its scores.

Every leading axis is batch, and the last is what the loss works on:

- single-stage: ``scores (..., K + J)``, the K classes first, ``y (...)`` class indices,
  ``costs (..., J)``;
- post-hoc, beside a fixed model: ``scores (..., J)``, ``model_costs (...)``, ``costs (..., J)``;
- two-stage, for fixed agents: ``agent_scores (..., J + 1)``, ``agent_costs (..., J + 1)``;
- density ratio: ``scores (...)``, ``model_losses (...)``, ``expert_losses (...)``.

``mask`` is True where the expert answered (only where leaving answers out is unbiased),
``sample_weight (...)`` weighs cases, ``reduction`` is "mean", "sum" or "none". Natural logarithms;
log space only, no epsilon inside a logarithm; arguments come back unchanged; the output follows the
dtype and device of the scores.

>>> import torch
>>> scores = torch.tensor([[2.0, 0.0, 1.0]], requires_grad=True)   # two classes, one expert
>>> loss = cost_sensitive_softmax(scores, torch.tensor([0]), costs=torch.tensor([[0.1]]))
>>> loss.backward()
"""

from cede.losses._aggregated import aggregated as aggregated
from cede.losses._alpha_weighted_softmax import alpha_weighted_softmax as alpha_weighted_softmax
from cede.losses._asymmetric_softmax import asymmetric_softmax as asymmetric_softmax
from cede.losses._asymmetric_softmax import decode_asymmetric_softmax as decode_asymmetric_softmax
from cede.losses._best_expert_softmax import best_expert_softmax as best_expert_softmax
from cede.losses._complement import complement as complement
from cede.losses._constrained import constrained as constrained
from cede.losses._cost_regression import cost_regression as cost_regression
from cede.losses._cost_sensitive_softmax import cost_sensitive_softmax as cost_sensitive_softmax
from cede.losses._cost_sensitive_softmax import (
    decode_cost_sensitive_softmax as decode_cost_sensitive_softmax,
)
from cede.losses._density_ratio import density_ratio as density_ratio
from cede.losses._estimates import Estimates as Estimates
from cede.losses._expected_cost import expected_cost as expected_cost
from cede.losses._ideal_weights import ideal_weights as ideal_weights
from cede.losses._mixture_of_experts import mixture_of_experts as mixture_of_experts
from cede.losses._one_vs_all import decode_one_vs_all as decode_one_vs_all
from cede.losses._one_vs_all import one_vs_all as one_vs_all
from cede.losses._ranks import rank_by_agent_scores as rank_by_agent_scores
from cede.losses._ranks import rank_by_density_ratio as rank_by_density_ratio
from cede.losses._ranks import rank_by_gate as rank_by_gate
from cede.losses._ranks import rank_by_rejector as rank_by_rejector
from cede.losses._ranks import rank_by_softmax as rank_by_softmax
from cede.losses._realizable import realizable as realizable
from cede.losses._rejector import rejector as rejector
from cede.losses._softmax_one_vs_all import decode_softmax_one_vs_all as decode_softmax_one_vs_all
from cede.losses._softmax_one_vs_all import softmax_one_vs_all as softmax_one_vs_all
from cede.losses._surrogates import SURROGATES as SURROGATES
from cede.losses._surrogates import Surrogate as Surrogate
from cede.losses._surrogates import find_surrogate as find_surrogate
from cede.losses._weighted import weighted as weighted

__all__ = [
    "SURROGATES",
    "Estimates",
    "Surrogate",
    "aggregated",
    "alpha_weighted_softmax",
    "asymmetric_softmax",
    "best_expert_softmax",
    "complement",
    "constrained",
    "cost_regression",
    "cost_sensitive_softmax",
    "decode_asymmetric_softmax",
    "decode_cost_sensitive_softmax",
    "decode_one_vs_all",
    "decode_softmax_one_vs_all",
    "density_ratio",
    "expected_cost",
    "find_surrogate",
    "ideal_weights",
    "mixture_of_experts",
    "one_vs_all",
    "rank_by_agent_scores",
    "rank_by_density_ratio",
    "rank_by_gate",
    "rank_by_rejector",
    "rank_by_softmax",
    "realizable",
    "rejector",
    "softmax_one_vs_all",
    "weighted",
]
