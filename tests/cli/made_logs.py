"""A log of two language models, made up, in the forms in which logs come."""

import numpy as np
import polars as pl

N = 600
RATE = 2.0
WIDE = (
    *("--model", "small", "--outcome", "small=small ok", "--outcome", "large=large ok"),
    *("--cost", "small=small usd", "--cost", "large=large usd", "--exchange-rate", str(RATE)),
)
LONG = (
    *("--model", "small", "--agent", "llm", "--case", "id", "--outcome", "right"),
    *("--cost", "usd", "--exchange-rate", str(RATE)),
)
FEATURES = ("--features", "e_*,length")


def make(seed, n=N):
    """A wide log: the small model is right where e_1 is small, the large one nearly always."""
    rng = np.random.default_rng(seed)
    e_1, e_2, length = rng.normal(size=n), rng.normal(size=n), rng.integers(10, 500, n)
    return pl.DataFrame(
        {
            "id": [f"q{i:04d}" for i in rng.permutation(n)],
            "e_1": e_1,
            "e_2": e_2,
            "length": length,
            "topic": rng.choice(["maths", "law"], n),
            "user": rng.integers(0, n // 6, n),
            "small ok": e_1 + 0.5 * rng.normal(size=n) < 0.0,
            "large ok": rng.random(n) < 0.9,
            "small usd": 0.0001 * length,
            "large usd": 0.0005 * length,
        }
    )


def lengthened(wide):
    """The same log with a row per case and agent."""
    shared = ["id", "e_1", "e_2", "length", "topic", "user"]
    parts = [
        wide.select(
            *shared,
            pl.lit(name).alias("llm"),
            pl.col(f"{name} ok").alias("right"),
            pl.col(f"{name} usd").alias("usd"),
        )
        for name in ("large", "small")
    ]
    return pl.concat(parts).sample(fraction=1.0, shuffle=True, seed=0)


def explored(wide, seed=10):
    """The log of a router that called one agent per case, at random: propensities 0.3 and 0.7."""
    chose_large = np.random.default_rng(seed).random(len(wide)) < 0.3
    chosen = pl.DataFrame(
        {
            "id": wide["id"],
            "llm": np.where(chose_large, "large", "small"),
            "p": np.where(chose_large, 0.3, 0.7),
        }
    )
    return lengthened(wide).join(chosen, on=["id", "llm"])


def write_logs(folder):
    """Files of one log in three formats, and of fresh cases."""
    log, fresh = make(0), make(1)
    log.write_parquet(folder / "wide.parquet")
    fresh.write_parquet(folder / "fresh.parquet")
    lengthened(log).write_csv(folder / "long.csv")
    explored(log).write_csv(folder / "bandit.csv")
    explored(fresh, 11).write_csv(folder / "fresh_bandit.csv")
    fresh.select("id", "length", "e_2", "topic", "e_1").write_csv(folder / "new.csv")
    return log, fresh
