"""Categories that operations look at: what waits, what passes by itself, who decides, and what is overtaken."""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from domain import catalog, identity, reactions
from domain.catalog import ChangeState
from domain.identity import OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import DomainError, Invalid, NotAllowed, NotFound
from domain.kernel.states import IllegalMove
from domain.kernel.work import begin, run
from tests.make.market import company


class World:
    def __init__(self) -> None:
        self.platform = company(OrgKind.PLATFORM, "Platform", Variant.OPERATIONS, Variant.COMPLIANCE)
        self.operations = self.platform.owner
        self.maker = company(OrgKind.MANUFACTURER, "Maker", Variant.FACTORY_OWNER)
        above = run(self.operations, catalog.create_category, name="Toys")
        self.category = run(self.operations, catalog.create_category, name="Dolls", parent_id=above)
        run(self.operations, catalog.change_category, category_id=above, version=1, name="Toys", parent_id=None,
            is_reviewed=True, reason="Small parts")  # fmt: skip
        who = self.maker.owner
        self.product = run(who, catalog.create_product, request_id=uuid4(), name="Doll", category_id=self.category,
                           description="A doll of wood and cloth.")  # fmt: skip
        with begin(who) as work:
            [(self.variant, _)] = catalog.variants_of_product(work, product_id=self.product)
        self.offer = run(who, catalog.create_offer, request_id=uuid4(), variant_id=self.variant, sku="DOLL",
                         tiers=[(1, Decimal(20))], currency="EUR")  # fmt: skip

    def state(self) -> str:
        with begin(self.maker.owner) as work:
            return catalog.offer_sheet(work, offer_id=self.offer).state

    def text(self) -> str:
        with begin(self.maker.owner) as work:
            return catalog.product_sheet(work, product_id=self.product).description

    def waiting(self) -> list[catalog.ChangeRow]:
        with begin(self.operations) as work:
            return catalog.changes(work, state=ChangeState.PENDING)[0]

    def change(self, **fields: Any) -> UUID | None:
        return run(self.maker.owner, catalog.change_product, product_id=self.product, **fields)

    def decide(self, change: UUID, *, yes: bool = True, reason: str = "", who: Actor | None = None) -> None:
        run(who or self.operations, catalog.decide_change, change_id=change, is_approved=yes, reason=reason)

    def on_sale(self) -> None:
        run(self.maker.owner, catalog.publish_offer, offer_id=self.offer)
        self.decide(self.waiting()[0].change_id)


@pytest.fixture
def world(database: Any) -> World:
    return World()


def events() -> int:
    with begin(Actor.system()) as work:
        return int(work.session.execute(sa.text("select count(*) from events")).scalar_one())


def test_the_first_time_on_sale_is_looked_at(world: World) -> None:
    assert run(world.maker.owner, catalog.publish_offer, offer_id=world.offer) == "in_review"
    shop = company(OrgKind.RETAILER, "Shop")
    with begin(shop.owner) as work:
        assert work.session.execute(sa.text("select count(*) from offers")).scalar_one() == 0
    [waiting] = world.waiting()
    assert (waiting.kind, waiting.seller_name, waiting.category) == ("publication", "Maker", "Dolls")
    world.decide(waiting.change_id)
    assert world.state() == "published"
    with begin(shop.owner) as work:
        assert work.session.execute(sa.text("select count(*) from offers")).scalar_one() == 1
    # from then on it is paused and put up again without anybody
    run(world.maker.owner, catalog.pause_offer, offer_id=world.offer)
    assert run(world.maker.owner, catalog.publish_offer, offer_id=world.offer) == "published"
    reactions.deliver_new()
    with begin(Actor.system()) as work:
        kinds = work.session.scalars(sa.text("select kind from notices where org_id = :org"), {"org": world.maker.org_id})
        assert "catalog_change_approved" in kinds.all()


def test_a_no_and_a_withdrawal_bring_it_back_to_draft(world: World) -> None:
    run(world.maker.owner, catalog.publish_offer, offer_id=world.offer)
    [waiting] = world.waiting()
    with pytest.raises(Invalid, match="why"):
        world.decide(waiting.change_id, yes=False)
    assert world.state() == "in_review"
    world.decide(waiting.change_id, yes=False, reason="The picture shows another doll")
    assert world.state() == "draft"
    with pytest.raises(IllegalMove):
        world.decide(waiting.change_id)
    run(world.maker.owner, catalog.publish_offer, offer_id=world.offer)
    run(world.maker.owner, catalog.withdraw_change, change_id=world.waiting()[0].change_id)
    assert (world.state(), world.waiting()) == ("draft", [])


def test_a_change_of_what_is_on_sale_waits_with_before_and_after(world: World) -> None:
    world.on_sale()
    change = world.change(description="A doll that cures a cough, says the doctor.", name="Healing doll")
    assert change is not None
    assert world.text() == "A doll of wood and cloth."
    [waiting] = world.waiting()
    assert (waiting.before["name"], waiting.after["name"]) == ("Doll", "Healing doll")
    with pytest.raises(catalog.ChangeWaits):
        world.change(name="Another doll")
    world.decide(change)
    assert world.text() == "A doll that cures a cough, says the doctor."
    assert world.change(description=world.text()) is None  # nothing changes, so nothing waits


def test_small_corrections_pass_a_few_times(world: World) -> None:
    world.on_sale()
    for text in ("A doll of wood and clothes.", "A doll of wood and wool.", "A doll of wood, wool."):
        assert world.change(description=text) is None
        assert world.text() == text
    assert world.change(description="A doll of oak, wool.") is not None
    assert world.text() == "A doll of wood, wool."
    with begin(world.maker.owner) as work:
        rows, _ = catalog.my_changes(work, product_id=world.product)
    assert [row.state for row in rows].count("approved") == 4  # three corrections and the publication


def test_who_has_ties_or_no_right_does_not_decide(world: World) -> None:
    run(world.maker.owner, catalog.publish_offer, offer_id=world.offer)
    [waiting] = world.waiting()
    before = events()
    for nobody in (world.platform.people[Variant.COMPLIANCE], world.maker.owner):
        with pytest.raises((NotAllowed, NotFound)):
            world.decide(waiting.change_id, who=nobody)
    assert events() == before
    with begin(Actor.system()) as work:
        work.session.execute(sa.text("select 1"))
    run(Actor.system(), join, person_id=world.operations.user_id, org_id=world.maker.org_id)
    with pytest.raises(catalog.OtherEyesNeeded):
        world.decide(waiting.change_id)
    assert world.state() == "in_review"


def join(work: Any, *, person_id: UUID, org_id: UUID) -> None:
    work.session.execute(
        sa.text("insert into memberships (person_id, org_id, variant, created_at)"
                " values (:person, :org, 'sales_representative', :now)"),
        {"person": person_id, "org": org_id, "now": work.now},
    )  # fmt: skip


def test_a_change_that_was_overtaken_is_refused(world: World) -> None:
    world.on_sale()
    change = world.change(name="Healing doll")
    assert change is not None
    run(Actor.system(), rename, product_id=world.product)
    with pytest.raises(catalog.ChangeOvertaken):
        world.decide(change)
    assert [row.state for row in world.waiting()] == ["pending"]
    world.decide(change, yes=False, reason="Overtaken")


def test_nothing_is_changed_while_it_is_looked_at_or_while_it_is_paused(world: World) -> None:
    """What operations have seen is what goes on sale: no text is exchanged before their yes, or in a pause after it."""
    run(world.maker.owner, catalog.publish_offer, offer_id=world.offer)
    with pytest.raises(catalog.ChangeWaits):
        world.change(description="A doll that cures a cough, says the doctor.")
    world.decide(world.waiting()[0].change_id)
    run(world.maker.owner, catalog.pause_offer, offer_id=world.offer)
    assert world.change(description="A doll that cures a cough, says the doctor.") is not None
    assert run(world.maker.owner, catalog.publish_offer, offer_id=world.offer) == "published"
    assert world.text() == "A doll of wood and cloth."
    assert [row.kind for row in world.waiting()] == ["edit"]


def rename(work: Any, *, product_id: UUID) -> None:
    work.session.execute(sa.text("update products set name = 'Puppet' where id = :id"), {"id": product_id})


def test_other_categories_do_not_wait(world: World) -> None:
    free = run(world.operations, catalog.create_category, name="Games")
    world.change(category_id=free)
    assert run(world.maker.owner, catalog.publish_offer, offer_id=world.offer) == "published"
    assert world.change(name="Chess") is None
    # a move into one that is looked at waits; the product stays where it is
    assert world.change(category_id=world.category) is not None
    with begin(world.maker.owner) as work:
        assert catalog.product_sheet(work, product_id=world.product).category == "Games"
    with pytest.raises(DomainError):
        run(world.maker.owner, catalog.change_product, product_id=uuid4(), name="Nothing")
    assert identity.GRANTS[Variant.SUPER_ADMIN].isdisjoint({identity.Permission.MODERATE_CATALOG})
