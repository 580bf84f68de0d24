from ._aggregated import aggregated as aggregated
from ._alpha_weighted_softmax import alpha_weighted_softmax as alpha_weighted_softmax
from ._asymmetric_softmax import asymmetric_softmax as asymmetric_softmax
from ._asymmetric_softmax import decode_asymmetric_softmax as decode_asymmetric_softmax
from ._best_expert_softmax import best_expert_softmax as best_expert_softmax
from ._complement import complement as complement
from ._constrained import constrained as constrained
from ._cost_regression import cost_regression as cost_regression
from ._cost_sensitive_softmax import cost_sensitive_softmax as cost_sensitive_softmax
from ._cost_sensitive_softmax import (
    decode_cost_sensitive_softmax as decode_cost_sensitive_softmax,
)
from ._density_ratio import density_ratio as density_ratio
from ._estimates import Estimates as Estimates
from ._expected_cost import expected_cost as expected_cost
from ._ideal_weights import ideal_weights as ideal_weights
from ._mixture_of_experts import mixture_of_experts as mixture_of_experts
from ._one_vs_all import decode_one_vs_all as decode_one_vs_all
from ._one_vs_all import one_vs_all as one_vs_all
from ._ranks import rank_by_agent_scores as rank_by_agent_scores
from ._ranks import rank_by_density_ratio as rank_by_density_ratio
from ._ranks import rank_by_gate as rank_by_gate
from ._ranks import rank_by_rejector as rank_by_rejector
from ._ranks import rank_by_softmax as rank_by_softmax
from ._realizable import realizable as realizable
from ._rejector import rejector as rejector
from ._softmax_one_vs_all import decode_softmax_one_vs_all as decode_softmax_one_vs_all
from ._softmax_one_vs_all import softmax_one_vs_all as softmax_one_vs_all
from ._surrogate import Surrogate as Surrogate
from ._surrogates import SURROGATES as SURROGATES
from ._surrogates import find_surrogate as find_surrogate
from ._surrogates import names_of as names_of
from ._weighted import weighted as weighted
