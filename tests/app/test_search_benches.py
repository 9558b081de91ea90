"""The scorer of the search, by hand-worked figures, and both benches in small."""

import csv
import json
import math
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app import cli
from app.benches import search, search_quality
from app.benches.search_quality import ndcg, scored


def test_ndcg_is_1_for_the_ideal_order_and_counts_the_unjudged_as_nothing() -> None:
    judged = {"a": 3, "b": 2, "c": 0}
    best = 7 + 3 / math.log2(3)
    assert ndcg(["a", "b", "c"], judged) == 1.0
    assert ndcg(["b", "a"], judged) == pytest.approx((3 + 7 / math.log2(3)) / best)
    assert ndcg(["x", "a", "b"], judged) == pytest.approx((7 / math.log2(3) + 3 / 2) / best)
    assert ndcg([], judged) == 0.0 == ndcg(["a"], {"a": 0})
    assert ndcg([*"xxxxxxxxxx", "a"], judged) == 0.0  # the eleventh is not seen
    many = {str(number): 3 for number in range(12)}
    assert ndcg([str(number) for number in range(10)], many) == 1.0  # ten is all that one can show


def test_odd_and_even_are_places_in_the_whole_list_of_queries() -> None:
    judged = {"b": {"1": 3}, "a": {"1": 3}, "c": {"1": 0}, "d": {"1": 1}}
    found = scored({"a": ["1"], "b": ["2"], "d": ["1"]}, judged)
    assert [(one.query, one.is_even, one.ndcg) for one in found.scores] == [
        ("a", False, 1.0), ("b", True, 0.0), ("d", True, 1.0),
    ]  # fmt: skip
    assert (found.queries, found.odd, found.even, found.every) == (3, 1.0, 0.5, pytest.approx(2 / 3))


def test_the_quality_of_a_small_catalogue_is_measured_by_the_products_own_search(server: str, tmp_path: Path) -> None:
    products, ratings = tmp_path / "products.csv", tmp_path / "ratings.csv"
    with products.open("w", newline="") as file:
        csv.writer(file).writerows(
            [
                ("product_id", "title", "price_cents"),
                ("1", "Steel lamp", "500"),
                ("2", "Lamp shade for a steel lamp", "90"),
            ]
            + [(str(number), f"Cup {number}", "100") for number in range(3, 9)]
        )
    ratings.write_text("query,docid,rating\nsteel lamp,1,3\nsteel lamp,2,0\nteapot,3,0\ncup 5,5,2\n")
    cli.add_groups()
    answer = CliRunner().invoke(
        cli.app, ["bench", "search-quality", "--products", str(products), "--ratings", str(ratings), "--format", "json"]
    )
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert (told["products"], told["queries"], told["odd"], told["even"], told["every"]) == (8, 2, 1.0, 1.0, 1.0)


def test_baselines_stand_beside_the_ratings(shared_data: Path) -> None:
    of_all, of_query = search_quality._baselines(shared_data / "search")
    assert of_all["SQLite FTS5"] == pytest.approx(0.8009) and len(of_query) == 61
    assert sum(of_query.values()) / 61 == pytest.approx(of_all["SQLite FTS5"], abs=0.0001)


def test_the_bench_of_the_page_loads_what_search_would_have_written(server: str) -> None:
    report = search.measure([300], rounds=1)
    whats = [search.RAW, search.ANEW, search.RANKED, search.PAGE, search.TYPO, search.SKU]
    assert [row.what for row in report.rows] == whats
    bare, anew = report.rows[:2]
    assert bare.p95_share == bare.cpu_share == anew.p95_share_anew == anew.cpu_share_anew == 1
    assert all(row.p50_ms > 0 for row in report.rows)
