"""Variants: a product in every size and colour, each with its own SKU and number of the trade, edited together.

The number of statements does not depend on how many variants there are.
"""

import itertools
import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text

from domain import verification
from domain.catalog.commands import (
    Pack,
    SkuTaken,
    add_packs,
    checked_packs,
    checked_tax_rate,
    lead_time,
    production_time,
    publish_offers,
)
from domain.catalog.events import OfferCreated, OfferMoved, VariantsChanged, VariantsCreated, VariantsRemoved
from domain.catalog.history import make_way
from domain.catalog.models import Offer, PriceTier, Product, Variant
from domain.catalog.prices import Ladder, StaleVersion, checked_tiers, set_prices
from domain.catalog.products import checked_option_names, named, own_product
from domain.catalog.queries import product_sheet
from domain.catalog.states import GRADES, OfferState
from domain.catalog.units import measured, unit_of
from domain.catalog.views import MatchRow, VariantRow
from domain.identity import Permission
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.money import currency_code
from domain.kernel.quantities import base_units
from domain.kernel.work import Work

MOST_VARIANTS, MOST_VALUES = 500, 60


def create_variants(
    work: Work,
    *,
    request_id: UUID,
    product_id: UUID,
    options: Mapping[str, Sequence[str]],
    sku: str,
    tiers: Ladder,
    currency: str,
    minimum_quantity: int = 1,
    order_increment: int = 1,
    lead_time_days: int = 0,
    production_days: int = 0,
    tax_rate: Decimal = Decimal(0),
    packs: Sequence[Pack] = (),
) -> list[UUID]:
    """Make every combination of the options a variant with a draft offer of its own: 3 sizes in 4 colours are 12.

    `options` are the values by option, in order; combinations that exist and are offered are left as they are, so that
    a colour can be added later. SKUs are the given one with the values behind it. Returns the new offers. Raises
    `Invalid`, which names the field, `SkuTaken`, `NotFound`. Announces VariantsCreated and an `OfferCreated` each.
    """
    work.actor.require(Permission.MANAGE_OFFERS)
    work.actor.require(Permission.MANAGE_PRICES)
    product = own_product(work, product_id)
    wanted = _combinations(options, product)
    sku = named(sku, "SKU", 60)
    ladder = checked_tiers(tiers, base_units(minimum_quantity, what="minimum quantity"))
    facts: dict[str, Any] = {
        "seller_id": product.created_by_org_id, "state": OfferState.DRAFT.value, "currency": currency_code(currency),
        "minimum_quantity": minimum_quantity, "order_increment": base_units(order_increment, what="order increment"),
        "lead_time_days": lead_time(lead_time_days), "production_days": production_time(production_days),
        "tax_rate": checked_tax_rate(tax_rate), "created_at": work.now,
    }  # fmt: skip
    variants, made = _variants_for(work, product, wanted)
    skus = _skus(sku, [variants[_key(one)].options for one in wanted], list(product.option_names))
    offered = set(
        work.session.scalars(
            select(Offer.variant_id).where(
                Offer.variant_id.in_([variant.id for variant in variants.values()]),
                Offer.seller_id == product.created_by_org_id, Offer.state != OfferState.DISCONTINUED.value,
            )
        )
    )  # fmt: skip
    rows = [
        {"id": new_id(), "variant_id": variants[_key(one)].id, "sku": code, **facts}
        for one, code in zip(wanted, skus, strict=True)
        if variants[_key(one)].id not in offered
    ]
    if rows:
        _require_free(work, product.created_by_org_id, [row["sku"] for row in rows])
        work.session.execute(insert(Offer), rows)
        work.session.execute(
            insert(PriceTier),
            [
                {"id": new_id(), "offer_id": row["id"], "seller_id": row["seller_id"], "minimum_quantity": quantity,
                 "unit_price": price, "valid_from": work.now}
                for row in rows
                for quantity, price in ladder
            ],
        )  # fmt: skip
        add_packs(work, {row["id"]: row["seller_id"] for row in rows}, checked_packs(packs))
    work.record(VariantsCreated(subject_id=product_id, seller_id=facts["seller_id"], variants=made, offers=len(rows)))
    for row in rows:
        work.record(OfferCreated(subject_id=row["id"], seller_id=row["seller_id"], variant_id=row["variant_id"],
                                 sku=row["sku"]))  # fmt: skip
    return [row["id"] for row in rows]


def create_grade(
    work: Work, *, request_id: UUID, offer_id: UUID, grade: str, sku: str, tiers: Ladder
) -> UUID:
    """Sell the same goods in another grade: a variant and a draft offer of their own, with their own price and stock.

    Order rules are those of the offer it comes from. Raises `NotFound`, `Conflict` when the grade is sold already,
    `SkuTaken`, `Invalid`. Announces `OfferCreated`.
    """
    work.actor.require(Permission.MANAGE_OFFERS)
    work.actor.require(Permission.MANAGE_PRICES)
    if grade not in GRADES:
        raise Invalid(f"The grade is one of {', '.join(GRADES)}.")
    row = work.session.execute(
        select(Offer, Variant)
        .join(Variant, Variant.id == Offer.variant_id)
        .where(Offer.id == offer_id, Offer.seller_id == work.actor.require_org())
        .with_for_update(of=Offer)
    ).one_or_none()
    if row is None:
        raise NotFound
    first, variant = row
    own_product(work, variant.product_id)
    options = variant.options | {"Grade": grade}
    if first.grade == grade or work.session.scalar(
        select(Variant.id).where(Variant.product_id == variant.product_id, Variant.options == options,
                                 Variant.removed_at.is_(None))
    ):  # fmt: skip
        raise Conflict(f"Grade {grade} of this is sold already.")
    sku = named(sku, "SKU", 80)
    _require_free(work, first.seller_id, [sku])
    plain_name = re.sub(r", grade [A-C]$", "", variant.name)
    name = f"Grade {grade}" if plain_name == "Standard" else f"{plain_name}, grade {grade}"
    second = Variant(id=new_id(), product_id=variant.product_id, name=named(name, "name of the variant", 120),
                     options=options)  # fmt: skip
    work.session.add(second)
    work.session.flush()
    offer = Offer(
        id=new_id(), seller_id=first.seller_id, variant_id=second.id, sku=sku, state=OfferState.DRAFT.value,
        currency=first.currency, minimum_quantity=first.minimum_quantity, order_increment=first.order_increment,
        lead_time_days=first.lead_time_days, production_days=first.production_days, tax_rate=first.tax_rate,
        policy_id=first.policy_id, shelf_life_days=first.shelf_life_days,
        minimum_life_share=first.minimum_life_share, grade=grade, created_at=work.now,
    )  # fmt: skip
    work.session.add(offer)
    work.session.flush()
    work.session.execute(
        insert(PriceTier),
        [{"id": new_id(), "offer_id": offer.id, "seller_id": offer.seller_id, "minimum_quantity": quantity,
          "unit_price": price, "valid_from": work.now}
         for quantity, price in checked_tiers(tiers, offer.minimum_quantity)],
    )  # fmt: skip
    work.record(OfferCreated(subject_id=offer.id, seller_id=offer.seller_id, variant_id=second.id, sku=sku))
    return offer.id


def remove_variants(work: Work, *, product_id: UUID, variant_ids: Sequence[UUID]) -> None:
    """Take variants of one's own product off the list for good, with one's own offers of them; open orders go on.

    Raises `NotFound`, `Invalid` when none would be left. Announces VariantsRemoved and `OfferMoved` each.
    """
    work.actor.require(Permission.MANAGE_OFFERS)
    product = own_product(work, product_id)
    held = {
        variant.id: variant
        for variant in work.session.scalars(
            select(Variant).where(Variant.product_id == product_id, Variant.removed_at.is_(None))
        )
    }
    gone = set(variant_ids)
    if not gone or not gone <= held.keys():
        raise NotFound
    if gone == held.keys():
        raise Invalid("A product keeps at least one variant. Discontinue its offer instead.")
    offers = work.session.scalars(
        select(Offer)
        .where(Offer.variant_id.in_(gone), Offer.seller_id == product.created_by_org_id,
               Offer.state != OfferState.DISCONTINUED.value)
        .order_by(Offer.id)
        .with_for_update()
    ).all()  # fmt: skip
    for variant_id in gone:
        held[variant_id].removed_at = work.now
    for offer in offers:
        was = offer.state
        offer.move_to(OfferState.DISCONTINUED)
        offer.version += 1
        work.record(OfferMoved(subject_id=offer.id, seller_id=offer.seller_id, from_state=was, to_state=offer.state))
    work.session.flush()
    work.record(VariantsRemoved(subject_id=product_id, seller_id=product.created_by_org_id, variants=len(gone),
                                offers=len(offers)))  # fmt: skip


def change_variants(work: Work, *, product_id: UUID, changes: Sequence[Mapping[str, Any]]) -> int:
    """Change several of one's own offers of a product at once, all or none; returns how many were changed.

    A change names `offer_id` and the `version` that was read, and what becomes of it: sku, gtin, minimum_quantity,
    order_increment, lead_time_days, production_days, price (of the first tier), state (published, paused,
    discontinued). Raises `StaleVersion`, `Invalid` and `SkuTaken`, which name the SKU, and what `publish_offer`
    does. Announces VariantsChanged, PricesChanged, `OfferMoved`.
    """
    work.actor.require(Permission.MANAGE_OFFERS)
    seller_id, wanted = work.actor.require_org(), {change["offer_id"]: change for change in changes}
    if any("price" in change for change in changes):
        work.actor.require(Permission.MANAGE_PRICES)
    rows = work.session.execute(
        select(Offer, Variant, Product.created_by_org_id)
        .join(Variant, Variant.id == Offer.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .where(Offer.id.in_(list(wanted)), Offer.seller_id == seller_id, Variant.product_id == product_id)
        .order_by(Offer.id)
        .with_for_update(of=Offer)
    ).all()
    if len(rows) < len(wanted):
        raise NotFound
    before: dict[str, dict[str, str | None]] = {}
    after: dict[str, dict[str, str | None]] = {}
    touched = set[UUID]()
    for offer, variant, described_by in rows:
        change, sku = wanted[offer.id], offer.sku
        if change["version"] != offer.version:
            raise StaleVersion(f"Somebody else has just changed {sku}. Please look at it again.")
        fields = _fields(change, sku)
        if "gtin" in fields and fields["gtin"] != variant.gtin and described_by != seller_id:
            raise Invalid(f"{sku}: the number is set by who described the product.")
        for field, value in fields.items():
            holder = variant if field == "gtin" else offer
            if getattr(holder, field) != value:
                before.setdefault(sku, {})[field] = _said(getattr(holder, field))
                after.setdefault(sku, {})[field] = _said(value)
                setattr(holder, field, value)
                touched.add(offer.id)
        offer.version += offer.id in touched
    _require_skus_free(work, seller_id, [offer for offer, *_ in rows], after)
    work.session.flush()
    _require_own_numbers(work, product_id)
    if after:
        work.record(VariantsChanged(subject_id=product_id, seller_id=seller_id, before=before, after=after))
    prices = {offer_id: change["price"] for offer_id, change in wanted.items() if "price" in change}
    touched |= _set_prices(work, prices)
    touched |= _set_states(work, {one: OfferState(c["state"]) for one, c in wanted.items() if c.get("state")})
    return len(touched)


def my_variants(work: Work, *, product_id: UUID) -> list[VariantRow]:
    """The variants of a product with one's own offers of them, in the order of their options."""
    work.actor.require(Permission.SEE_OFFERS)
    names = product_sheet(work, product_id=product_id).option_names
    rows = work.session.execute(_VARIANTS, {"org_id": work.actor.require_org(), "product_id": product_id})
    hidden: dict[str, object] = {} if work.actor.may(Permission.SEE_PRICES) else {"from_price": None}
    if not work.actor.may(Permission.SEE_STOCK):
        hidden |= {"on_hand": 0}
    found = [VariantRow.model_validate(row._asdict() | hidden) for row in rows]
    place = {name: _in_order([str(row.options.get(name, "")) for row in found]) for name in names}
    return sorted(found, key=lambda row: [place[name][str(row.options.get(name, ""))] for name in names])


def match_candidates(work: Work, *, offer_ids: Sequence[UUID]) -> list[MatchRow]:
    """Offers of others that bear the same number of the trade as these, so that prices can be compared.

    The numbers match whether they were written with 8, 12, 13 or 14 digits. For who looks for products.
    """
    work.actor.require(Permission.SEARCH_PRODUCTS)
    rows = work.session.execute(_MATCHES, {"offers": list(offer_ids)})
    return [MatchRow.model_validate(row._asdict()) for row in rows]


_VARIANTS = text("""
    select v.id as variant_id, v.name, v.options, v.gtin, v.removed_at is not null as is_removed, o.id as offer_id,
           o.sku, o.state, o.version, o.currency, o.minimum_quantity, o.order_increment, o.lead_time_days,
           o.production_days, o.grade, t.unit_price as from_price, coalesce(b.on_hand, 0) as on_hand
    from product_variants v
    left join offers o on o.variant_id = v.id and o.seller_id = :org_id
         and (o.state <> 'discontinued' or v.removed_at is null)
    left join lateral (select unit_price from price_tiers t where t.offer_id = o.id and t.valid_to is null
                       order by t.minimum_quantity limit 1) t on true
    left join lateral (select sum(on_hand)::bigint as on_hand from stock_balances b
                       where b.org_id = :org_id and b.variant_id = v.id) b on true
    where v.product_id = :product_id and v.removed_at is null
    order by v.id, o.state = 'discontinued', o.created_at
""")

# A number of the trade is the same with zeros in front of it.
_MATCHES = text("""
    with asked as (
        select o.id, o.seller_id, v.gtin, ltrim(v.gtin, '0') as bare
        from offers o join product_variants v on v.id = o.variant_id
        where o.id = any (:offers) and v.gtin is not null
    )
    select f.id as offer_id, a.id as matches_offer_id, f.seller_id, s.name as seller_name, p.id as product_id,
           p.name as product_name, v.gtin
    from asked a
    join product_variants v on v.gtin in (
        select lpad(a.bare, n, '0') from unnest(array[8, 12, 13, 14]) as n where n >= length(a.bare))
    join offers f on f.variant_id = v.id and f.seller_id <> a.seller_id and f.state = 'published'
    join organizations s on s.id = f.seller_id
    join products p on p.id = v.product_id
    order by a.id, s.name, f.id
    limit 500
""")


# --- inside ------------------------------------------------------------------------------------


_SIZES = ("XXS", "XS", "S", "M", "L", "XL", "XXL", "XXXL", "3XL", "4XL", "5XL")


def _in_order(values: Sequence[str]) -> dict[str, int]:
    """The place of each value: measures by their size, sizes as people count them, others as they were written down."""
    kept = list(dict.fromkeys(values))
    measures = [measured(value) for value in kept]
    units = [unit_of(found[1]) if found and found[1] else None for found in measures]
    if all(value.upper() in _SIZES for value in kept):
        kept.sort(key=lambda value: _SIZES.index(value.upper()))
    elif all(measures) and len({unit.dimension if unit else "" for unit in units}) == 1:
        size = {
            value: found[0] * (Decimal(unit.size.numerator) / unit.size.denominator if unit else 1)
            for value, found, unit in zip(kept, measures, units, strict=True)
            if found
        }
        kept.sort(key=lambda value: size[value])
    return {value: number for number, value in enumerate(kept)}


def _combinations(options: Mapping[str, Sequence[str]], product: Product) -> list[dict[str, str]]:
    names = checked_option_names(list(options))
    if not names:
        raise Invalid("Say by what the variants differ, such as size or colour.")
    if not product.option_names:
        product.option_names = names
    elif list(product.option_names) != names:
        raise Invalid(f"This product's variants differ by {', '.join(product.option_names)}.")
    values = []
    for name, given in zip(names, options.values(), strict=True):
        kept = list(dict.fromkeys(named(value, name, 40) for value in given))
        if not 1 <= len(kept) <= MOST_VALUES:
            raise Invalid(f"{name}: between 1 and {MOST_VALUES} values.")
        if len({value.casefold() for value in kept}) < len(kept):
            raise Invalid(f"{name}: two values differ only in capital letters.")
        values.append(kept)
    made = [dict(zip(names, one, strict=True)) for one in itertools.product(*values)]
    if len(made) > MOST_VARIANTS:
        raise Invalid(f"That would be {len(made)} variants; a product has {MOST_VARIANTS} at most.")
    return made


def _key(options: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, str(value)) for name, value in options.items()))


def _variants_for(
    work: Work, product: Product, wanted: Sequence[dict[str, str]]
) -> tuple[dict[tuple[tuple[str, str], ...], Variant], int]:
    """The variants of these options by them, made where they are missing; and how many were."""
    known = {
        _key(one.options): one
        for one in work.session.scalars(select(Variant).where(Variant.product_id == product.id).order_by(Variant.id))
    }
    if len([one for one in known.values() if one.removed_at is None]) + len(wanted) > 2 * MOST_VARIANTS:
        raise Invalid(f"A product has {MOST_VARIANTS} variants at most.")
    made = 0
    for options in wanted:
        found = known.get(_key(options))
        if found is None:
            name = named(", ".join(options.values()), "name of the variant", 120)
            found = known[_key(options)] = Variant(id=new_id(), product_id=product.id, options=options, name=name)
            work.session.add(found)
            made += 1
        elif found.removed_at is not None:
            found.removed_at, made = None, made + 1
    work.session.flush()
    return known, made


def _code(value: str) -> str:
    """A value as the end of an SKU: "Dark blue" is DARKBL."""
    plain = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Z0-9]", "", plain.upper())[:6]


def _skus(sku: str, options: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    """One SKU a variant, all different: two values with the same beginning are told apart by a number."""
    codes: dict[str, dict[str, str]] = {name: {} for name in names}
    for one in options:
        for name in names:
            value, known = str(one[name]), codes[name]
            if value not in known:
                code = _code(value) or str(len(known) + 1)
                while code in known.values():
                    code = f"{code[:4]}{len(known) + 1}"
                known[value] = code
    return ["-".join([sku, *(codes[name][str(one[name])] for name in names)]) for one in options]


def _require_free(work: Work, seller_id: UUID, skus: Sequence[str]) -> None:
    make_way(work, seller_id=seller_id, skus=skus)
    taken = work.session.scalars(
        select(Offer.sku).where(Offer.seller_id == seller_id, Offer.sku.in_(list(skus))).order_by(Offer.sku)
    ).first()
    if taken is not None:
        raise SkuTaken(f"You already sell something under the SKU {taken}.")


def _require_skus_free(
    work: Work, seller_id: UUID, offers: Sequence[Offer], after: Mapping[str, Mapping[str, str | None]]
) -> None:
    new = [str(change["sku"]) for change in after.values() if change.get("sku")]
    if not new:
        return
    if len(set(new)) < len(new):
        raise SkuTaken("Two variants would have the same SKU.")
    with work.session.no_autoflush:
        make_way(work, seller_id=seller_id, skus=new)
        others = select(Offer.sku).where(
            Offer.seller_id == seller_id, Offer.sku.in_(new), Offer.id.not_in([one.id for one in offers])
        )
        taken = work.session.scalars(others).first()
    if taken is not None or len({one.sku for one in offers}) < len(offers):
        raise SkuTaken(f"You already sell something under the SKU {taken or new[0]}.")


def _fields(change: Mapping[str, Any], sku: str) -> dict[str, Any]:
    try:
        fields: dict[str, Any] = {}
        if "sku" in change:
            fields["sku"] = named(str(change["sku"] or ""), "SKU", 80)
        if "gtin" in change:
            fields["gtin"] = checked_gtin(change["gtin"])
        for field, what in (("minimum_quantity", "minimum quantity"), ("order_increment", "order increment")):
            if field in change:
                fields[field] = base_units(change[field], what=what)
        if "lead_time_days" in change:
            fields["lead_time_days"] = lead_time(change["lead_time_days"])
        if "production_days" in change:
            fields["production_days"] = production_time(change["production_days"])
    except Invalid as refusal:
        raise Invalid(f"{sku}: {refusal.sentence}") from None
    unknown = set(change) - set(fields) - {"offer_id", "version", "price", "state"}
    if unknown:
        raise Invalid(f"A variant has no field {sorted(unknown)[0]}.")
    return fields


def checked_gtin(number: str | None) -> str | None:
    """A number of the trade (GTIN, EAN, UPC) by its check digit, without ornaments; None for none. Raises `Invalid`."""
    if number is None or not str(number).strip():
        return None
    verdict = verification.check_number("ean", None, str(number))
    if not verdict.valid or verdict.normalised is None:
        raise Invalid(f"{str(number).strip()[:40]} is not a GTIN. {verdict.sentence}")
    return verdict.normalised


def _require_own_numbers(work: Work, product_id: UUID) -> None:
    """Two variants of one product do not bear one number, unless they are grades of the same."""
    doubled = work.session.execute(
        text(
            "select v.gtin from product_variants v where v.product_id = :product and v.gtin is not null"
            " and v.removed_at is null and not v.options ? 'Grade' group by v.gtin having count(*) > 1 limit 1"
        ),
        {"product": product_id},
    ).scalar()
    if doubled is not None:
        raise Invalid(f"Two variants would have the number {doubled}.")


def _said(value: Any) -> str | None:
    return None if value is None else str(value)


def _set_prices(work: Work, first: Mapping[UUID, Decimal]) -> set[UUID]:
    """New prices of the first tier; the tiers above it stay."""
    if not first:
        return set()
    rows = work.session.execute(
        select(PriceTier.offer_id, PriceTier.minimum_quantity, PriceTier.unit_price)
        .where(PriceTier.offer_id.in_(list(first)), PriceTier.valid_to.is_(None))
        .order_by(PriceTier.offer_id, PriceTier.minimum_quantity)
    ).all()
    ladders: dict[UUID, list[tuple[int, Decimal]]] = {}
    for offer_id, quantity, price in rows:
        ladder = ladders.setdefault(offer_id, [])
        ladder.append((quantity, price if ladder else first[offer_id]))
    changed = {
        offer_id for offer_id, _, price in rows
        if price != first[offer_id] and ladders[offer_id][0][1] == first[offer_id]
    }  # fmt: skip
    set_prices(work, ladders={offer_id: ladder for offer_id, ladder in ladders.items() if offer_id in changed})
    return changed


def _set_states(work: Work, states: Mapping[UUID, OfferState]) -> set[UUID]:
    offers = work.session.scalars(
        select(Offer).where(Offer.id.in_(list(states))).order_by(Offer.id)
    ).all() if states else []  # fmt: skip
    moving = [offer for offer in offers if offer.state != states[offer.id]]
    to_publish = [offer.id for offer in moving if states[offer.id] is OfferState.PUBLISHED]
    if to_publish:
        publish_offers(work, offer_ids=to_publish)
    for offer in moving:
        if offer.id in to_publish:
            continue
        if states[offer.id] not in (OfferState.PAUSED, OfferState.DISCONTINUED):
            raise Invalid(f"{offer.sku}: an offer is published, paused or discontinued.")
        was = offer.state
        offer.move_to(states[offer.id])
        offer.version += 1
        work.record(OfferMoved(subject_id=offer.id, seller_id=offer.seller_id, from_state=was, to_state=offer.state))
    work.session.flush()
    return {offer.id for offer in moving}
