"""The case `search-quality` of `wholesale bench`: how good the order of results is, by human ratings.

The product's own search answers every query over the whole catalogue; nDCG@10 with gain 2^rating - 1, unjudged
products counting nothing, and the ideal order of the judged ones. Only queries with a relevant product count. The
ranking was tuned on the odd queries of the list (the first, third ...), so the even ones are what it is worth.

What was tried, nDCG@10 on the odd queries:
BM25 over stems of name, brand, specifications, SKU and description, each word counted once for each field: .835 with
k1 1.2 and b .3, .841 with b .5 (.800 with b .15, .818 with b .75; k1 from .6 to 2 changes it by .002). Words as they
stand, without stems, .747. Only the name .774; name thrice .806. Brand counted half or not at all: the same. Without
the words of the SKU .809. What follows "for", "with" or "compatible" names what the thing goes with: counted .4 it
gives .851 (.844 with .7, .839 with .1). A bonus for neighbours and a softer "all words first" change nothing.
In PostgreSQL, where the places of a word are told from `ts_rank` and what goes with a thing counts by its own scale,
that is .840. Joining all words with a hyphen ("dvd-player") made it .836, so only those with digits are. A score by
`ts_rank` times rarity alone, without BM25's saturation, was not better than .80 with any weights.
"""

from __future__ import annotations

import csv
import gzip
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.benches.machine import scratch

DEPTH = 10
SELLER = "Search quality"


@dataclass(frozen=True)
class QueryScore:
    query: str
    ndcg: float
    is_even: bool
    baseline: float | None


@dataclass(frozen=True)
class Quality:
    """Means over the queries with a relevant product; `baselines` are those of the ratings' folder."""

    products: int
    queries: int
    odd: float
    even: float
    every: float
    odd_baseline: float | None
    even_baseline: float | None
    baselines: dict[str, float]
    scores: tuple[QueryScore, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


Ratings = Mapping[str, Mapping[str, int]]


def ndcg(ranked: Sequence[str], ratings: Mapping[str, int], depth: int = DEPTH) -> float:
    """How much of the best possible gain an order gives: 1 for the ideal order of all that is judged."""

    def gain(grades: Iterable[int]) -> float:
        return float(sum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades)))

    ideal = gain(sorted(ratings.values(), reverse=True)[:depth])
    return gain(ratings.get(product, 0) for product in ranked[:depth]) / ideal if ideal else 0.0


def read_ratings(path: Path) -> Ratings:
    """query,docid,rating: what people thought of a product as an answer."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    with _opened(path) as file:
        for row in csv.DictReader(file):
            found[row["query"]][row["docid"]] = int(row["rating"])
    return found


def measure(products: Path, ratings: Path) -> Quality:
    """Load the catalogue into a scratch database by the product's own import, ask every query, and score."""
    from domain import catalog, discovery
    from domain.kernel.actor import Actor
    from domain.kernel.work import begin, run

    judged = read_ratings(ratings)
    answers: dict[str, list[str]] = {}
    with scratch(lambda: None):
        loaded = run(Actor.system(), catalog.import_catalog, path=products, seller=SELLER)
        run(Actor.system(), discovery.count_words)
        for query in judged:
            with begin(Actor.system()) as work:
                found = discovery.search_products(work, find=query, size=DEPTH)
            answers[query] = [row.external_id or "" for row in found.rows]
    return scored(answers, judged, loaded.products, _baselines(ratings.parent))


def scored(
    answers: Mapping[str, Sequence[str]],
    judged: Ratings,
    products: int = 0,
    baselines: tuple[Mapping[str, float], Mapping[str, float]] = ({}, {}),
) -> Quality:
    """The means of all queries with a relevant product; the list of queries is in the order of the alphabet."""
    of_all, of_query = baselines
    scores = tuple(
        QueryScore(query, ndcg(answers.get(query, ()), judged[query]), place % 2 == 1, of_query.get(query))
        for place, query in enumerate(sorted(judged))
        if any(judged[query].values())
    )
    odd, even = ([one for one in scores if one.is_even is which] for which in (False, True))
    return Quality(
        products=products, queries=len(scores), odd=_mean(one.ndcg for one in odd),
        even=_mean(one.ndcg for one in even), every=_mean(one.ndcg for one in scores), odd_baseline=_known(odd),
        even_baseline=_known(even), baselines=dict(of_all), scores=scores,
    )  # fmt: skip


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return sum(known) / len(known) if known else 0.0


def _known(scores: Sequence[QueryScore]) -> float | None:
    found = [one.baseline for one in scores if one.baseline is not None]
    return _mean(found) if found and len(found) == len(scores) else None


def _baselines(folder: Path) -> tuple[dict[str, float], dict[str, float]]:
    """What others reached, where the folder of the ratings tells: over all, and FTS5's by query."""
    import json

    of_all: dict[str, float] = {}
    of_query: dict[str, float] = {}
    if (folder / "expected.json").exists():
        known = json.loads((folder / "expected.json").read_text())
        names = {
            "SQLite FTS5": "fts5_bm25_full", "Okapi BM25": "okapi_bm25_full",
            "words in the title": "title_all_words_full",
        }  # fmt: skip
        of_all = {name: float(known[key]) for name, key in names.items() if key in known}
    if (folder / "per_query_baseline.csv").exists():
        with (folder / "per_query_baseline.csv").open(newline="") as file:
            of_query = {
                row["query"]: float(row["fts5_bm25_full"]) for row in csv.DictReader(file) if row["fts5_bm25_full"]
            }
    return of_all, of_query


def _opened(path: Path) -> Any:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")
