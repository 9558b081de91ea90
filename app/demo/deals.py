"""What the sellers of the demo agree on beside their price lists: groups, rules, promotions, prices of a later day."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from sqlalchemy import text

from app.demo.companies import Offered, Trader, cents
from app.demo.stage import Stage, Story
from app.demo.trade import Trade
from domain import catalog, discovery, pricing
from domain.catalog import UploadMode
from domain.discovery import AudienceRow, Display, DisplayFor, Shown
from domain.kernel.work import begin
from domain.pricing import RuleKind, Scope, Step

_KEEN = ("haushof", "nordlys", "lumiere", "casabonita")
_USED_UP_BY = "casabonita"


def put_on_agenda(stage: Stage, trade: Trade, by_slug: Mapping[str, Trader]) -> None:
    for slug, days, scene in (
        ("lindqvist", 4.2, _glass), ("douro", 4.1, _porcelain), ("aumann", 3.9, _linen), ("alpenhandel", 3.8, _resale),
        ("montalto", 3.5, _oil),
    ):  # fmt: skip
        if slug in by_slug:
            stage.at(stage.back(days), stage.scene(_agreed, scene, by_slug[slug], by_slug))
    if "douro" in by_slug:
        stage.at(stage.back(0.02), stage.scene(_plates_together, by_slug["douro"]))
    if {"lindqvist", _USED_UP_BY} <= by_slug.keys():
        stage.at(stage.back(4), lambda: _used_up(stage, trade, by_slug))
    if "lindqvist" in by_slug:
        stage.at(stage.back(2.4), stage.scene(_winter_list, by_slug["lindqvist"]))
        stage.at(stage.back(0.9), stage.scene(_below_the_floor, by_slug["lindqvist"]))


def _agreed(
    stage: Stage, scene: Callable[[Stage, Trader, dict[str, UUID]], None], seller: Trader, by_slug: Mapping[str, Trader]
) -> None:
    scene(stage, seller, _customers(seller, by_slug))


def _customers(seller: Trader, by_slug: Mapping[str, Trader]) -> dict[str, UUID]:
    """Who has ordered of this seller by now, the shops that accounts are printed of first."""
    with begin(seller.owner) as work:
        known = set(
            work.session.scalars(
                text("select distinct buyer_id from supplier_orders where seller_id = :me"), {"me": seller.id}
            )
        )
    slugs = sorted(by_slug, key=lambda slug: (_KEEN.index(slug) if slug in _KEEN else len(_KEEN), slug))
    return {slug: by_slug[slug].id for slug in slugs if by_slug[slug].org_id in known}


def _offers(seller: Trader, *numbers: str) -> list[Offered]:
    """What the seller has on sale, of these articles if some are named: those whose SKU begins so."""
    return [
        offered for offered in seller.offers
        if offered.is_for_sale and (not numbers or offered.sku.startswith(numbers))
    ]  # fmt: skip


def _ids(offers: Sequence[Offered]) -> list[UUID]:
    return [offered.offer_id for offered in offers if offered.offer_id is not None]


# --- each seller -----------------------------------------------------------------------------------


def _glass(stage: Stage, seller: Trader, customers: dict[str, UUID]) -> None:
    who, days = seller.owner, timedelta(days=1)
    for offered in _offers(seller):
        floor = cents(offered.price * Decimal("0.78"))
        stage.do(who, catalog.set_price_floor, offer_id=offered.offer_id, minimum_price=floor)
    names = list(customers)
    if names:
        group = stage.do(
            who, pricing.open_group, request_id=stage.new_id(), name="Regular shops",
            customer_ids=[customers[name] for name in names[:12]],
        )  # fmt: skip
        stage.do(
            who, pricing.make_rule, request_id=stage.new_id(), step=Step.CUSTOMER, kind=RuleKind.PERCENT,
            title="Regular customer", group_id=group, percent=Decimal(3),
        )  # fmt: skip
        stage.do(
            who, pricing.open_group, request_id=stage.new_id(), name="Hotels and restaurants",
            customer_ids=[customers[name] for name in names[12:17]],
        )  # fmt: skip
    if "haushof" in customers:
        agreed = {
            offered.offer_id: [(offered.minimum, cents(offered.price * Decimal("0.9")))]
            for offered in _offers(seller, "LG-1020", "LG-2001")
        }
        if agreed:
            stage.do(
                who, pricing.make_rule, request_id=stage.new_id(), step=Step.CUSTOMER, kind=RuleKind.FIXED,
                title="Agreed for this season", customer_id=customers["haushof"], scope=Scope.OFFERS,
                fixed_prices=agreed, ends_at=stage.today + 120 * days,
            )  # fmt: skip
    stage.do(
        who, pricing.make_rule, request_id=stage.new_id(), step=Step.PROMOTION, kind=RuleKind.PERCENT,
        title="Advent: candle holders and vases", scope=Scope.OFFERS, offer_ids=_ids(_offers(seller, "LG-30")),
        percent=Decimal(8), ends_at=stage.today + 24 * days, budget_amount=Decimal(1500), currency="EUR",
    )  # fmt: skip
    stage.do(
        who, pricing.make_rule, request_id=stage.new_id(), step=Step.PROMOTION, kind=RuleKind.AMOUNT,
        title="Spring: carafes", scope=Scope.OFFERS, offer_ids=_ids(_offers(seller, "LG-2001")),
        amount=Decimal("0.90"), currency="EUR", starts_at=stage.today + 60 * days, ends_at=stage.today + 120 * days,
        budget_units=600,
    )  # fmt: skip
    for offered in _offers(seller, "LG-1010", "LG-1020"):
        tiers = [(least, cents(price * Decimal("1.04"))) for least, price in offered.tiers(stage.now)]
        stage.do(
            who, catalog.plan_prices, request_id=stage.new_id(), offer_id=offered.offer_id, tiers=tiers,
            starts_at=stage.today.replace(hour=0) + 34 * days,
        )  # fmt: skip
    stage.do(who, discovery.set_stock_display, kind=DisplayFor.ALL, display=Display.BUCKET, few_below=200)


def _porcelain(stage: Stage, seller: Trader, customers: dict[str, UUID]) -> None:
    who, days = seller.owner, timedelta(days=1)
    policy = stage.do(
        who, catalog.write_policy, request_id=stage.new_id(), name="Stoneware and porcelain", version=0,
        return_days=30, restocking_share=Decimal("0.15"), warranty_months=36,
        exclusions="Crazing of reactive glazes, which is part of the look",
    )  # fmt: skip
    stage.do(who, catalog.assign_policy, policy_id=policy, offer_ids=_ids(_offers(seller)))
    if len(customers) > 2:
        group = stage.do(
            who, pricing.open_group, request_id=stage.new_id(), name="Tableware shops",
            customer_ids=list(customers.values())[:8],
        )  # fmt: skip
        stage.do(
            who, pricing.make_rule, request_id=stage.new_id(), step=Step.PROMOTION, kind=RuleKind.PERCENT,
            title="Foz, for tableware shops", group_id=group, scope=Scope.OFFERS,
            offer_ids=_ids(_offers(seller, "PD-10", "PD-11")), percent=Decimal(6), minimum_quantity=96,
            ends_at=stage.today + 40 * days,
        )  # fmt: skip
    for offered in _offers(seller, "PD-20", "PD-21"):
        tiers = [(least, cents(price * Decimal("1.035"))) for least, price in offered.tiers(stage.now)]
        stage.do(
            who, catalog.plan_prices, request_id=stage.new_id(), offer_id=offered.offer_id, tiers=tiers,
            starts_at=stage.today.replace(hour=0) + 36 * days,
        )  # fmt: skip


def _plates_together(stage: Stage, seller: Trader) -> None:
    """From now on plates are ordered by two cases at least, in any glazes; baskets of before say what they lack."""
    with stage.present(), begin(seller.owner) as work:
        product = catalog.offer_sheet(work, offer_id=_ids(_offers(seller))[0]).product_id
    stage.do(seller.owner, pricing.set_product_minimum, product_id=product, minimum_quantity=48)


def _linen(stage: Stage, seller: Trader, customers: dict[str, UUID]) -> None:
    stage.do(
        seller.owner, pricing.make_rule, request_id=stage.new_id(), step=Step.PROMOTION, kind=RuleKind.PERCENT,
        title="End of the season: cushions", scope=Scope.OFFERS, offer_ids=_ids(_offers(seller, "WA-K45")),
        percent=Decimal(12), ends_at=stage.today + timedelta(days=10),
    )  # fmt: skip
    ended = stage.do(
        seller.owner, pricing.make_rule, request_id=stage.new_id(), step=Step.PROMOTION, kind=RuleKind.PERCENT,
        title="Trade fair in Leipzig", percent=Decimal(2),
    )  # fmt: skip
    stage.do(seller.owner, pricing.end_rule, rule_id=ended)


def _resale(stage: Stage, seller: Trader, customers: dict[str, UUID]) -> None:
    who = seller.owner
    policy = stage.do(
        who, catalog.write_policy, request_id=stage.new_id(), name="Usual terms", version=0, return_days=14,
        restocking_share=Decimal(0), warranty_months=24,
    )  # fmt: skip
    stage.do(who, catalog.assign_policy, policy_id=policy, offer_ids=_ids(_offers(seller)))
    if customers:
        group = stage.do(
            who, pricing.open_group, request_id=stage.new_id(), name="Hotels in the valley",
            customer_ids=list(customers.values())[:6],
        )  # fmt: skip
        stage.do(
            who, pricing.make_rule, request_id=stage.new_id(), step=Step.CUSTOMER, kind=RuleKind.PERCENT,
            title="Framework agreement", group_id=group, percent=Decimal("2.5"),
        )  # fmt: skip
        shown = [AudienceRow(kind=Shown.GROUP, subject_id=group)]
        stage.do(who, discovery.set_audience, offer_ids=_ids(_offers(seller))[-2:], shown_to=shown)
    stage.do(
        who, pricing.make_rule, request_id=stage.new_id(), step=Step.PROMOTION, kind=RuleKind.PERCENT,
        title="Before the winter season", scope=Scope.OFFERS, offer_ids=_ids(_offers(seller))[:6],
        percent=Decimal(5), ends_at=stage.today + timedelta(days=17), budget_amount=Decimal(800), currency="EUR",
    )  # fmt: skip


def _oil(stage: Stage, seller: Trader, customers: dict[str, UUID]) -> None:
    stage.do(
        seller.owner, pricing.make_rule, request_id=stage.new_id(), step=Step.PROMOTION, kind=RuleKind.PERCENT,
        title="New harvest", scope=Scope.OFFERS, offer_ids=_ids(_offers(seller, "OM-E")), percent=Decimal(5),
        ends_at=stage.today + timedelta(days=30), budget_units=2000,
    )  # fmt: skip


# --- stories ---------------------------------------------------------------------------------------


def _used_up(stage: Stage, trade: Trade, by_slug: Mapping[str, Trader]) -> Story:
    """A promotion whose budget one large order takes whole."""
    seller = by_slug["lindqvist"]
    bowls = _offers(seller, "LG-2010")
    units = sum(offered.minimum * 3 for offered in bowls)
    stage.do(
        seller.owner, pricing.make_rule, request_id=stage.new_id(), step=Step.PROMOTION, kind=RuleKind.PERCENT,
        title="Dessert bowls, while they last", scope=Scope.OFFERS, offer_ids=_ids(bowls), percent=Decimal(10),
        ends_at=stage.today + timedelta(days=14), budget_units=units,
    )  # fmt: skip
    yield stage.in_hours(1, 3)
    stage.tell(trade.buy(by_slug[_USED_UP_BY], [(offered, offered.minimum * 3) for offered in bowls]))


def _below_the_floor(stage: Stage, seller: Trader) -> None:
    """The sales representative asks for prices that only the owner may give: one is given, one waits."""
    with stage.present(), begin(seller.actors["sales"]) as work:
        customers = pricing.my_customers(work)[:2]
    offers = _offers(seller, "LG-1010", "LG-1020")
    for customer, offered, reason in zip(
        customers, offers,
        ("They open a second restaurant and take 600 at once.", "A competitor offers the same glass for less."),
        strict=False,
    ):  # fmt: skip
        asked = stage.do(
            seller.actors["sales"], pricing.ask_price, request_id=stage.new_id(), offer_id=offered.offer_id,
            customer_id=customer.customer_id, unit_price=cents(offered.price * Decimal("0.75")),
            ends_at=stage.today + timedelta(days=60), reason=reason, minimum_quantity=offered.minimum * 4,
        )  # fmt: skip
        if customer is customers[0]:
            stage.do(seller.owner, pricing.decide_price_request, price_request_id=asked, approve=True,
                     answer="For this order only.")  # fmt: skip


def _winter_list(stage: Stage, seller: Trader) -> None:
    """A price list as a file: some prices change, two articles are new, two lines cannot be taken."""
    rows = ["Article;Name;Category;Price from 12;Price from 48;Price from 144;Minimum;Case;Lead time (days);VAT %"]
    for offered in _offers(seller, "LG-2001", "LG-3012"):
        item, prices = offered.item, [cents(price * Decimal("1.02")) for _, price in offered.tiers(stage.now)]
        rows.append(
            f"{offered.sku};{item.name};{item.category};{prices[0]};{prices[1]};{prices[2]};12;{item.pack};"
            f"{offered.lead_days};25"
        )
    rows += [
        "LG-1060;Schnapps glass Mälaren 4 cl;Tableware;2.60;2.40;2.20;12;12;4;25",
        "LG-3020;Lantern Åsnen 22 cm;Home decoration;14.90;13.90;12.80;12;6;6;25",
        "LG-3021;Lantern Åsnen 30 cm;Home decoration;;;;12;6;6;25",
        "LG-3022;Tealight tray Åsnen;Home decoration;nineteen;;;12;6;6;25",
    ]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "winter.csv"
        path.write_text("\n".join(rows) + "\n", "utf-8")
        upload = stage.do(seller.owner, catalog.check_upload, path=path, name="Winter price list.csv", currency="EUR")
    stage.do(seller.owner, catalog.start_upload, upload_id=upload, mode=UploadMode.GOOD)
    stage.do(seller.owner, catalog.carry_on_upload, upload_id=upload)
