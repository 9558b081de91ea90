"""The tree of categories and what each asks of its products: kept by the platform's operations."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from domain.catalog.events import CategoryChanged, CategoryCreated, TemplateChanged
from domain.catalog.models import Category, CategoryAttribute
from domain.catalog.prices import StaleVersion
from domain.catalog.specifications import templates
from domain.catalog.states import AttributeKind
from domain.catalog.units import unit_of
from domain.catalog.views import AttributeRow, CategoryNode
from domain.identity import Permission
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work

DEEPEST = 6
MOST_ATTRIBUTES, MOST_CHOICES = 40, 100


def create_category(work: Work, *, name: str, parent_id: UUID | None = None) -> UUID:
    """Add a category (operations and jobs); one that exists by this name is returned. Announces CategoryCreated.

    Raises `NotFound` for the one above, `Invalid` for a tree that would be too deep.
    """
    work.actor.require(Permission.MODERATE_CATALOG)
    name = _name(name, "name of the category")
    found = work.session.scalar(select(Category.id).where(Category.name == name, Category.history_id.is_(None)))
    if found:
        return found
    if parent_id is not None:
        _may_stand_below(work, None, parent_id)
    category = Category(id=new_id(), name=name, parent_id=parent_id)
    work.session.add(category)
    work.session.flush()
    work.record(CategoryCreated(subject_id=category.id, name=name, parent_id=parent_id))
    return category.id


def change_category(
    work: Work,
    *,
    category_id: UUID,
    version: int,
    name: str,
    parent_id: UUID | None,
    is_reviewed: bool,
    reason: str,
) -> None:
    """Rename a category, move it with all that is below, or have what goes on sale in it looked at first.

    Products stay in it, addresses keep their meaning (they name the category by its id), and what was sold stays in the
    category of its day. Raises `StaleVersion`, `NotFound`, `Conflict` for a name that another one has, `Invalid` for a
    move below itself or without a reason. Announces CategoryChanged.
    """
    work.actor.require(Permission.MODERATE_CATALOG)
    category = _locked(work, category_id)
    if category.version != version:
        raise StaleVersion("Somebody else has just changed this category. Please look at it again.")
    wanted: dict[str, Any] = {"name": _name(name, "name of the category"), "parent_id": parent_id,
                              "is_reviewed": is_reviewed}  # fmt: skip
    changed = {field: value for field, value in wanted.items() if value != getattr(category, field)}
    if not changed:
        return
    if "name" in changed and work.session.scalar(
        select(Category.id).where(Category.name == changed["name"], Category.history_id.is_(None))
    ):
        raise Conflict(f"There is a category {changed['name']} already.")
    if changed.get("parent_id") is not None:
        _may_stand_below(work, category_id, changed["parent_id"])
    before = {field: _plain(getattr(category, field)) for field in changed}
    for field, value in changed.items():
        setattr(category, field, value)
    category.version += 1
    work.record(
        CategoryChanged(
            subject_id=category_id, before=before, reason=checked_reason(reason),
            after={field: _plain(value) for field, value in changed.items()},
        )
    )  # fmt: skip


def set_template(
    work: Work, *, category_id: UUID, version: int, attributes: Sequence[dict[str, Any]], reason: str
) -> None:
    """Say what a category asks of its products: name, kind, unit, is_required, choices, in this order.

    What products said before stays as it is until they are edited. Raises `StaleVersion`, `NotFound`, `Invalid`, which
    names the attribute. Announces TemplateChanged.
    """
    work.actor.require(Permission.MODERATE_CATALOG)
    category = _locked(work, category_id)
    if category.version != version:
        raise StaleVersion("Somebody else has just changed this category. Please look at it again.")
    wanted = [_attribute(row) for row in attributes]
    names = [row["name"].casefold() for row in wanted]
    doubled = next((row["name"] for row in wanted if names.count(row["name"].casefold()) > 1), None)
    if doubled is not None:
        raise Invalid(f"There are two attributes {doubled}.")
    if len(wanted) > MOST_ATTRIBUTES:
        raise Invalid(f"A category asks for {MOST_ATTRIBUTES} attributes at most.")
    held = {
        row.name: row
        for row in work.session.scalars(
            select(CategoryAttribute)
            .where(CategoryAttribute.category_id == category_id, CategoryAttribute.removed_at.is_(None))
            .order_by(CategoryAttribute.position)
        )
    }
    before = [_described(row) for row in held.values()]
    for name, row in held.items():
        if name not in {attribute["name"] for attribute in wanted}:
            row.removed_at = work.now
    for position, attribute in enumerate(wanted, 1):
        known = held.get(attribute["name"])
        if known is None:
            known = CategoryAttribute(id=new_id(), category_id=category_id, name=attribute["name"])
            work.session.add(known)
        known.kind, known.unit, known.choices = attribute["kind"], attribute["unit"], attribute["choices"]
        known.is_required, known.position = attribute["is_required"], position
        held[attribute["name"]] = known
    after = [_described(held[attribute["name"]]) for attribute in wanted]
    if before == after:
        return
    category.version += 1
    work.session.flush()
    work.record(TemplateChanged(subject_id=category_id, before=before, after=after, reason=checked_reason(reason)))


def template_of(work: Work, *, category_id: UUID) -> list[AttributeRow]:
    """What a category asks of its products, with what it inherits from above, in order."""
    if not work.actor.is_staff:
        work.actor.require(Permission.SEE_OFFERS)
    return templates(work, [category_id]).get(category_id, [])


_TREE = text("""
    with recursive tree as (
        select id, parent_id, name, is_reviewed, version, 0 as depth, array[name] as path, false as above
        from categories where parent_id is null and history_id is null
        union all
        select c.id, c.parent_id, c.name, c.is_reviewed, c.version, t.depth + 1, t.path || c.name,
               t.above or t.is_reviewed
        from tree t join categories c on c.parent_id = t.id and c.history_id is null
        where t.depth < 20
    )
    select t.id as category_id, t.parent_id, t.name, t.depth, t.path, t.is_reviewed, t.above as is_reviewed_above,
           t.version, coalesce(p.products, 0) as products, coalesce(a.attributes, 0) as attributes
    from tree t
    left join (select category_id, count(*) as products from products where history_id is null group by category_id) p
        on p.category_id = t.id
    left join (select category_id, count(*) as attributes from category_attributes where removed_at is null
               group by category_id) a on a.category_id = t.id
    order by t.path
""")


def category_tree(work: Work) -> list[CategoryNode]:
    """All categories in the order of their tree, with how much is in each; for the platform's people."""
    work.actor.require(Permission.SEE_MODERATION)
    work.actor.require_staff()
    return [CategoryNode.model_validate(row._asdict()) for row in work.session.execute(_TREE)]


def _locked(work: Work, category_id: UUID) -> Category:
    found = work.session.scalar(
        select(Category).where(Category.id == category_id, Category.history_id.is_(None)).with_for_update()
    )
    if found is None:
        raise NotFound
    return found


_UP = text("""
    with recursive up as (
        select id, parent_id, 1 as height from categories where id = :parent and history_id is null
        union all
        select c.id, c.parent_id, u.height + 1 from up u join categories c on c.id = u.parent_id where u.height < 20
    ), down as (
        select id, 0 as depth from categories where id = :moved
        union all
        select c.id, d.depth + 1 from down d join categories c on c.parent_id = d.id where d.depth < 20
    )
    select count(*) filter (where u.id = :moved) > 0 as is_below, count(*) as above,
           (select coalesce(max(depth), 0) from down) as below
    from up u
""")


def _may_stand_below(work: Work, category_id: UUID | None, parent_id: UUID) -> None:
    # Two moves at once could each be right and together make a ring.
    work.session.execute(text("select pg_advisory_xact_lock(hashtext('category tree'))"))
    row = work.session.execute(_UP, {"parent": parent_id, "moved": category_id}).one()
    if row.above == 0:
        raise NotFound
    if row.is_below:
        raise Invalid("A category cannot stand below itself.")
    if row.above + 1 + row.below > DEEPEST:
        raise Invalid(f"The tree of categories is {DEEPEST} levels deep at most.")


def _attribute(row: dict[str, Any]) -> dict[str, Any]:
    name = _name(str(row.get("name") or ""), "name of an attribute", 60)
    kind = str(row.get("kind") or "")
    if kind not in list(AttributeKind):
        raise Invalid(f"{name}: choose what kind of answer it asks for.")
    unit = " ".join(str(row.get("unit") or "").split()) or None
    if unit and kind not in (AttributeKind.WHOLE, AttributeKind.DECIMAL):
        raise Invalid(f"{name}: only numbers have a unit.")
    if unit and len(unit) > 20:
        raise Invalid(f"{name}: a unit has 20 characters at most.")
    known = unit_of(unit) if unit else None
    choices = list(dict.fromkeys(" ".join(str(choice).split()) for choice in row.get("choices") or () if choice))
    if (kind == AttributeKind.CHOICE) != bool(choices):
        raise Invalid(f"{name}: name what can be chosen." if kind == AttributeKind.CHOICE
                      else f"{name}: only a choice has values to choose from.")  # fmt: skip
    if len(choices) > MOST_CHOICES or any(len(choice) > 60 for choice in choices):
        raise Invalid(f"{name}: {MOST_CHOICES} values of 60 characters at most.")
    return {"name": name, "kind": kind, "unit": known.name if known else unit, "choices": choices,
            "is_required": bool(row.get("is_required"))}  # fmt: skip


def _described(row: CategoryAttribute) -> str:
    """An attribute as the log keeps it."""
    unit = f" in {row.unit}" if row.unit else ""
    choices = f" of {', '.join(row.choices)}" if row.choices else ""
    return f"{row.name}: {row.kind}{unit}{choices}{', required' if row.is_required else ''}"


def _plain(value: Any) -> str | bool | None:
    return value if value is None or isinstance(value, bool) else str(value)


def _name(value: str, what: str, longest: int = 80) -> str:
    value = " ".join(value.split())
    if not value or len(value) > longest:
        raise Invalid(f"The {what} must have between 1 and {longest} characters.")
    return value


def checked_reason(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > 500:
        raise Invalid("Please say why, in up to 500 characters.")
    return reason
