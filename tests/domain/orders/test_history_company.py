"""A company brings in its own past: one file as its program writes it, or the folder; seen by nobody else."""

from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain import catalog, orders
from domain.identity import OrgKind, Variant
from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.errors import DomainError, Invalid, NotAllowed, NotFound
from domain.kernel.work import Work, begin, run
from domain.orders import BadHistory, HistoryNameTaken, ImportedHistory, Layout, PastUnderWay, bring_past, history
from tests.domain.orders.test_history import counts, folder, rows
from tests.make.market import Company, company, offer

COLUMNS = {
    "order_id": "Beleg", "ordered_at": "Datum", "customer": "Kunde", "country": "Land", "sku": "Artikel",
    "product": "Bezeichnung", "quantity": "Menge", "unit_price": "Preis", "discount_percent": "Rabatt %",
    "status": "Status", "delivered_at": "Geliefert",
}  # fmt: skip
GERMAN = Layout(
    file="sales.csv", columns=COLUMNS, encoding="cp1252", delimiter=";", decimal=",", day_order="dmy", currency="EUR",
    statuses={"geliefert": "completed", "offen": "open", "storniert": "cancelled"},
)  # fmt: skip
HEAD = "Beleg;Datum;Kunde;Land;Artikel;Bezeichnung;Menge;Preis;Rabatt %;Status;Geliefert\r\n"
LINES = (
    "1001;31.12.2024;Café Süd;Frankreich;FL-1;Mehl, fein;1.000;2,50 €;;geliefert;03.01.2025\r\n"
    '1001;31.12.2024;Café Süd;;MI-1;"Milch; frisch";4;1,10;10;geliefert;\r\n'
    "1002;02.01.2025;Eckladen;Deutschland;FL-1;Mehl, fein;10;2,50;;Offen;\r\n"
    "1003;03.01.2025;Eckladen;Deutschland;MI-1;;2;1,10;;Storniert;\r\n"
    "1001;31.12.2024;Café Süd;;FL-1;Mehl, fein;-5;2,50;;geliefert;\r\n"
    "\r\n"
)


@pytest.fixture
def maker(database: sa.Connection) -> Company:
    return company(OrgKind.MANUFACTURER, "Mill")


def written(path: Path, content: str = HEAD + LINES, encoding: str = "cp1252") -> Path:
    path.write_bytes(content.encode(encoding))
    return path


def bring(who: Actor, path: Path, name: str = "past", layout: Layout | None = GERMAN, **more: object) -> ImportedHistory:
    return run(who, bring_past, path=path, name=name, layout=layout, **more)


def problems(who: Actor, path: Path, layout: Layout | None = GERMAN) -> list[str]:
    before = counts()
    with pytest.raises(BadHistory) as refused:
        bring(who, path, layout=layout)
    assert counts() == before
    return [str(problem) for problem in refused.value.problems]


# --- what comes in -------------------------------------------------------------------------------


def test_a_file_as_it_is_becomes_the_companys_sales(maker: Company, tmp_path: Path) -> None:
    done = bring(maker.owner, written(tmp_path / "a.csv"))
    assert (done.orders, done.lines, done.currency, done.is_new) == (4, 5, "EUR", True)
    assert done.notes == ("1 line of returned goods were taken as credit notes.",)
    assert done.report is not None
    assert [(month.isoformat(), gmv) for month, gmv in done.report.gmv_by_month] == [
        ("2024-12-01", Decimal("2503.96")), ("2025-01-01", Decimal("25.00")),
    ]  # fmt: skip
    assert (done.report.new_buyers, done.report.new_suppliers, done.report.new_products) == (2, 0, 2)
    assert rows("select split_part(number, '-', 3), state, goods, buyer_name, seller_name from supplier_orders order by 1") == [
        ("1001", "completed", Decimal("2503.96"), "Café Süd", "Mill"),
        ("1002", "confirmed", Decimal("25"), "Eckladen", "Mill"),
        ("1003", "cancelled", Decimal("2.2"), "Eckladen", "Mill"),
    ]
    assert rows("select distinct delivered_at::date::text from supplier_orders where delivered_at is not null") == [
        ("2025-01-02",)  # midnight in Berlin
    ]
    assert rows("select external_id, goods from return_documents") == [("1001 (return)", Decimal("12.5"))]
    assert rows("select name, country from organizations where origin = 'imported' order by 1") == [
        ("Café Süd", "Frankreich"), ("Eckladen", "Deutschland"),
    ]  # fmt: skip
    assert rows("select name, org_id is not null, scope from events where name = 'HistoryImported'") == [
        ("HistoryImported", True, "member")
    ]
    assert rows("select coalesce(sum(violations), 0) from invariants") == [(0,)]
    assert rows("select sum(amount) from ledger_postings where amount > 0") != [(None,)]


def test_what_is_sold_today_is_not_made_twice(maker: Company, tmp_path: Path) -> None:
    offer_id = offer(maker, "Flour of today", on_hand=0)
    [(sku,)] = rows(f"select sku from offers where id = '{offer_id}'")
    done = bring(maker.owner, written(tmp_path / "a.csv", HEAD + LINES.replace("FL-1", sku)))
    assert done.report is not None and (done.report.new_products, done.report.matched_products) == (1, 1)
    assert rows(f"select count(*) from order_lines where offer_id = '{offer_id}'") == [(2,)]


def test_a_sku_of_the_past_can_be_sold_again(maker: Company, tmp_path: Path) -> None:
    bring(maker.owner, written(tmp_path / "a.csv"))
    with begin(maker.owner) as work:
        assert catalog.my_offers(work) == ([], 0)
    product_id = run(maker.owner, catalog.create_product, request_id=uuid4(), name="Flour of today")
    with begin(maker.owner) as work:
        [(variant_id, _)] = catalog.variants_of_product(work, product_id=product_id)
    facts = {"variant_id": variant_id, "sku": "FL-1", "tiers": [(1, Decimal(3))], "currency": "EUR"}
    run(maker.owner, catalog.create_offer, request_id=uuid4(), **facts)
    assert rows("select distinct sku from order_lines where name like 'Mehl%'") == [("FL-1",)]
    with pytest.raises(catalog.SkuTaken):
        run(maker.owner, catalog.create_offer, request_id=uuid4(), **facts)
    done = bring(maker.owner, written(tmp_path / "b.csv", HEAD + LINES.replace("100", "200")), name="next")
    assert done.report is not None and (done.report.new_products, done.report.matched_products) == (0, 2)


def test_the_same_content_is_once_and_an_order_too(maker: Company, tmp_path: Path) -> None:
    first = bring(maker.owner, written(tmp_path / "a.csv"))
    before = counts()
    for name in ("past", "another"):
        again = bring(maker.owner, tmp_path / "a.csv", name=name)
        assert (again.history_id, again.name, again.is_new) == (first.history_id, "past", False)
    assert counts() == before
    more = written(tmp_path / "b.csv", HEAD + LINES + "1004;04.01.2025;Eckladen;;MI-1;;2;1,10;;offen;\r\n")
    with pytest.raises(HistoryNameTaken):
        bring(maker.owner, more)
    with pytest.raises(BadHistory, match="sales.csv, line 2, Beleg: 1001 came in before, with past"):
        bring(maker.owner, more, name="more")
    assert counts() == before


def test_two_imports_at_once_are_not_both_taken(maker: Company, tmp_path: Path) -> None:
    other, before = company(OrgKind.DISTRIBUTOR, "Trade"), counts()
    with db.connect(db.Role.BUILDER) as first:
        lock = "hashtextextended('past sales of ' || %s, 0)"
        first.execute(f"select pg_advisory_lock({lock})", [str(maker.org_id)])
        with pytest.raises(PastUnderWay):
            bring(maker.owner, written(tmp_path / "a.csv"))
        assert counts() == before
        assert bring(other.owner, tmp_path / "a.csv").is_new
        # A server gives up the locks of a session that has gone when it notices, which is too late on a busy machine.
        first.execute(f"select pg_advisory_unlock({lock})", [str(maker.org_id)])
    assert bring(maker.owner, tmp_path / "a.csv").is_new


def test_customers_stay_the_same_from_file_to_file(maker: Company, tmp_path: Path) -> None:
    bring(maker.owner, written(tmp_path / "a.csv"))
    bring(maker.owner, written(tmp_path / "b.csv", HEAD + LINES.replace("100", "200")), name="next")
    assert rows("select count(*) from organizations where origin = 'imported'") == [(2,)]
    assert rows("select count(*) from products where history_id is not null") == [(2,)]


def test_a_dry_run_moves_nothing(maker: Company, tmp_path: Path) -> None:
    before = counts()
    would = bring(maker.owner, written(tmp_path / "a.csv"), dry_run=True)
    assert counts() == before
    assert bring(maker.owner, tmp_path / "a.csv").report == would.report


def test_the_folder_of_five_files_comes_in_as_the_companys_own(maker: Company, tmp_path: Path) -> None:
    done = bring(maker.owner, folder(tmp_path / "five"), layout=None)
    assert (done.orders, done.lines) == (4, 6)
    assert rows("select distinct seller_name from supplier_orders") == [("Mill",)]
    assert rows("select kind, count(*) from organizations where origin = 'imported' group by 1") == [("retailer", 2)]


def test_a_folder_has_as_many_lines_as_a_file_may(
    maker: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "MOST_LINES", 5)
    found = problems(maker.owner, folder(tmp_path / "five"), layout=None)
    assert "order_lines.csv: the file has more than 5 lines; bring it in part by part" in found


# --- who may, and who sees it --------------------------------------------------------------------


def test_names_are_a_companys_own(maker: Company, tmp_path: Path) -> None:
    other = company(OrgKind.DISTRIBUTOR, "Trade")
    one = bring(maker.owner, written(tmp_path / "a.csv"))
    two = bring(other.owner, tmp_path / "a.csv")
    assert two.is_new and one.history_id != two.history_id
    run(Actor.system(), orders.import_history, folder=folder(tmp_path / "five"), name="past")
    assert rows("select name, count(*) from histories group by 1") == [("past", 3)]


def test_only_who_may_brings_in_anything(database: sa.Connection, tmp_path: Path) -> None:
    maker = company(OrgKind.MANUFACTURER, "Mill", Variant.FACTORY_OWNER, Variant.FACTORY_MANAGER)
    path = written(tmp_path / "a.csv")
    shop, finance = company(OrgKind.RETAILER, "Shop"), company(OrgKind.PLATFORM, "Platform")
    before = counts()
    for who, refusal in (
        (maker.people[Variant.FACTORY_MANAGER], NotAllowed), (shop.owner, NotAllowed), (finance.owner, DomainError),
        (Actor.anonymous(), NotFound), (Actor.system(), NotFound),
    ):  # fmt: skip
        with pytest.raises(refusal):
            bring(who, path)
    assert counts() == before


def test_others_see_nothing_of_it(maker: Company, tmp_path: Path) -> None:
    other = company(OrgKind.MANUFACTURER, "Other mill")
    bring(maker.owner, written(tmp_path / "a.csv"))
    seen = {}
    for who in (maker, other):
        with begin(who.owner) as work:
            count = lambda table, work=work: work.session.scalar(text(f"select count(*) from {table}"))  # noqa: E731
            seen[who.name] = [count(table) for table in ("histories", "purchases", "supplier_orders", "return_lines")]
            seen[who.name].append(
                work.session.scalar(text("select count(*) from organizations where origin = 'imported'"))
            )
            seen[who.name].append(len(orders.my_past(work)))
    assert seen == {"Mill": [1, 3, 3, 1, 2, 1], "Other mill": [0, 0, 0, 0, 0, 0]}


FORGED = {
    "an order of today": "insert into supplier_orders (id, number, origin, purchase_id, buyer_id, seller_id, buyer_name,"
    " seller_name, state, currency, goods, tax, shipping, total, delivery_address, created_at)"
    " select gen_random_uuid(), 'X', 'live', purchase_id, buyer_id, seller_id, 'b', 's', 'completed', currency, goods, tax,"
    " shipping, total, '{}', created_at from supplier_orders where seller_id = :me limit 1",
    "an order of somebody else": "insert into supplier_orders (id, number, origin, history_id, purchase_id, buyer_id,"
    " seller_id, buyer_name, seller_name, state, currency, goods, tax, shipping, total, delivery_address, created_at)"
    " select gen_random_uuid(), 'X', 'imported', history_id, purchase_id, buyer_id, :other, 'b', 's', 'completed', currency,"
    " goods, tax, shipping, total, '{}', created_at from supplier_orders where seller_id = :me limit 1",
    "an order that somebody else would see": "insert into supplier_orders (id, number, origin, history_id, purchase_id,"
    " buyer_id, seller_id, distributor_id, buyer_name, seller_name, state, currency, goods, tax, shipping, total,"
    " delivery_address, created_at) select gen_random_uuid(), 'X', 'imported', history_id, purchase_id, buyer_id, :me, :other,"
    " 'b', 's', 'completed', currency, goods, tax, shipping, total, '{}', created_at from supplier_orders limit 1",
    "a purchase of a real shop": "insert into purchases (id, number, origin, history_id, buyer_id, payment_method, currency,"
    " goods, tax, shipping, total, created_at) select gen_random_uuid(), 'X', 'imported', history_id, :other, 'unknown',"
    " currency, goods, tax, shipping, total, created_at from purchases where history_id is not null limit 1",
    "a real organisation": "insert into organizations (id, kind, name, origin, time_zone, locale, currency, created_at)"
    " select gen_random_uuid(), 'retailer', 'X', 'live', 'UTC', 'en', 'EUR', created_at from organizations where id = :me",
    "a history of somebody else": "insert into histories (id, org_id, name, time_zone, currency, content_hash, orders, lines,"
    " imported_at) select gen_random_uuid(), :other, 'X', 'UTC', 'EUR', 'x', 1, 1, imported_at from histories limit 1",
}


@pytest.mark.parametrize("what", FORGED)
def test_plain_sql_adds_nothing_but_the_own_past(maker: Company, tmp_path: Path, what: str) -> None:
    bring(maker.owner, written(tmp_path / "a.csv"))
    shop = company(OrgKind.RETAILER, "Shop")

    def forged(work: Work) -> int:
        facts = {"me": maker.org_id, "other": shop.org_id}
        return work.session.execute(text(FORGED[what]), facts).rowcount

    before = counts()
    with pytest.raises(DBAPIError, match="row-level security"):
        run(maker.owner, forged)
    assert counts() == before


# --- what is refused -----------------------------------------------------------------------------

WRONG = [
    ("1,10;10;", "1.10;10;", "sales.csv, line 3, Preis: '1.10' is not a number with the decimal mark ,"),
    ("02.01.2025", "01/32/2025", "sales.csv, line 4, Datum: '01/32/2025' is not a date that can be read as 31.12.2025"),
    ("02.01.2025", "", "sales.csv, line 4, Datum: an empty cell is not a date"),
    ("02.01.2025", "2.1.0025", "is outside of the years 1900 to 2100"),
    ("Offen", "unterwegs", "sales.csv, line 4, Status: 'unterwegs' has no meaning yet"),
    ("Eckladen;Deutschland;FL-1", ";Deutschland;FL-1", "sales.csv, line 4, Kunde: is empty"),
    ("1003;03.01.2025;Eckladen;Deutschland;MI-1;;", "1003;03.01.2025;Eckladen;D;;;", "sales.csv, line 5, Artikel: is empty"),
    ("Café Süd;;MI-1", "Eckladen;;MI-1", "sales.csv, line 3, Kunde: Eckladen beside Café Süd in the same order"),
    (";4;1,10;10;geliefert", ";4;1,10;10;offen", "sales.csv, line 3, Status: open beside completed in the same order"),
    (";4;1,10;", ";1,5;1,10;", "sales.csv, line 3, Menge: '1.5' is not a whole number"),
    (";4;1,10;", ";0;1,10;", "sales.csv, line 3, Menge: a line of nothing"),
    (";4;1,10;10", ";4;1,10;110", "is more than the line is worth"),
    ("Beleg;Datum", "Beleg;Tag", "sales.csv, line 1, Datum: the column is missing from the header"),
    (";4;1,10;", ";4;1000000000,01;", "sales.csv, line 3, Preis: 1000000000.01 is more than a unit may cost"),
    ("02.01.2025", "02.01.2099", "sales.csv, line 4, Datum: is in the future"),
    ("03.01.2025\r\n", "03.01.2099\r\n", "sales.csv, line 2, Geliefert: is in the future"),
    ('"Milch; frisch"', '"Milch; frisch', "sales.csv, line 7: the line cannot be read as CSV"),
    (LINES, "", "sales.csv: there is no order with lines in it"),
    (HEAD + LINES, "", "sales.csv, line 1, Beleg: the column is missing from the header"),
]


@pytest.mark.parametrize(("old", "new", "expected"), WRONG, ids=range(len(WRONG)))
def test_what_is_wrong_is_named_in_the_words_of_the_file(
    maker: Company, tmp_path: Path, old: str, new: str, expected: str
) -> None:
    assert old in HEAD + LINES
    found = problems(maker.owner, written(tmp_path / "a.csv", (HEAD + LINES).replace(old, new)))
    assert any(expected in problem for problem in found), found


def test_sums_that_no_figure_could_hold_are_refused(maker: Company, tmp_path: Path) -> None:
    line = "{};31.12.2024;Eckladen;;FL-1;Mehl;1.000.000;999.999,00;;geliefert;\r\n"
    most = HEAD + "".join(line.format(number) for number in range(100))
    assert bring(maker.owner, written(tmp_path / "a.csv", most), name="first").orders == 100
    one_more = written(tmp_path / "b.csv", HEAD + line.format("100") + line.format("101"))
    assert problems(maker.owner, one_more) == ["sales.csv, Preis: all of your past sales together are worth too much"]


def test_text_in_another_encoding_is_refused(maker: Company, tmp_path: Path) -> None:
    utf8 = GERMAN.model_copy(update={"encoding": "utf-8"})
    assert problems(maker.owner, written(tmp_path / "a.csv"), utf8) == ["sales.csv, line 2: the text is not UTF-8"]
    assert bring(maker.owner, written(tmp_path / "b.csv", "\ufeff" + HEAD + LINES, "utf-8"), layout=utf8).lines == 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"columns": {**COLUMNS, "sku": "", "product": ""}}, {"columns": {**COLUMNS, "product": "Artikel"}},
        {"delimiter": "x"}, {"encoding": "utf-7"}, {"statuses": {"x": "lost"}}, {"columns": {**COLUMNS, "x": "y"}},
    ],
)  # fmt: skip
def test_a_layout_that_says_too_little_is_refused(maker: Company, tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        bring(maker.owner, written(tmp_path / "a.csv"), layout=GERMAN.model_copy(update=wrong))
