"""What buyers are told of a seller's stock: the number, a word, or nothing, as the seller chose for them."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import text

from domain.discovery.events import StockDisplayChosen
from domain.discovery.states import Display, DisplayFor
from domain.discovery.views import StockDisplayRow, StockShown
from domain.identity import Permission
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.quantities import base_units
from domain.kernel.work import Work

FEW = 20  # base units, for who has not said


def set_stock_display(
    work: Work, *, kind: DisplayFor, display: Display | None, subject_id: UUID | None = None, few_below: int = FEW
) -> None:
    """Say what buyers are told of one's stock: all of them, a group, or one customer; None: like the others.

    The nearest word counts: for the customer, else for a group of theirs, else for all; without any the number is told.
    Raises `NotFound` for a customer or group that is not one's own. Announces `StockDisplayChosen`.
    """
    work.actor.require(Permission.MANAGE_OFFERS)
    me, kind = work.actor.require_org(), DisplayFor(kind)
    display = None if display is None else Display(display)
    few_below = base_units(few_below)
    if (kind is DisplayFor.ALL) != (subject_id is None):
        raise Invalid("Please say which customer or group is meant.")
    facts = {"me": me, "kind": kind.value, "subject": subject_id}
    if subject_id is not None and work.session.execute(_KNOWN, facts).scalar() is not True:
        raise NotFound
    before = work.session.execute(_TAKE_OUT, facts).scalar()
    if display is not None:
        work.session.execute(
            text(
                "insert into stock_displays (id, seller_id, kind, subject_id, display, few_below)"
                " values (:id, :me, :kind, :subject, :display, :few)"
            ),
            facts | {"id": new_id(), "display": display.value, "few": few_below},
        )
    after = None if display is None else f"{display.value} below {few_below}"
    if before != after:
        work.record(
            StockDisplayChosen(
                subject_id=me, seller_id=me, shown_to=kind.value, whom=subject_id, before=before, after=after
            )
        )


_KNOWN = text(
    "select case :kind when 'group' then exists (select 1 from customer_groups where id = :subject and seller_id = :me)"
    " else exists (select 1 from supplier_orders where buyer_id = :subject and seller_id = :me) end"
)
_TAKE_OUT = text(
    "delete from stock_displays where seller_id = :me and kind = :kind and subject_id is not distinct from"
    " cast(:subject as uuid) returning display || ' below ' || few_below"
)


def my_stock_displays(work: Work) -> list[StockDisplayRow]:
    """What one has chosen for all, for groups and for customers."""
    work.actor.require(Permission.SEE_OFFERS)
    rows = work.session.execute(
        text(
            "select d.kind, d.subject_id, d.display, d.few_below, coalesce(g.name, (select max(o.buyer_name)"
            "   from supplier_orders o where o.buyer_id = d.subject_id and o.seller_id = d.seller_id)) as name"
            " from stock_displays d left join customer_groups g on d.kind = 'group' and g.id = d.subject_id"
            " where d.seller_id = :me order by d.kind, name"
        ),
        {"me": work.actor.require_org()},
    )
    return [StockDisplayRow.model_validate(row._asdict()) for row in rows]


def shown_stock(work: Work, *, available: Mapping[UUID, tuple[UUID, int]]) -> dict[UUID, StockShown]:
    """What the one who asks is told of the stock of offers `{offer_id: (seller_id, units that are free)}`.

    A step of every question that tells buyers of stock, so that a number which a seller does not tell is in no answer.
    """
    may_be_told(work)
    sellers = sorted({seller_id for seller_id, _ in available.values()})
    if not sellers:
        return {}
    rows = work.session.execute(
        text("select seller_id, display, few_below from stock_displays_for_me(:sellers, :day)"),
        {"sellers": sellers, "day": work.now.date()},
    )
    chosen = {row.seller_id: display_of(row.display, row.few_below) for row in rows}
    return {
        offer_id: told(units, *chosen.get(seller_id, (Display.EXACT, FEW)))
        for offer_id, (seller_id, units) in available.items()
    }


def may_be_told(work: Work) -> None:
    """Only organisations and staff are told of stock."""
    if work.actor.org_id is None and not work.actor.is_staff:
        raise NotFound


def display_of(display: str | None, few_below: int | None) -> tuple[Display, int]:
    """A row of `stock_displays_for_me`, or what holds for sellers who have chosen nothing."""
    return (Display.EXACT, FEW) if display is None or few_below is None else (Display(display), few_below)


def told(units: int, display: Display, few_below: int) -> StockShown:
    """Stock in the words of a display."""
    if display is Display.HIDDEN:
        return StockShown(word="not_told", units=None)
    word = "out" if units <= 0 else "few_left" if display is Display.BUCKET and units < few_below else "in_stock"
    return StockShown(word=word, units=max(units, 0) if display is Display.EXACT else None)
