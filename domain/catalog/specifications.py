"""What a product says of itself, held to what its category asks for, and put side by side in one unit."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain.catalog.states import AttributeKind
from domain.catalog.units import convert, measured, plain, unit_of
from domain.catalog.views import AlignedRow, AttributeRow
from domain.identity import Permission
from domain.kernel.errors import Invalid
from domain.kernel.work import Work

MOST = 60
LONGEST_NAME, LONGEST_VALUE = 60, 500
_YES, _NO = frozenset({"yes", "true", "1", "ja", "oui", "sí", "si"}), frozenset({"no", "false", "0", "nein", "non"})

# The attributes of categories and of all that stands above them, those of above first; `asked` is for which category.
_TEMPLATES = text("""
    with recursive up (asked, id, parent_id, height) as (
        select c.id, c.id, c.parent_id, 0 from categories c where c.id = any (:categories)
        union all
        select u.asked, c.id, c.parent_id, u.height + 1 from up u join categories c on c.id = u.parent_id
        where u.height < 20
    )
    select u.asked, a.id as attribute_id, a.category_id, a.name, a.kind, a.unit, a.is_required, a.choices,
           u.height > 0 as is_inherited
    from up u join category_attributes a on a.category_id = u.id and a.removed_at is null
    order by u.asked, u.height desc, a.position, a.name
""")


def templates(work: Work, category_ids: Sequence[UUID]) -> dict[UUID, list[AttributeRow]]:
    """What each category asks for, with what it inherits: one statement. A name of below goes before one of above."""
    found: dict[UUID, dict[str, AttributeRow]] = {}
    for row in work.session.execute(_TEMPLATES, {"categories": list(category_ids)}) if category_ids else ():
        values = row._asdict()
        found.setdefault(values.pop("asked"), {})[row.name] = AttributeRow.model_validate(values)
    return {category: list(rows.values()) for category, rows in found.items()}


def checked(template: Sequence[AttributeRow], specifications: Mapping[str, Any]) -> dict[str, Any]:
    """The specifications as they are kept: numbers in the template's unit, choices and yes or no in its words.

    What the template does not know stays as it is, as text. Raises `Invalid`, which names the field.
    """
    if len(specifications) > MOST:
        raise Invalid(f"A product has {MOST} specifications at most.")
    asked = {attribute.name: attribute for attribute in template}
    kept: dict[str, Any] = {}
    for name, value in specifications.items():
        name = " ".join(str(name).split())
        if not 0 < len(name) <= LONGEST_NAME:
            raise Invalid(f"The name of a specification has between 1 and {LONGEST_NAME} characters.")
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        kept[name] = _kept(asked[name], value) if name in asked else _free(name, value)
    return kept


def missing(template: Sequence[AttributeRow], specifications: Mapping[str, Any]) -> list[str]:
    """What the template needs and the product does not say."""
    return [attribute.name for attribute in template if attribute.is_required and attribute.name not in specifications]


def _free(name: str, value: Any) -> Any:
    if isinstance(value, bool | int):
        return value
    words = str(value).strip()
    if len(words) > LONGEST_VALUE:
        raise Invalid(f"{name}: {LONGEST_VALUE} characters at most.")
    return words


def _kept(attribute: AttributeRow, value: Any) -> Any:
    match AttributeKind(attribute.kind):
        case AttributeKind.TEXT:
            return _free(attribute.name, value)
        case AttributeKind.YES_NO:
            return _yes_or_no(attribute.name, value)
        case AttributeKind.CHOICE:
            return _choice(attribute, value)
    amount = _number(attribute, value)
    if attribute.kind == AttributeKind.WHOLE and amount != amount.to_integral_value():
        raise Invalid(f"{attribute.name} must be a whole number, not {value}.")
    if attribute.unit:
        return f"{amount:f} {attribute.unit}"
    return int(amount) if attribute.kind == AttributeKind.WHOLE else f"{amount:f}"


def _yes_or_no(name: str, value: Any) -> bool:
    word = str(value).strip().lower()
    if word not in _YES | _NO:
        raise Invalid(f"{name} is answered by yes or no, not by {value!r}.")
    return word in _YES


def _choice(attribute: AttributeRow, value: Any) -> str:
    word = " ".join(str(value).split()).casefold()
    for choice in attribute.choices:
        if choice.casefold() == word:
            return choice
    raise Invalid(f"{attribute.name} must be one of {', '.join(attribute.choices)}, not {value!r}.")


def _number(attribute: AttributeRow, value: Any) -> Decimal:
    found = None if isinstance(value, bool) else measured(str(value))
    if found is None:
        example = f"12.5 {attribute.unit}" if attribute.unit else "12.5"
        raise Invalid(f"{attribute.name} must be a number such as {example}, not {value!r}.")
    amount, said = found
    if not attribute.unit:
        if said:
            raise Invalid(f"{attribute.name} is a number without a unit, not {value!r}.")
        return plain(amount)
    wanted, unit = unit_of(attribute.unit), unit_of(said) if said else None
    if wanted is None:  # a unit of the category's own words, such as "threads"
        if said and said.casefold() != attribute.unit.casefold():
            raise Invalid(f"{attribute.name} is given in {attribute.unit}, not in {said}.")
        return plain(amount)
    if not said:
        return plain(amount)
    if unit is None or unit.dimension != wanted.dimension:
        raise Invalid(f"{attribute.name} is a {wanted.dimension} such as 12.5 {attribute.unit}; {said} is not one.")
    return plain(convert(amount, unit=unit, to=wanted))


# --- side by side ----------------------------------------------------------------------------------


def aligned_specifications(work: Work, *, product_ids: Sequence[UUID]) -> list[AlignedRow]:
    """What products say of themselves, a row a name, their numbers in one unit; "" where a product says nothing.

    Rows of the templates come first, in their order. The unit is that of the template, or of the first product that
    names one of the same dimension. Products that the actor does not see are left empty.
    """
    _may_look(work)
    ids = list(dict.fromkeys(product_ids))[:20]
    rows = work.session.execute(
        text(
            "select p.id, p.category_id, p.specifications from products p where p.id = any (:ids)"
            " and (:staff or p.created_by_org_id = :me or exists (select 1 from product_variants v"
            "   join offers o on o.variant_id = v.id where v.product_id = p.id and (o.seller_id = :me"
            "   or o.state = 'published' and offer_is_shown(o.id, o.audience, o.seller_id))))"
        ),
        {"ids": ids, "me": work.actor.org_id, "staff": work.actor.is_staff},
    ).all()
    said: dict[UUID, dict[str, Any]] = {row.id: row.specifications for row in rows}
    asked = templates(work, sorted({row.category_id for row in rows if row.category_id}))
    order: dict[str, AttributeRow | None] = {}
    for row in rows:
        order |= {attribute.name: attribute for attribute in asked.get(row.category_id, [])}
    for product_id in ids:
        order |= {name: None for name in said.get(product_id, {}) if name not in order}
    known = [(name, attribute) for name, attribute in order.items() if any(name in values for values in said.values())]
    return [_aligned(name, attribute, [said.get(one, {}).get(name) for one in ids]) for name, attribute in known]


def _aligned(name: str, attribute: AttributeRow | None, values: Sequence[Any]) -> AlignedRow:
    measures = [None if isinstance(value, bool) or value is None else measured(str(value)) for value in values]
    units = [unit_of(found[1]) if found and found[1] else None for found in measures]
    wanted = unit_of(attribute.unit) if attribute and attribute.unit else next((u for u in units if u), None)
    is_number = all(
        value is None
        or (found is not None and (unit.dimension == wanted.dimension if unit and wanted else not found[1]))
        for value, found, unit in zip(values, measures, units, strict=True)
    )
    if not is_number or (attribute and attribute.kind in (AttributeKind.TEXT, AttributeKind.CHOICE)):
        words = tuple("" if value is None else _word(value) for value in values)
        return AlignedRow(name=name, unit=None, values=words, numbers=(None,) * len(words), differs=_differs(words))
    numbers = tuple(
        None if found is None else convert(found[0], unit=unit, to=wanted) if unit and wanted else plain(found[0])
        for found, unit in zip(measures, units, strict=True)
    )
    suffix = f" {wanted.name}" if wanted else ""
    shown = tuple("" if number is None else f"{number:f}{suffix}" for number in numbers)
    return AlignedRow(
        name=name, unit=wanted.name if wanted else None, values=shown, numbers=numbers, differs=_differs(shown)
    )


def _word(value: Any) -> str:
    return ("Yes" if value else "No") if isinstance(value, bool) else str(value)


def _differs(values: Sequence[str]) -> bool:
    return len({re.sub(r"\s+", " ", value).casefold() for value in values}) > 1


def _may_look(work: Work) -> None:
    if not work.actor.is_staff and not work.actor.may(Permission.SEARCH_PRODUCTS):
        work.actor.require(Permission.SEE_OFFERS)
