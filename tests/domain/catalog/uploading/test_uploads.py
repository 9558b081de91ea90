"""A file of products and prices: checked, brought in, mended, brought in again and taken back."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import xlsxwriter
from sqlalchemy import text

from domain import catalog, notifications, reactions
from domain.catalog.uploading import commands
from domain.identity import OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.kernel.work import begin, clock, run
from tests.make.market import Company, company, offer

HEADER = ["Art.-Nr.", "Bezeichnung", "Marke", "EAN", "Preis", "ab 50", "MOQ", "Lieferzeit"]


@pytest.fixture
def maker(database: None) -> Company:
    return company(OrgKind.MANUFACTURER, "Lindqvist Glas", Variant.FACTORY_OWNER, Variant.SALES_REPRESENTATIVE)


def rows(who: Actor, statement: str, **facts: Any) -> list[tuple[Any, ...]]:
    with begin(who) as work:
        return [tuple(row) for row in work.session.execute(text(statement), facts)]


def workbook(path: Path, lines: list[list[Any]], header: list[str] = HEADER) -> Path:
    content = BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    sheet = book.add_worksheet("Preise")
    for number, line in enumerate([header, *lines]):
        sheet.write_row(number, 0, line)
    book.close()
    path.write_bytes(content.getvalue())
    return path


def good(number: int, price: float = 4.5) -> list[Any]:
    return [f"G-{number:04d}", f"Glass {number}", "Lindqvist", "", price, round(price * 0.9, 2), 6, "14 Tage"]


def check(who: Actor, path: Path, **facts: Any) -> catalog.UploadSheet:
    upload_id = run(who, catalog.check_upload, path=path, name=path.name, **facts)
    return sheet(who, upload_id)


def sheet(who: Actor, upload_id: UUID) -> catalog.UploadSheet:
    with begin(who) as work:
        return catalog.upload_sheet(work, upload_id=upload_id)


def counts(one: catalog.UploadSheet) -> tuple[int, int, int, int]:
    return one.rows_new, one.rows_changed, one.rows_unchanged, one.rows_bad


def bring(who: Actor, upload_id: UUID, mode: str = "good", at_most: int = 40) -> catalog.UploadSheet:
    """As the worker does it: in the name of whoever started it, part by part."""
    run(who, catalog.start_upload, upload_id=upload_id, mode=catalog.UploadMode(mode))
    with begin(Actor.system()) as work:
        [waiting] = catalog.uploads_waiting(work)
    assert waiting.actor is not None and waiting.actor.user_id == who.user_id
    while run(waiting.actor, catalog.carry_on_upload, upload_id=waiting.upload_id, at_most=at_most):
        pass
    return sheet(who, upload_id)


LADDERS = (
    "select o.sku, string_agg(t.minimum_quantity || '=' || trim_scale(t.unit_price), ' ' order by t.minimum_quantity)"
    " from offers o join price_tiers t on t.offer_id = o.id and t.valid_to is null group by o.sku order by o.sku"
)


def test_bad_rows_are_named_mended_and_uploaded_again(maker: Company, tmp_path: Path) -> None:
    lines = [good(number) for number in range(1, 101)]
    lines[4][4], lines[9][0], lines[19][3], lines[29][6] = "abc", "", "4006381333932", 2.5
    lines[39] = [*good(1, 9.0)]
    path = workbook(tmp_path / "list.xlsx", lines)
    one = check(maker.owner, path)
    assert counts(one) == (95, 0, 0, 5)
    assert rows(maker.owner, "select count(*) from offers where seller_id = :me", me=maker.org_id) == [(0,)]
    with begin(maker.owner) as work:
        bad = catalog.upload_rows(work, upload_id=one.upload_id)
    assert [(row.line, row.why) for row in bad] == [
        (6, "price not a number"), (11, "missing sku"), (21, "EAN with a wrong check digit"),
        (31, "MOQ not a whole number"), (41, "duplicate sku with a different price"),
    ]  # fmt: skip
    assert bad[0].cells[:3] == ("G-0005", "Glass 5", "Lindqvist") and bad[4].cells[0] == "G-0001"
    with pytest.raises(Conflict, match="5 rows are bad"):
        run(maker.owner, catalog.start_upload, upload_id=one.upload_id, mode=catalog.UploadMode.ALL)

    done = bring(maker.owner, one.upload_id)
    assert (done.state, done.rows_done, done.drafts) == ("done", 95, 95)
    assert rows(maker.owner, LADDERS)[0] == ("G-0001", "1=4.5 50=4.05")
    assert rows(
        maker.owner,
        "select p.name, p.brand, o.minimum_quantity, o.lead_time_days, o.state, o.currency from offers o"
        " join product_variants v on v.id = o.variant_id join products p on p.id = v.product_id where o.sku = 'G-0100'",
    ) == [("Glass 100", "Lindqvist", 6, 14, "draft", "EUR")]
    assert run(maker.owner, catalog.publish_offers, offer_ids=_drafts(maker, one.upload_id)[:3])

    mended = [good(5), good(10), good(20), good(30), good(40)]
    two = check(maker.owner, workbook(tmp_path / "mended.xlsx", mended))
    assert counts(two) == (5, 0, 0, 0)
    assert bring(maker.owner, two.upload_id, "all").rows_done == 5
    whole = check(maker.owner, workbook(tmp_path / "whole.xlsx", [good(number) for number in range(1, 101)]))
    assert counts(whole) == (0, 0, 100, 0)
    with pytest.raises(Conflict, match="Nothing in this file is new"):
        run(maker.owner, catalog.start_upload, upload_id=whole.upload_id, mode=catalog.UploadMode.ALL)


def test_a_mark_that_is_never_closed_costs_its_own_line(maker: Company, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    lines = "".join(f"A-{number};Glass {number};4.50\n" for number in range(20))
    path.write_text(f'SKU;Name;Price\n{lines}B-1;"Bowl;4.50\n')
    one = check(maker.owner, path)
    assert counts(one) == (20, 0, 0, 1)
    with begin(maker.owner) as work:
        [bad] = catalog.upload_rows(work, upload_id=one.upload_id)
    assert (bad.line, bad.why, bad.cells) == (22, "quotation mark that is never closed", ("",))


def test_more_bad_rows_than_a_file_to_mend_has_are_said(
    maker: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "list.csv"
    path.write_text("SKU;Name;Price\nA-1;Glass;4.50\n" + "".join(f"B-{number};;1.00\n" for number in range(4)))
    assert not [note for note in check(maker.owner, path).notes if "mended" in note]
    monkeypatch.setattr(commands, "MOST_TO_MEND", 3)
    one = check(maker.owner, path)
    assert one.notes[-1].startswith("Only the first 3 of the 4 bad rows can be downloaded to be mended")
    with begin(maker.owner) as work:
        bad = catalog.upload_rows(work, upload_id=one.upload_id)
    assert [row.cells for row in bad] == [("B-0", "", "1.00"), ("B-1", "", "1.00"), ("B-2", "", "1.00"), ()]


def _drafts(maker: Company, upload_id: UUID) -> list[UUID]:
    with begin(maker.owner) as work:
        return catalog.drafts_of_upload(work, upload_id=upload_id)


@pytest.mark.parametrize("at_a_time", [1000, 1])  # lists of prices change part by part, also within one transaction
def test_changes_leave_what_the_file_does_not_say_and_are_undone(
    maker: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_a_time: int
) -> None:
    monkeypatch.setattr(commands, "OFFERS_AT_A_TIME", at_a_time)
    first = offer(maker, "Carafe", tiers=[(1, "10.00"), (50, "8.00")], on_hand=5)
    second = offer(maker, "Bowl", tiers=[(1, "5.00")], on_hand=0)
    third = offer(maker, "Dish", tiers=[(1, "7.00")], on_hand=0)
    skus = {row[0]: row[1] for row in rows(maker.owner, "select id, sku from offers")}
    path = tmp_path / "prices.csv"
    path.write_text(
        f"sku,price,moq\n{skus[first]},9.00,\n{skus[second]},7.50,12\n{skus[third]},7.00,\nNEW-1,3.00,\n"
        f"NEW-2,{'9' * 12},\n"
    )
    one = check(maker.owner, path)
    assert counts(one) == (0, 2, 1, 2) and one.rows_flagged == 1
    with begin(maker.owner) as work:
        assert [row.why for row in catalog.upload_rows(work, upload_id=one.upload_id)] == [
            "missing name", "price too large",
        ]  # fmt: skip
        [flagged] = catalog.upload_rows(work, upload_id=one.upload_id, which="flagged")
    assert (flagged.sku, flagged.price_change, flagged.changes) == (skus[second], Decimal("0.5"), ("price", "moq"))
    bring(maker.owner, one.upload_id)
    after = dict(rows(maker.owner, LADDERS))
    assert (after[skus[first]], after[skus[second]]) == ("1=9 50=8", "1=7.5")
    events = rows(maker.owner, "select name from events where command = 'carry_on_upload' order by id")
    assert events == [("PricesChanged",), ("PricesChanged",), ("CatalogUploadDone",)]

    run(maker.owner, catalog.set_price_tiers, offer_id=second, tiers=[(1, Decimal("6.00"))])
    assert run(maker.owner, catalog.undo_upload, upload_id=one.upload_id) == 1
    back = dict(rows(maker.owner, LADDERS))
    assert (back[skus[first]], back[skus[second]]) == ("1=10 50=8", "1=6")
    with begin(maker.owner) as work:
        [kept] = catalog.upload_rows(work, upload_id=one.upload_id, which="kept")
    assert (kept.sku, kept.kept) == (skus[second], "changed since")
    history = "select count(*) from price_tiers t join offers o on o.id = t.offer_id where o.sku = :sku"
    assert rows(maker.owner, history, sku=skus[first]) == [(6,)]  # nothing of a price is ever overwritten
    with pytest.raises(Conflict):
        run(maker.owner, catalog.undo_upload, upload_id=one.upload_id)


def test_undone_products_free_their_numbers(maker: Company, tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", [good(1), good(2)])
    one = bring(maker.owner, check(maker.owner, path).upload_id)
    assert run(maker.owner, catalog.undo_upload, upload_id=one.upload_id) == 0
    assert rows(maker.owner, "select state, sku like '%(undone %' from offers") == [("discontinued", True)] * 2
    assert counts(check(maker.owner, path)) == (2, 0, 0, 0)


def test_texts_that_operations_look_at_come_in_by_no_old_check_and_no_undoing(maker: Company, tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", [good(1)])
    bring(maker.owner, check(maker.owner, path).upload_id)
    lines = [good(1)]
    lines[0][1] = "Glass that heals"
    change = check(maker.owner, workbook(tmp_path / "more.xlsx", lines))
    assert counts(change) == (0, 1, 0, 0)
    texts = "select p.name from products p"

    def watch(work: Any, *, is_reviewed: bool) -> None:
        """The product comes into a category that is looked at, or out of it."""
        key = UUID(int=77)
        work.session.execute(
            text("insert into categories (id, name, is_reviewed) values (:id, 'Medicine', true) on conflict do nothing"),
            {"id": key},
        )
        work.session.execute(
            text("update products set category_id = :id, category_since = :now"),
            {"id": key if is_reviewed else None, "now": work.now},
        )

    run(Actor.system(), watch, is_reviewed=True)
    done = bring(maker.owner, change.upload_id)
    assert (done.rows_changed, done.rows_bad) == (0, 1) and rows(maker.owner, texts) == [("Glass 1",)]
    with begin(maker.owner) as work:
        [bad] = catalog.upload_rows(work, upload_id=change.upload_id)
    assert bad.why == "the platform looks at changes of this product; change its texts on its page"
    # What came in before is not taken back behind anybody's back either.
    run(Actor.system(), watch, is_reviewed=False)
    again = check(maker.owner, workbook(tmp_path / "again.xlsx", lines))
    bring(maker.owner, again.upload_id)
    assert rows(maker.owner, texts) == [("Glass that heals",)]
    run(Actor.system(), watch, is_reviewed=True)
    assert run(maker.owner, catalog.undo_upload, upload_id=again.upload_id) == 1
    assert rows(maker.owner, texts) == [("Glass that heals",)]


def test_all_or_nothing_is_nothing_when_somebody_was_quicker(maker: Company, tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", [good(1), good(2)])
    one = check(maker.owner, path)
    run(maker.owner, catalog.start_upload, upload_id=one.upload_id, mode=catalog.UploadMode.ALL)
    product_id = run(maker.owner, catalog.create_product, request_id=UUID(int=7), name="Same")
    with begin(maker.owner) as work:
        [(variant_id, _)] = catalog.variants_of_product(work, product_id=product_id)
    run(
        maker.owner, catalog.create_offer, request_id=UUID(int=8), variant_id=variant_id, sku="G-0002",
        tiers=[(1, Decimal(1))], currency="EUR",
    )  # fmt: skip
    with pytest.raises(Conflict, match="1 rows can no longer come in"):
        run(maker.owner, catalog.carry_on_upload, upload_id=one.upload_id)
    assert rows(maker.owner, "select sku from offers") == [("G-0002",)]
    run(Actor.system(), catalog.fail_upload, upload_id=one.upload_id, problem="One was overtaken.")
    assert sheet(maker.owner, one.upload_id).state == "failed"
    again = check(maker.owner, path)
    assert counts(again) == (1, 1, 0, 0)


def test_variants_share_a_product_by_their_parent(maker: Company, tmp_path: Path) -> None:
    path = tmp_path / "shirts.csv"
    path.write_text(
        "parent sku;sku;name;size;colour;price\nTEE;TEE-S-R;Shirt;S;Red;9,00\nTEE;TEE-M-R;Shirt;M;Red;9,00\n"
        "TEE;TEE-M-B;Shirt;M;Red;9,00\nCAP;CAP-1;Cap;;;5,00\n"
    )
    one = check(maker.owner, path)
    assert counts(one) == (3, 0, 0, 1)
    with begin(maker.owner) as work:
        assert catalog.upload_rows(work, upload_id=one.upload_id)[0].why == "two variants of TEE have the same options"
    bring(maker.owner, one.upload_id, at_most=1)  # a family that is cut by a part is still one product
    assert rows(
        maker.owner,
        "select p.name, count(*), min(v.name) from products p join product_variants v on v.product_id = p.id"
        " group by p.id, p.name order by 1",
    ) == [("Cap", 1, "Standard"), ("Shirt", 2, "Red / M")]
    assert rows(maker.owner, "select option_names from products where name = 'Shirt'") == [(["Colour", "Size"],)]


def test_only_those_who_manage_offers_and_prices_upload(maker: Company, tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", [good(1)])
    shop = company(OrgKind.RETAILER, "Corner Shop")
    other = company(OrgKind.MANUFACTURER, "Douro")
    with pytest.raises(NotAllowed):
        run(maker.people[Variant.SALES_REPRESENTATIVE], catalog.check_upload, path=path, name="x")
    with pytest.raises((NotFound, NotAllowed)):
        run(shop.owner, catalog.check_upload, path=path, name="x")
    one = check(maker.owner, path)
    for stranger in (other.owner, shop.owner):
        with pytest.raises((NotFound, NotAllowed)):
            run(stranger, catalog.start_upload, upload_id=one.upload_id, mode=catalog.UploadMode.GOOD)
    with begin(other.owner) as work:
        assert catalog.upload_rows(work, upload_id=one.upload_id, which="new") == []
    with pytest.raises(Invalid):
        run(maker.owner, catalog.check_upload, path=workbook(tmp_path / "empty.xlsx", []), name="x")
    assert sheet(maker.owner, one.upload_id).state == "checked"


def told(who: Actor) -> list[tuple[str, UUID, str]]:
    reactions.deliver_new()
    with begin(who) as work:
        found, _ = notifications.my_notices(work)
    return [(one.kind, one.subject_id, one.facts["file"]) for one in found if one.kind.startswith("catalog_upload")]


def test_whoever_started_a_long_list_is_told_when_it_is_in_or_failed(maker: Company, tmp_path: Path) -> None:
    quick = check(maker.owner, workbook(tmp_path / "quick.xlsx", [good(1)]))
    bring(maker.owner, quick.upload_id)
    assert told(maker.owner) == []  # who waits for a second is still there
    long = check(maker.owner, workbook(tmp_path / "long.xlsx", [good(2), good(3)]))
    run(maker.owner, catalog.start_upload, upload_id=long.upload_id, mode=catalog.UploadMode.GOOD)
    with begin(maker.owner) as work:
        later = work.now + timedelta(minutes=3)
    assert run(maker.owner, catalog.carry_on_upload, upload_id=long.upload_id, at_most=1) == 1
    assert told(maker.owner) == []
    with clock(later):
        assert run(maker.owner, catalog.carry_on_upload, upload_id=long.upload_id, at_most=1) == 0
    assert told(maker.owner) == [("catalog_upload_done", long.upload_id, "long.xlsx")]
    lost = check(maker.owner, workbook(tmp_path / "lost.xlsx", [good(4)]))
    run(maker.owner, catalog.start_upload, upload_id=lost.upload_id, mode=catalog.UploadMode.GOOD)
    with clock(later):
        run(Actor.system(), catalog.fail_upload, upload_id=lost.upload_id, problem="It could not be stored.")
    assert {one[:2] for one in told(maker.owner)} == {
        ("catalog_upload_done", long.upload_id), ("catalog_upload_failed", lost.upload_id),
    }  # fmt: skip
    assert told(maker.people[Variant.SALES_REPRESENTATIVE]) == []
