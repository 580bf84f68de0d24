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
dtype and device of the scores. Names are imported on first use: the table of them,
:data:`SURROGATES`, does without torch.

>>> import torch
>>> from cede.losses import cost_sensitive_softmax
>>> scores = torch.tensor([[2.0, 0.0, 1.0]], requires_grad=True)   # two classes, one expert
>>> loss = cost_sensitive_softmax(scores, torch.tensor([0]), costs=torch.tensor([[0.1]]))
>>> loss.backward()
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
