"""Maps that never fall, with few parameters: lines of estimates, or of their log-odds."""

from __future__ import annotations

import numpy as np

from cede._checks import Floats

__all__ = ["fit_line", "fit_sigmoid", "fit_temperature", "log_odds", "sigmoid"]

#: How far from 0 and 1 estimates are kept before their log-odds are taken.
_EDGE = 1e-3


def fit_sigmoid(s: Floats, worth: Floats, weight: Floats) -> tuple[float, float]:
    """Slope and intercept on log-odds by log loss; targets keep off 0 and 1, as Platt's do."""
    right, wrong = float(weight @ worth), float(weight @ (1.0 - worth))
    high, low = (right + 1.0) / (right + 2.0), 1.0 / (wrong + 2.0)
    target = (worth * high + (1.0 - worth) * low).clip(0.0, 1.0)
    z = log_odds(s)
    flat = float(weight @ target / weight.sum())
    if _vary(z):
        # A worth between 0 and 1 counts as right by that much, and as wrong by the rest.
        from sklearn.linear_model import LogisticRegression

        both, labels = np.concatenate([z, z])[:, None], np.repeat([1, 0], len(z))
        counts = np.concatenate([weight * target, weight * (1.0 - target)])
        model = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000)
        model.fit(both, labels, sample_weight=counts)
        if model.coef_[0, 0] > 0.0:
            return float(model.coef_[0, 0]), float(model.intercept_[0])
    return 0.0, float(np.log(flat / (1.0 - flat)))


def fit_temperature(s: Floats, worth: Floats, weight: Floats) -> tuple[float, float]:
    """Slope on log-odds by log loss, one over the temperature, in e^-10 to e^10; intercept zero."""
    from scipy.optimize import minimize_scalar

    z = log_odds(s)

    def loss(log_sharpness: float) -> float:
        scaled = np.exp(log_sharpness) * z
        return float(weight @ (np.logaddexp(0.0, scaled) - worth * scaled))

    lowest = minimize_scalar(loss, bounds=(-10.0, 10.0), options={"xatol": 1e-12})
    return float(np.exp(lowest.x)), 0.0


def fit_line(s: Floats, worth: Floats, weight: Floats) -> tuple[float, float]:
    """Slope, not negative, and intercept by least squares."""
    centre, middle = np.average(s, weights=weight), np.average(worth, weights=weight)
    slope = 0.0
    if _vary(s):
        slope = float(weight @ ((s - centre) * worth)) / float(weight @ (s - centre) ** 2)
    slope = max(0.0, slope)
    return slope, float(middle - slope * centre)


def _vary(values: Floats) -> bool:
    """Tell whether numbers differ by more than rounding makes them differ."""
    return float(np.ptp(values)) > 1e-12 * float(np.abs(values).max())


def log_odds(estimates: Floats) -> Floats:
    """Logarithm of the odds of estimated probabilities, clipped a little inside [0, 1]."""
    inside = estimates.clip(_EDGE, 1.0 - _EDGE)
    return np.asarray(np.log(inside / (1.0 - inside)), dtype=np.float64)


def sigmoid(values: Floats) -> Floats:
    """The probability that has these log-odds."""
    from scipy.special import expit

    return np.asarray(expit(values), dtype=np.float64)
