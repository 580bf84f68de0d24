"""Points at which a risk is guaranteed: tested on held-out cases, or refused with what is missing.

If the best of many prices is chosen, its observed risk is too low: part of it is luck. Here, prices
are tested instead. The probability that a certified point's risk exceeds the one asked for is
``delta`` at most, for any scores, any distribution and any number of cases, small ones included.
This assumes that cases are independent, and that later ones come from the same source.

The system's risk is not monotone in the price: where an expert is worse than the model, deferring
more makes it worse. Prices are therefore tested one by one, in an order that other cases, the
scouts, chose. What the model keeps and gets wrong is monotone, and needs no scouts.

On 1,000 draws of three problems (``tests/long``) at ``delta=0.1``, the system's certified risk was
exceeded in 5 % of the draws if costs were 0 or 1, and in 1.5 % if they had other values, on which
Hoeffding-Bentkus is not tight; the kept risk was exceeded in 8 % and 9 %. Conformal risk control,
asked for 5 %, came to 4.9 % and 5.0 % on average over the draws.
"""

from cede.tuning.guarantees._certificate import Certificate as Certificate
from cede.tuning.guarantees._certificate import SubgroupRisk as SubgroupRisk
from cede.tuning.guarantees._certify import certify as certify
from cede.tuning.guarantees._certify import certify_scores as certify_scores
from cede.tuning.guarantees._p_values import binomial_p_value as binomial_p_value
from cede.tuning.guarantees._p_values import hoeffding_bentkus_p_value as hoeffding_bentkus_p_value
from cede.tuning.guarantees._p_values import risk_upper_bound as risk_upper_bound

__all__ = [
    "Certificate",
    "SubgroupRisk",
    "binomial_p_value",
    "certify",
    "certify_scores",
    "hoeffding_bentkus_p_value",
    "risk_upper_bound",
]
