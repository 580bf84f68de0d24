"""Routing raw prompts: beside scikit-learn's vectoriser, for one prompt and for ten thousand."""

from __future__ import annotations

import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from _timing import interleaved
from sklearn.feature_extraction.text import TfidfVectorizer

import cede
from cede.routers import EncodedRouter, Encoder
from cede.routers.encoding import Words


def prompts(n: int, seed: int = 0) -> list[str]:
    """Texts of some seventy words, drawn by Zipf's law."""
    rng = np.random.default_rng(seed)
    ranks = rng.zipf(1.3, size=(n, 70)).clip(max=30_000)
    return [" ".join(f"word{rank}" for rank in row) + "?" for row in ranks]


def table(texts: list[str]) -> np.ndarray:
    return np.array(texts, dtype=object)[:, None]


def main() -> None:
    warnings.simplefilter("ignore")
    train, later = prompts(1_500), prompts(10_000, seed=1)
    costs = np.random.default_rng(2).random((1_500, 2))
    router = EncodedRouter(encoder=Encoder(text=0)).fit(table(train), costs)
    words = Words().fit(train)
    vectoriser = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2, max_df=0.5)
    vectoriser.fit(train)
    one, many = table(later[:1]), table(later[:1_000])
    for title, texts, rows in (("one prompt", later[:1], one), ("1,000", later[:1_000], many)):
        tasks = {
            "TfidfVectorizer": lambda texts=texts: vectoriser.transform(texts),
            "Words.transform": lambda texts=texts: words.transform(texts),
            "route": lambda rows=rows: router.route(rows),
        }
        ratios, base = interleaved(tasks, "TfidfVectorizer", 1.0)
        print(f"{title}: ratio to TfidfVectorizer ({base * 1e3:.2f} ms)")
        for name, ratio in ratios.items():
            print(f"{name:>20}{ratio:>8.2f}{ratio * base * 1e3 / len(texts):>10.3f} ms each")
    begin = time.process_time()
    router.route(table(later))
    each = (time.process_time() - begin) / len(later)
    print(f"10,000 prompts: {each * 1e3:.3f} ms each (aim: 0.15)")
    with tempfile.TemporaryDirectory() as folder:
        cede.save(router, Path(folder) / "router")
        size = sum(path.stat().st_size for path in (Path(folder) / "router").iterdir())
        print(f"saved: {size / 1e6:.1f} MB, of {len(words.terms_):,} terms")


if __name__ == "__main__":
    main()
