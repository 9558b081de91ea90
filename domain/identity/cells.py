"""The vocabulary of the matrix of permissions: what a cell and a row can say, and nothing else.

A *row* is something that people do; a *cell* says how a role variant may do it: in full, within a scope (their
customers, stores, territory ...), up to their own amount limit, by approving, reading, proposing or asking, or not
at all, under named conditions. A row names the rights (`Permission`) that each way of doing it takes and the
commands that it governs; what a variant may do (`GRANTS`) is derived from its cells and stands nowhere else. A row
without commands is *pending*: the specification knows it, the product does not yet. A cell may be pending by
itself (`Row.pending`): it names what of it is not kept or not possible yet.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.identity.permissions import VARIANTS, Permission
from domain.identity.states import OrgKind, Variant

# --- the vocabulary ------------------------------------------------------------------------------


class How(StrEnum):
    FULL = "in full"
    SCOPED = "within the scope"
    LIMITED = "up to the personal limit"
    APPROVE = "approves"
    READ = "reads"
    PROPOSE = "proposes"
    REQUEST = "asks for it"
    PART = "a named part of it"
    NONE = "not at all"


class By(StrEnum):
    """What narrows a scope."""

    CUSTOMER = "assigned customers"
    STORE = "assigned stores"
    TERRITORY = "territory"
    WAREHOUSE = "assigned warehouses"
    TEAM = "people below the own rank"
    OWN = "own"
    OPEN = "open"
    SALES = "sales"
    STOCK_AND_DELIVERY = "stock/delivery"
    LEAD_TIME = "lead time"
    DEMAND = "demand, capacity; no prices"
    ORDER_THREADS = "order threads"
    ORGANIZATION = "one organisation at a time"


class View(StrEnum):
    """How much a reader sees."""

    ORDER = "order"
    STATUS = "status"
    AGGREGATE = "agg"
    PSEUDONYMOUS = "pseudonymous"


class Part(StrEnum):
    """The part of a row that a cell is about."""

    AWARD = "award"
    PAY = "pay"
    REPLENISH = "replenish"
    INSPECT = "inspect"
    EVIDENCE = "evidence"
    CO_SIGN = "co-sign"
    HOLD_FOR_KYB = "hold for KYB"
    HOLD_FOR_DISPUTE = "hold for dispute"
    WITH_A_SECOND_PERSON = "two people"


class Condition(StrEnum):
    MASKED = "(masked)"
    UNLESS_DELEGATED = "(unless delegated)"
    NEVER_OWN = "(never own)"
    TO_FIVE_PERCENT_BELOW = "to -5%"
    IN_STORE_UP_TO_LIMIT = "in store up to limit"
    LARGE_ADJUSTMENTS_APPROVED = "(adjust > limit A by Manager)"
    TWO_PEOPLE_AT_LEVEL_3 = "(L3: two people)"
    TWO_PEOPLE_AND_DIFF = "(two people, policy diff)"
    TWO_PEOPLE = "(two people)"
    FINANCE_ABOVE_LIMIT = "(above: + Finance)"
    MAKER_AND_CHECKER = "(maker-checker)"
    VERSIONED = "(versioned)"


_LETTERS = {
    How.FULL: "F", How.SCOPED: "S", How.LIMITED: "L", How.APPROVE: "A", How.READ: "R", How.PROPOSE: "propose",
    How.REQUEST: "request", How.PART: "", How.NONE: "-",
}  # fmt: skip
# Scopes that follow from what is assigned to a person are written S; the others say their word.
_IN_WORDS = frozenset({By.OWN, By.OPEN, By.SALES, By.STOCK_AND_DELIVERY})
_IN_BRACKETS = frozenset({By.LEAD_TIME, By.DEMAND, By.ORDER_THREADS, View.PSEUDONYMOUS})


@dataclass(frozen=True, slots=True)
class Grant:
    """One way of being allowed something. A scope and a limit may narrow the same grant: both must hold."""

    how: How
    by: By | None = None
    limited: bool = False
    part: Part | None = None
    view: View | None = None
    condition: Condition | None = None

    @property
    def allows(self) -> bool:
        return self.how is not How.NONE

    @property
    def is_narrow(self) -> bool:
        """Whether the row level must be asked as well: a scope or a limit."""
        return self.by is not None or self.limited or self.how is How.LIMITED

    def __str__(self) -> str:
        words = [self.part or "", _LETTERS[self.how]]
        if self.how is How.READ and self.by is By.TERRITORY:
            words.append("S")
        for narrowed in (self.by, self.view):
            if narrowed in _IN_WORDS or (isinstance(narrowed, View) and narrowed not in _IN_BRACKETS):
                words.append(str(narrowed))
            elif narrowed in _IN_BRACKETS:
                words.append(f"({narrowed})")
        words.append(self.condition or "")
        return " ".join(word for word in words if word) + (", L" if self.limited else "")


@dataclass(frozen=True, slots=True)
class Cell:
    """What a variant may of a row; `second` is the half behind the stroke where a row has two."""

    grants: tuple[Grant, ...]
    second: tuple[Grant, ...] = ()

    def __iter__(self) -> Iterator[Grant]:
        return iter(self.grants + self.second)

    @property
    def allows(self) -> bool:
        return any(grant.allows for grant in self)

    def __str__(self) -> str:
        halves = [", ".join(map(str, half)) for half in (self.grants, self.second) if half]
        return " / ".join(halves)


def cell(*grants: Grant) -> Cell:
    return Cell(grants)


def halves(first: Cell, second: Cell) -> Cell:
    return Cell(first.grants, second.grants)


def scoped(by: By, *, limited: bool = False, part: Part | None = None) -> Cell:
    return cell(Grant(How.SCOPED, by, limited, part))


def limited(part: Part | None = None) -> Cell:
    return cell(Grant(How.LIMITED, part=part))


def reading(view: View | None = None, by: By | None = None) -> Cell:
    return cell(Grant(How.READ, by, view=view))


def full(condition: Condition | None = None) -> Cell:
    return cell(Grant(How.FULL, condition=condition))


def approving(condition: Condition | None = None) -> Cell:
    return cell(Grant(How.APPROVE, condition=condition))


def only(part: Part) -> Cell:
    return cell(Grant(How.PART, part=part))


def never(condition: Condition | None = None) -> Cell:
    return cell(Grant(How.NONE, condition=condition))


F, R, A, NO = full(), reading(), approving(), never()
PROPOSE, REQUEST = cell(Grant(How.PROPOSE)), cell(Grant(How.REQUEST))
CUSTOMERS, STORES, TERRITORY = scoped(By.CUSTOMER), scoped(By.STORE), scoped(By.TERRITORY)
L = limited()


# --- rows ----------------------------------------------------------------------------------------


class Side(StrEnum):
    SUPPLY = "Supply side"
    BUY = "Buy side"
    DISTRIBUTION = "Distributor"
    PLATFORM = "Admin teams"


KIND_OF = {
    Side.SUPPLY: OrgKind.MANUFACTURER, Side.BUY: OrgKind.RETAILER, Side.DISTRIBUTION: OrgKind.DISTRIBUTOR,
    Side.PLATFORM: OrgKind.PLATFORM,
}  # fmt: skip
P, V = Permission, Variant
Rights = tuple[Permission, ...]


@dataclass(frozen=True)
class Row:
    """Something that people do, and how each variant of a side may.

    `does`: what doing it takes (in full, scoped or limited); `reads`, `approves`, `proposes`, `requests`: what those
    take, `parts`, `views` and `scopes`: what a named part, a narrower look and a scope that is a right of its own take.
    `commands` are the public commands that change something here, by the name of their face, `questions` those by
    which it is read. `pending` says by variant what is not kept yet. `beside` rows are ours: the specification has no
    row for them.
    """

    side: Side
    name: str
    cells: tuple[Cell, ...]
    does: Rights = ()
    reads: Rights = ()
    approves: Rights = ()
    proposes: Rights = ()
    requests: Rights = ()
    parts: Mapping[Part, Rights] = field(default_factory=dict)
    views: Mapping[View, Rights] = field(default_factory=dict)
    scopes: Mapping[By, Rights] = field(default_factory=dict)
    commands: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    pending: Mapping[Variant, str] = field(default_factory=dict)
    beside: bool = False

    @property
    def variants(self) -> tuple[Variant, ...]:
        return VARIANTS[KIND_OF[self.side]]

    def cell(self, variant: Variant) -> Cell:
        return self.cells[self.variants.index(variant)]

    @property
    def exists(self) -> bool:
        """Whether the product knows it at all: some right stands for it."""
        return bool(self.does or self.reads or self.approves or self.proposes)

    def rights(self, grant: Grant) -> Rights:
        """The rights that a grant of this row takes."""
        if grant.part is not None:
            return self.parts.get(grant.part, ())
        if grant.view is not None:
            return self.views.get(grant.view, ())
        if grant.by is not None and grant.by in self.scopes:
            return self.scopes[grant.by]
        return {
            How.FULL: self.does + self.reads, How.SCOPED: self.does + self.reads, How.LIMITED: self.does + self.reads,
            How.READ: self.reads, How.APPROVE: self.approves,
            How.PROPOSE: self.proposes, How.REQUEST: self.requests,
        }.get(grant.how, ())  # fmt: skip

    def rights_of(self, variant: Variant) -> Rights:
        """What the variant's cell gives, unless the cell cannot be given yet."""
        if self.withheld(variant):
            return ()
        return tuple(right for grant in self.cell(variant).grants for right in self.rights(grant))

    def lets_do(self, variant: Variant) -> bool:
        """Whether the variant may use the row's commands."""
        doing = (How.FULL, How.SCOPED, How.LIMITED)
        return not self.withheld(variant) and any(
            grant.how in doing and grant.by not in self.scopes and self.rights(grant)
            for grant in self.cell(variant).grants
        )

    def lets_read(self, variant: Variant) -> bool:
        """Whether the variant may put the row's questions; who sees one order or a sum only may not."""
        return self.lets_do(variant) or (
            not self.withheld(variant)
            and any(grant.how is How.READ and grant.view in (None, View.STATUS) for grant in self.cell(variant).grants)
        )

    def withheld(self, variant: Variant) -> bool:
        """Whether the cell allows something that nobody of this variant can do yet."""
        return self.pending.get(variant, "").startswith(WITHHELD)

    def waits_for(self, variant: Variant) -> str | None:
        """What of the cell is not there yet; None when all of it is."""
        if not self.cell(variant).allows:
            return None
        if not self.exists:
            return "not built yet"
        if variant in self.pending:
            return self.pending[variant]
        gives = self.rights_of(variant)
        return None if gives else "not built yet"


WITHHELD = "cannot yet: "
UNSCOPED = "not narrowed yet: "


def supply(name: str, owner: Cell, manager: Cell, sales: Cell, production: Cell, **more: object) -> Row:
    return Row(Side.SUPPLY, name, (owner, manager, sales, production), **more)  # type: ignore[arg-type]


def buy(name: str, owner: Cell, store: Cell, agent: Cell, **more: object) -> Row:
    return Row(Side.BUY, name, (owner, store, agent), **more)  # type: ignore[arg-type]


def distribution(name: str, owner: Cell, regional: Cell, warehouse: Cell, sales: Cell, **more: object) -> Row:
    return Row(Side.DISTRIBUTION, name, (owner, regional, warehouse, sales), **more)  # type: ignore[arg-type]


def platform(
    name: str, top: Cell, operations: Cell, compliance: Cell, support: Cell, finance: Cell, analytics: Cell,
    **more: object,
) -> Row:  # fmt: skip
    return Row(
        Side.PLATFORM, name, (top, operations, compliance, support, finance, analytics), **more  # type: ignore[arg-type]
    )  # fmt: skip
