"""The matrix of permissions: it says what the specification says, and the commands do what it says.

Every cell whose commands exist is driven at the domain's face by a person of that variant, in the organisation
whose things they are: one market for all, and each cell's doings are rolled back. What a cell allows must succeed; what it does
not allow must be refused, with nothing written at all.
"""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from app.cli import add_groups
from app.cli import app as cli
from domain import catalog, orders, payments, stock
from domain.identity import GRANTS, VARIANTS, OrgKind, Permission, Variant
from domain.identity.cells import Grant, How
from domain.identity.matrix import FOR_EVERYBODY, FOR_THE_SYSTEM, ROWS, Side, grant_of, pending
from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.errors import DomainError, NotAllowed, NotFound
from domain.kernel.work import begin, run
from domain.logistics import Carrier
from domain.payments import Method
from tests.app.signed_in import session_of
from tests.domain.test_strangers import (
    ENTRIES,
    World,
    describe_things,
    faces,
    fill_uploads,
    make_world,
    price_things,
    wish,
)
from tests.make.market import Company, buy, company, offer, orders_of, sheet, top_up
from tests.make.stocked import stock_things

# --- the specification -------------------------------------------------------------------------


@pytest.fixture(scope="session")
def specification(shared_data: Path) -> dict[str, dict[str, list[str]]]:
    """The four tables as they are written: by side, by row, the words of each cell."""
    written: dict[str, dict[str, list[str]]] = {}
    side = ""
    for line in (shared_data.parent / "spec" / "permissions.md").read_text().splitlines():
        if line.startswith("**"):
            side = line.strip("*").partition("**")[0]
        elif line.startswith("|") and not set(line) <= set("|- "):
            name, *cells = [part.strip() for part in line.strip("|").split("|")]
            if name != "Permission":
                written.setdefault(side, {})[name] = cells
    return written


def test_every_cell_says_what_the_specification_says(specification: dict[str, dict[str, list[str]]]) -> None:
    ours = {
        side.value: {row.name: [str(cell) for cell in row.cells] for row in ROWS if row.side is side and not row.beside}
        for side in Side
    }
    assert {side: list(rows) for side, rows in ours.items()} == {s: list(rows) for s, rows in specification.items()}
    different = [
        f"{side}, {name}: {cells} is written {specification[side][name]}"
        for side, rows in ours.items()
        for name, cells in rows.items()
        if cells != specification[side][name]
    ]
    assert different == []
    assert sum(len(cells) for rows in specification.values() for cells in rows.values()) == 289


def test_every_row_has_a_cell_for_every_variant() -> None:
    assert [row.name for row in ROWS if len(row.cells) != len(row.variants)] == []
    assert len({(row.side, row.name) for row in ROWS}) == len(ROWS)


def test_every_command_belongs_to_a_row_or_says_why_not() -> None:
    commands = {name for name, entry in ENTRIES.items() if entry.writes and name in faces()}
    governed = {name for row in ROWS for name in (*row.commands, *row.questions)}
    known = governed | FOR_EVERYBODY | FOR_THE_SYSTEM
    assert sorted(commands - known) == [], "A new command has no cell: name it in a row of domain/identity/matrix.py."
    listed = known | {name for row in ROWS for name in row.questions}
    assert sorted(listed - set(faces())) == []
    assert sorted(governed & (FOR_EVERYBODY | FOR_THE_SYSTEM)) == []


def test_pending_cells_give_nothing_and_the_others_are_held_as_written() -> None:
    waiting = {(row.side, row.name, variant) for row, variant, _ in pending()}
    for row in ROWS:
        for variant in row.variants:
            if not row.cell(variant).allows:
                assert not row.rights_of(variant), (row.name, variant)
            elif (row.side, row.name, variant) not in waiting:
                assert set(row.rights_of(variant)) <= GRANTS[variant] and row.rights_of(variant), (row.name, variant)
    assert grant_of(Variant.PURCHASING_AGENT, Permission.PLACE_ORDERS) == Grant(How.LIMITED)
    assert grant_of(Variant.BUSINESS_OWNER, Permission.PLACE_ORDERS) == Grant(How.FULL)
    assert grant_of(Variant.SALES_MANAGER, Permission.PLACE_ORDERS) is None


def test_separated_duties_are_held_by_different_roles() -> None:
    """Who pays out does not verify, who configures moves no money, nobody on the platform holds everything."""

    def holders(permission: Permission) -> set[Variant]:
        return {variant for variant, rights in GRANTS.items() if permission in rights}

    assert holders(Permission.PREPARE_PAYOUTS) == {Variant.FINANCE}
    assert holders(Permission.DECIDE_VERIFICATION) == {Variant.COMPLIANCE}
    assert holders(Permission.CONFIGURE) == {Variant.OPERATIONS}
    assert holders(Permission.APPROVE_SUSPENSION).isdisjoint(holders(Permission.SUSPEND_MEMBERS))
    assert not GRANTS[Variant.OPERATIONS] & {
        Permission.PREPARE_PAYOUTS,
        Permission.MATCH_PAYMENTS,
        Permission.SEE_LEDGER,
    }


# --- the commands ------------------------------------------------------------------------------

# What a buyer does and what a seller does stand in different worlds for a distributor, who is both.
BUYING = {
    "orders.place_order", "orders.cancel_order", "orders.cancel_purchase", "orders.pay_from_wallet",
    "orders.ask_approval", "orders.approve_purchase", "orders.reject_purchase",
    "orders.record_receipt", "orders.accept_goods", "orders.my_basket", "orders.orders_of_buyer",
    "orders.purchase_sheet", "orders.add_to_basket", "orders.remove_from_basket", "orders.set_basket_quantity",
    "orders.put_into_store", "orders.take_store_sales", "orders.sell_from_store",
    "orders.add_many_to_basket", "orders.take_out_gone", "orders.save_basket_as_list", "orders.load_list",
    "orders.change_list",
    "orders.forget_list", "orders.set_list_quantity", "orders.renew_list_prices",
    "orders.confirm_basket_prices", "payments.my_wallet", "payments.escrow_account",
}  # fmt: skip
# A command that its holder may use can still be refused by the state of this market, in these words.
GONE = "We could not find that"
REFUSED_BY_THE_MARKET = {
    "payments.send_payouts": "Whoever prepared a payout batch cannot send it",
    "orders.bring_past": "",  # there is no file
    "reports.request_build": "",
    # A distributor says into which warehouse; the others point at the maker's.
    "orders.put_into_store": "Choose the warehouse", "orders.take_store_sales": GONE, "orders.sell_from_store": GONE,
    "stock.close_production_wish": GONE,
    # A list is of the one who made it, and a basket that was just opened has nothing to save.
    "orders.save_basket_as_list": "nothing to save", "orders.load_list": GONE, "orders.change_list": GONE,
    "orders.forget_list": GONE, "orders.set_list_quantity": GONE, "orders.renew_list_prices": GONE,
    "discovery.forget_search": GONE, "discovery.look_for_new": GONE,  # a search is of its person
    "orders.close_short": "cannot become closed short",  # nothing has been shipped of it
    "orders.leave_feedback": "already left feedback",
    "identity.appeal_suspension": "is not suspended", "identity.restore_organization": "is not suspended",
    "identity.propose_restoration": "is not suspended", "identity.decide_restoration": "no open proposal",
    "identity.decide_appeal": "no open appeal", "identity.enable_person": "is not disabled",
    "identity.close_company_sign_on": "no sign-on of its own", "identity.set_company_sign_on": "domain must be the one",
    "pricing.decide_price_request": "Somebody else decides",
    # Whoever counted, or corrects no large amounts alone, is told who approves it.
    "stock.approve_count": "approve",
    # What is kept for customers is the owner's and the manager's.
    "stock.allocate_stock": "decided by the owner", "stock.end_allocation": "decided by the owner",
    "verification.decide_case": "take the case first", "verification.release_case": "take the case first",
    "verification.confirm_deposits": "", "verification.ask_for_new_deposits": GONE,
    "verification.submit_bank_statement": GONE, "verification.answer_request": GONE, "verification.appeal": GONE,
    # The entries point at what only the shop has, or at what does not exist.
    "identity.decide_lost_factor": GONE, "verification.vouch_for_person": GONE, "identity.decide_setting": GONE,
    "identity.withdraw_setting": GONE,
    "identity.resend_invitation": GONE, "identity.revoke_invitation": GONE, "territories.assign_territory": GONE,
    "territories.end_assignment": GONE, "territories.set_region_areas": GONE,
}  # fmt: skip


def drives() -> list[tuple[str, Variant, bool]]:
    """Every command and question of a row with every variant of its side, and whether the cells allow it."""
    allowed: dict[tuple[str, Variant], bool] = {}
    for row in ROWS:
        for variant in row.variants:
            for name in row.commands:
                allowed[name, variant] = allowed.get((name, variant), False) or row.lets_do(variant)
            for name in row.questions:
                allowed[name, variant] = allowed.get((name, variant), False) or row.lets_read(variant)
    return [(name, variant, value) for (name, variant), value in sorted(allowed.items())]


DRIVES = drives()


@pytest.fixture(scope="module")
def worlds(files_database: str) -> dict[str, Any]:
    """One market: a maker and a shop, and a distributor who buys from the maker and sells to the shop."""
    world = make_world()
    market = world.market
    both = company(OrgKind.DISTRIBUTOR, "Two-sided", *VARIANTS[OrgKind.DISTRIBUTOR])
    offer(both, "Resold thing")
    top_up(both, "5000.00", market.finance)
    run(both.owner, payments.change_bank_account, holder=both.name, iban="DE89370400440532013000")
    return {
        "trade": world, "distributor": both, "buying": between(both, world.maker, world),
        "selling": between(world.shop, both, world),
    }  # fmt: skip


def between(shop: Company, maker: Company, world: World) -> World:
    """What a buyer and a seller have in the states of the trade that the cells' commands begin with."""
    made = World(**vars(world) | {"shop": shop, "maker": maker})
    made.offer, made.variant = maker.offers[0], maker.variants[0]
    with begin(maker.owner) as work:
        made.product = catalog.offer_sheet(work, offer_id=made.offer).product_id
    made.draft = run(maker.owner, catalog.create_offer, request_id=uuid4(), variant_id=made.variant,
                     sku=f"For {shop.name}", tiers=[(1, Decimal("3.21"))], currency="EUR")  # fmt: skip

    def order(*, confirmed: bool = True) -> UUID:
        placed_ = orders_of(shop, buy(shop, {made.offer: 5}))[maker.org_id]
        if confirmed:
            run(maker.owner, orders.confirm_order, order_id=placed_)
        return placed_

    def ship(order_id: UUID) -> UUID:
        lines = {line.line_id: line.confirmed for line in sheet(maker.owner, order_id).lines}
        return run(maker.owner, orders.ship_goods, request_id=uuid4(), order_id=order_id, carrier=Carrier.DHL,
                   tracking="T1", shipped=lines)  # fmt: skip

    made.paid, made.confirmed, made.in_production = order(confirmed=False), order(), order()
    run(maker.owner, orders.start_production, order_id=made.in_production)
    made.shipped, made.delivered, made.done = order(), order(), order()
    made.under_way = ship(made.shipped)
    for received in (made.delivered, made.done):
        run(shop.owner, orders.record_receipt, request_id=uuid4(), order_id=received, shipment_id=ship(received))
    run(shop.owner, orders.accept_goods, request_id=uuid4(), order_id=made.done)
    made.confirmed_line = sheet(maker.owner, made.confirmed).lines[0].line_id
    made.unpaid = buy(shop, {made.offer: 4}, method=Method.BANK_TRANSFER)
    if Variant.REGIONAL_MANAGER in shop.people:
        made.wish, made.wish_total = wish(shop.people[Variant.REGIONAL_MANAGER], shop, made.offer)
    run(shop.owner, orders.add_to_basket, offer_id=made.offer, quantity=6)
    with begin(shop.owner) as work:
        made.basket = orders.my_basket(work).basket_id
    with begin(maker.owner) as work:
        made.lot = stock.my_stock(work)[0][0].lot_id
    if maker is not world.maker:  # that one's things stand in the world already
        stock_things(made, shop, maker)
        price_things(made, shop, maker)
        describe_things(made, maker, world.market.platform.people[Variant.OPERATIONS])
        fill_uploads(made, maker)
    return made


def placed(worlds: dict[str, Any], name: str, variant: Variant) -> tuple[Actor, World]:
    """Who drives the command, and the world in which its things are theirs."""
    world, both = worlds["trade"], worlds["distributor"]
    kind = next(kind for kind, variants in VARIANTS.items() if variant in variants)
    if kind is OrgKind.DISTRIBUTOR:
        return both.people[variant], worlds["buying" if name in BUYING else "selling"]
    who = {OrgKind.RETAILER: world.shop, OrgKind.MANUFACTURER: world.maker, OrgKind.PLATFORM: world.market.platform}[
        kind
    ]
    return who.people[variant], world


def moved(connection: sa.Connection) -> int:
    """How many rows this session has written so far, undone ones too."""
    statement = "select sum(n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_xact_user_tables"
    return int(connection.exec_driver_sql(statement).scalar_one() or 0)


@pytest.mark.parametrize(
    ("name", "variant", "allowed"), [pytest.param(*drive, id=f"{drive[0]}-{drive[1]}") for drive in DRIVES]
)
def test_the_cell(worlds: dict[str, Any], name: str, variant: Variant, allowed: bool) -> None:
    who, world = placed(worlds, name, variant)
    facts = ENTRIES[name].facts(world) | own_facts(worlds, name, variant)
    with db.engine().connect() as connection, db.bound_to(connection):
        outer, refusal = connection.begin(), None
        if name in ("orders.place_order", "orders.ask_approval") and allowed:  # a basket is a person's own
            run(who, orders.set_basket_quantity, offer_id=world.offer, quantity=5)
        if name in ("identity.view_as_colleague", "identity.view_as_member") and allowed:  # it is the session that looks
            who = replace(who, sign_in_session_id=session_of(email_of(who)))
        if name == "catalog.start_upload" and allowed:  # a file comes in when the one before it is done
            run(world.maker.owner, catalog.carry_on_upload, upload_id=world.upload_under_way)
        before = moved(connection)
        try:
            act(who, name, facts)
        except DomainError as said:
            refusal = said
        written = moved(connection) - before
        outer.rollback()
    if allowed:
        words = REFUSED_BY_THE_MARKET.get(name)
        assert refusal is None or (words is not None and words in str(refusal)), refusal
    else:
        assert isinstance(refusal, NotAllowed | NotFound), f"was not refused: {refusal!r}"
        assert written == 0


def email_of(who: Actor) -> str:
    with begin(Actor.system()) as work:
        statement = sa.text("select email from people where id = :id")
        return str(work.session.execute(statement, {"id": who.user_id}).scalar_one())


def act(who: Actor, name: str, facts: dict[str, Any]) -> None:
    callable_ = faces()[name]
    if ENTRIES[name].writes:
        run(who, callable_, **facts)
        return
    with begin(who) as work:
        callable_(work, **facts)


def own_facts(worlds: dict[str, Any], name: str, variant: Variant) -> dict[str, Any]:
    """What the entries point at in the retailer's organisation, in the caller's own."""
    world, both = worlds["trade"], worlds["distributor"]
    kind = next(kind for kind, variants in VARIANTS.items() if variant in variants)
    company_ = {
        OrgKind.RETAILER: world.shop, OrgKind.MANUFACTURER: world.maker, OrgKind.DISTRIBUTOR: both,
        OrgKind.PLATFORM: world.market.platform,
    }[kind]  # fmt: skip
    narrow = {
        OrgKind.MANUFACTURER: Variant.SALES_REPRESENTATIVE, OrgKind.PLATFORM: Variant.SUPPORT,
        OrgKind.DISTRIBUTOR: Variant.REGIONAL_MANAGER, OrgKind.RETAILER: Variant.PURCHASING_AGENT,
    }[kind]  # fmt: skip
    person = {"person_id": company_.people[narrow].user_id}
    if name == "identity.set_member_scopes" and kind is OrgKind.MANUFACTURER:
        return person | {"kind": "customer", "subject_ids": [world.shop.org_id]}
    if name == "identity.change_role":
        return person | {"variant": narrow}
    facts: dict[str, dict[str, Any]] = {
        "identity.set_member_limits": person,
        "identity.remove_member": person | {"handed_to": None},
        "identity.view_as_colleague": person,
        "identity.invite_member": {"variant": narrow},
        "identity.set_delivery_preferences": {"site_id": company_.site_id},
        "orders.ask_approval": {"basket_id": None, "site_id": company_.site_id},
        "orders.place_order": {"basket_id": None, "site_id": company_.site_id, "method": Method.BANK_TRANSFER},
        "stock.count_stock": {"counted": 1200},
        "catalog.write_policy": {"version": 1},  # a seller has written it once already
    }
    if name == "identity.add_site" and kind is not OrgKind.PLATFORM:
        return {"org_id": company_.org_id}
    return facts.get(name, {})


def test_most_of_the_matrix_is_driven() -> None:
    """The figures that `wholesale permissions` shows: what exists is driven, what waits is listed."""
    driven = {row.name for row in ROWS if row.commands or row.questions}
    waiting = {(row.side, row.name) for row, _, _ in pending()}
    assert all(row.name in driven or (row.side, row.name) in waiting or row.exists for row in ROWS)
    assert len(DRIVES) > 200


def test_the_command_line_lists_what_is_pending() -> None:
    add_groups()
    answer = CliRunner().invoke(cli, ["permissions", "--pending", "--format", "json"])
    listed = {(cell["side"], cell["row"], cell["role"]): cell["pending"] for cell in json.loads(answer.stdout)}
    assert listed == {(row.side.value, row.name, variant.value): missing for row, variant, missing in pending()}
    assert ("Supply side", "Contracts: sign", "factory_owner") in listed
