"""Importing an order history: whole or not at all, twice is once, and every problem by file and line."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy import text

from domain.kernel.actor import Actor, Scope
from domain.kernel.errors import DomainError, Invalid, NotFound
from domain.kernel.settings import PROJECT
from domain.kernel.work import begin, run
from domain.ledger.history import post_memo
from domain.orders.history import HistoryNameTaken, ImportedHistory, import_history
from domain.orders.history_files import BadHistory

FILES = {
    "suppliers": "supplier_id,name,country\nS1,Mill,DE\nS2,Dairy,\n",
    "buyers": "buyer_id,name,country,region,registered_at\nB1,Corner shop,DE,Berlin,2024-01-01\nB2,Café Süd,FR,,\n",
    "products": (
        "product_id,supplier_id,sku,name,category,unit,list_price\n"
        'P1,S1,FLOUR,"Flour, fine",Baking,bag,2.5\n'
        "P2,S1,FLOUR,Flour coarse,Baking,bag,\n"
        "P3,S2,MILK,Milk,,,1.1\n"
    ),
    "orders": (
        "order_id,buyer_id,ordered_at,status,currency,promised_at,shipped_at,delivered_at,freight\n"
        "1,B1,2024-01-10T23:30:00,completed,EUR,2024-01-12,2024-01-11T08:00:00,2024-01-12T09:00:00,1.00\n"
        "2,B2,2024-02-01T10:00:00,open,EUR,,,,\n"
        "3,B1,2024-02-02T10:00:00,cancelled,EUR,,,,\n"
        "4,B1,2024-02-03T10:00:00,returned,EUR,,,,\n"
        "5,B2,2024-02-04T10:00:00,completed,EUR,,,,\n"
    ),
    "order_lines": (
        "order_id,line_no,product_id,quantity,unit_price,line_discount\n"
        "1,1,P1,10,2.5,0\n"
        "1,2,P2,1,0.125,\n"
        "1,3,P3,3,1.10,0.30\n"
        "2,1,P3,4,1.00,0\n"
        "3,1,P1,1,2.5,0\n"
        "4,1,P1,-2,2.5,0\n"
    ),
}
TABLES = (
    "histories", "organizations", "categories", "products", "product_variants", "offers", "purchases", "supplier_orders",
    "order_lines", "return_documents", "return_lines", "ledger_accounts", "ledger_entries", "ledger_postings", "events",
)  # fmt: skip


def folder(path: Path, **replaced: str | bytes | None) -> Path:
    """A small history as a folder; `orders=...` replaces orders.csv, None leaves it out."""
    path.mkdir(exist_ok=True)
    for name, content in (FILES | replaced).items():
        if content is not None:
            (path / f"{name}.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def load(path: Path, name: str = "shop", time_zone: str = "UTC") -> ImportedHistory:
    return run(Actor.system(), import_history, folder=path, name=name, time_zone=time_zone)


def rows(query: str) -> list[tuple[object, ...]]:
    with begin(Actor.system()) as work:
        return [tuple(row) for row in work.session.execute(text(query))]


def counts() -> dict[str, int]:
    with begin(Actor.system()) as work:
        return {table: work.session.scalar(text(f"select count(*) from {table}")) for table in TABLES}


def refusal(path: Path) -> BadHistory:
    """What is said when the folder is refused; nothing may have been written."""
    before = counts()
    with pytest.raises(BadHistory) as refused:
        load(path)
    assert counts() == before
    return refused.value


# --- what is written -----------------------------------------------------------------------------


def test_orders_become_trade_of_the_past(database: sa.Connection, tmp_path: Path) -> None:
    done = load(folder(tmp_path / "shop"))
    assert (done.orders, done.lines, done.currency, done.is_new) == (4, 6, "EUR", True)
    assert done.notes == ("orders.csv: 1 order has no lines and was left out.",)
    # The exact value 0.125 is settled to 0.12, halves to even. The freight of an order follows the value.
    assert rows("select number, state, goods, shipping, total, secured_at is null from supplier_orders order by 1") == [
        ("H-shop-1-1", "completed", Decimal("25.12"), Decimal("0.89"), Decimal("26.01"), False),
        ("H-shop-1-2", "completed", Decimal("3"), Decimal("0.11"), Decimal("3.11"), False),
        ("H-shop-2-1", "confirmed", Decimal("4"), 0, Decimal("4"), False),
        ("H-shop-3-1", "cancelled", Decimal("2.5"), 0, Decimal("2.5"), True),
    ]
    assert rows("select number, external_id, payment_method, total from purchases order by 1") == [
        ("H-shop-1", "1", "unknown", Decimal("29.12")),
        ("H-shop-2", "2", "unknown", Decimal("4")),
        ("H-shop-3", "3", "unknown", Decimal("2.5")),
    ]
    assert rows("select exact_value, goods from order_lines where goods <> exact_value") == [
        (Decimal("0.125"), Decimal("0.12"))
    ]
    assert rows("select ordered, confirmed, cancelled, shipped, delivered, accepted from order_lines order by 1, 2") == [
        (1, 0, 1, 0, 0, 0), (1, 1, 0, 1, 1, 1), (3, 3, 0, 3, 3, 3), (4, 4, 0, 0, 0, 0), (10, 10, 0, 10, 10, 10),
    ]  # fmt: skip
    assert rows("select external_id, d.goods, quantity, l.goods from return_documents d join return_lines l on true") == [
        ("4", Decimal("5"), 2, Decimal("5"))
    ]
    assert rows("select sku, state from offers order by 1") == [
        ("FLOUR (P1)", "discontinued"), ("FLOUR (P2)", "discontinued"), ("MILK", "discontinued"),
    ]  # fmt: skip
    assert rows("select kind, name, external_id, origin from organizations where history_id is not null order by 3") == [
        ("retailer", "Corner shop", "B1", "imported"), ("retailer", "Café Süd", "B2", "imported"),
        ("manufacturer", "Mill", "S1", "imported"), ("manufacturer", "Dairy", "S2", "imported"),
    ]  # fmt: skip
    assert rows("select name, command, scope from events") == [("HistoryImported", "import_history", "system")]


def test_only_memo_entries_are_posted_each_at_its_own_time(database: sa.Connection, tmp_path: Path) -> None:
    load(folder(tmp_path / "shop"))
    posted = rows(
        "select e.kind, sum(p.amount), min(e.effective_at)::date::text from ledger_entries e"
        " join ledger_postings p on p.entry_id = e.id and p.amount > 0 group by 1 order by 1"
    )
    assert posted == [
        ("gmv_completed", Decimal("28.12"), "2024-01-12"),
        ("gmv_confirmed", Decimal("32.12"), "2024-01-10"),
        ("gmv_placed", Decimal("32.12"), "2024-01-10"),
    ]
    assert rows("select count(*) from ledger_accounts where family not like 'memo.%'") == [(0,)]
    assert rows("select count(*) from stock_movements") == [(0,)]
    assert rows("select sum(amount) from ledger_postings") == [(0,)]


def test_times_without_a_zone_are_read_in_the_named_one(database: sa.Connection, tmp_path: Path) -> None:
    load(folder(tmp_path / "shop"), time_zone="America/New_York")
    [(at,)] = rows("select created_at from purchases where external_id = '1'")
    assert at.astimezone(ZoneInfo("America/New_York")).isoformat() == "2024-01-10T23:30:00-05:00"


def test_twice_is_once_and_a_name_is_taken_once(database: sa.Connection, tmp_path: Path) -> None:
    first = load(folder(tmp_path / "shop"))
    before = counts()
    again = load(tmp_path / "shop")
    assert (again.history_id, again.is_new) == (first.history_id, False)
    assert counts() == before
    with pytest.raises(HistoryNameTaken, match="shop already stands for a history with other contents"):
        load(folder(tmp_path / "other", suppliers=FILES["suppliers"].replace("Mill", "Mills")))
    with pytest.raises(HistoryNameTaken):
        load(tmp_path / "shop", time_zone="Europe/Berlin")
    assert counts() == before
    assert load(tmp_path / "other", name="shop2").is_new


def test_only_the_system_imports(database: sa.Connection, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        run(Actor.anonymous(), import_history, folder=folder(tmp_path / "shop"), name="shop", time_zone="UTC")


def test_the_memo_of_a_history_is_posted_by_the_system_alone(database: sa.Connection, tmp_path: Path) -> None:
    done = load(folder(tmp_path / "shop"))
    for scope in (Scope.MEMBER, Scope.PLATFORM):
        with pytest.raises(NotFound):
            run(Actor(scope=scope), post_memo, history_id=done.history_id)


# --- what is refused -----------------------------------------------------------------------------

WRONG = [
    ("suppliers", None, "suppliers.csv: the file is missing"),
    ("buyers", "buyer_id,name\nB1,x\n", "buyers.csv, line 1, country: the column is missing from the header"),
    ("products", b"product_id\xff\n", "products.csv, line 1: the text is not UTF-8"),
    ("orders", "", "orders.csv, line 1, order_id: the column is missing from the header"),
    ("order_lines", FILES["order_lines"] + "1,4,P9,1,1,0\n", "order_lines.csv, line 8, product_id: P9 is not in products.csv"),
    ("order_lines", FILES["order_lines"] + "9,1,P1,1,1,0\n", "order_lines.csv, line 8, order_id: 9 is not in orders.csv"),
    (
        "order_lines",
        FILES["order_lines"] + "1,2,P1,1,1,0\n",
        "order_lines.csv, line 8, line_no: 1 line 2 stands here again, first on line 3",
    ),
    ("order_lines", FILES["order_lines"] + "1,4,P1,1,1\n", "order_lines.csv, line 8: 5 columns instead of 6"),
    ("order_lines", FILES["order_lines"] + '1,4,P1,1,1,"0\n', "order_lines.csv, line 8: the line cannot be read as CSV"),
    ("orders", FILES["orders"].replace("1,B1", "1,B9"), "orders.csv, line 2, buyer_id: B9 is not in buyers.csv"),
    ("orders", FILES["orders"].replace("\n2,", "\n1,"), "orders.csv, line 3, order_id: 1 stands here again, first on line 2"),
    ("orders", FILES["orders"].replace("open,EUR", "open,USD"), "orders.csv, line 3, currency: USD beside EUR"),
    ("orders", FILES["orders"].replace("open", "maybe"), "orders.csv, line 3, status: 'maybe' is none of"),
    ("orders", FILES["orders"].replace("2024-02-01T10", "2024-02-30T10"), "orders.csv, line 3, ordered_at: '2024-02-30T10"),
    ("orders", FILES["orders"].replace("2024-02-01", "0024-02-01"), "is outside of the years 1900 to 2100"),
    ("orders", FILES["orders"].replace("1.00", "-1.00"), "orders.csv, line 2, freight: '-1.00' is negative"),
    ("products", FILES["products"].replace("P3,S2", "P3,S9"), "products.csv, line 4, supplier_id: S9 is not in suppliers.csv"),
    ("products", FILES["products"].replace("P3", "P1"), "products.csv, line 4, product_id: P1 stands here again"),
    *(
        ("order_lines", FILES["order_lines"].replace("10,2.5", f"10,{bad}"), "order_lines.csv, line 2, unit_price: ")
        for bad in ("NaN", "inf", "1e999", "１２", "-1", "", "0.1234567", "0x1")
    ),
    *(
        ("order_lines", FILES["order_lines"].replace("10,2.5", f"{bad},2.5"), "order_lines.csv, line 2, quantity: ")
        for bad in ("1.5", "-10", "0", "９", "1e3", "99999999999999")
    ),
    ("order_lines", FILES["order_lines"].replace("-2,", "2,"), "line 7, quantity: 2 must be negative in a credit note"),
    ("order_lines", FILES["order_lines"].replace("2.5,0\n1,2", "2.5,26\n1,2"), "26 is more than the line is worth"),
]


@pytest.mark.parametrize(("file", "content", "expected"), WRONG, ids=range(len(WRONG)))
def test_what_is_wrong_is_named_by_file_and_line(
    database: sa.Connection, tmp_path: Path, file: str, content: str | bytes | None, expected: str
) -> None:
    refused = refusal(folder(tmp_path / "shop", **{file: content}))
    assert any(expected in str(problem) for problem in refused.problems), [str(p) for p in refused.problems]


def test_the_first_fifty_problems_are_kept_and_all_are_counted(database: sa.Connection, tmp_path: Path) -> None:
    bad = "".join(f"1,{number},P1,x,1,0\n" for number in range(10, 110))
    refused = refusal(folder(tmp_path / "shop", order_lines=FILES["order_lines"] + bad))
    assert (refused.count, len(refused.problems)) == (100, 50)
    assert str(refused.problems[0]) == "order_lines.csv, line 8, quantity: 'x' is not a whole number"
    assert refused.sentence.startswith("100 problems were found, so nothing was imported.")


@pytest.mark.parametrize("name", ["", "a b", "x/y", "'; drop", "é", "a" * 61])
def test_a_name_that_cannot_be_used_is_refused(database: sa.Connection, tmp_path: Path, name: str) -> None:
    with pytest.raises(Invalid, match="name of a history"):
        load(folder(tmp_path / "shop"), name=name)


@pytest.mark.parametrize("zone", ["Mars/Base", "", "../etc", "/etc/passwd"])
def test_an_unknown_zone_is_refused(database: sa.Connection, tmp_path: Path, zone: str) -> None:
    with pytest.raises(DomainError, match="time zone"):
        load(folder(tmp_path / "shop"), time_zone=zone)


def test_quotes_and_line_breaks_in_cells_keep_line_numbers_right(database: sa.Connection, tmp_path: Path) -> None:
    products = FILES["products"].replace('"Flour, fine"', '"Flour\nfine ""00""\t\\N"').replace("MILK,Milk,,,1.1", "M,,,,x")
    refused = refusal(folder(tmp_path / "shop", products=products))
    assert [str(problem) for problem in refused.problems] == [
        "products.csv, line 5, list_price: 'x' is not a number with digits and a dot"
    ]
    load(folder(tmp_path / "shop", products=products.replace(",x", ",")))
    assert rows("select name from products where external_id = 'P1'") == [('Flour\nfine "00"\t\\N',)]


# --- the real wholesaler -------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read the way Linux tells it")
def test_a_real_wholesaler_is_imported_quickly_with_little_memory(fresh_database: str, shared_data: Path) -> None:
    script = (
        "import time; from pathlib import Path; from domain.kernel.work import run; from domain.kernel.actor import Actor;"
        "from domain.orders.history import import_history; t = time.monotonic();"
        f"run(Actor.system(), import_history, folder=Path({str(shared_data / 'orders' / 'uci_gift')!r}), name='uci');"
        "print(time.monotonic() - t, [line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')][0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, env=dict(os.environ), capture_output=True, text=True, check=True
    )
    seconds, kilobytes = done.stdout.split()
    assert float(seconds) < 25
    assert int(kilobytes) < 150_000  # the interpreter, the libraries and a buffer, however long the history
    assert rows("select orders, lines from histories") == [(7628, 145436)]
    assert rows("select sum(goods) from supplier_orders") == [(Decimal("3368030.14"),)]
