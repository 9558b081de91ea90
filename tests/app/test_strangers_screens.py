"""Every screen, opened by everybody who has no right to it or to what its address names.

A retailer and a manufacturer have something in every state. Whoever lacks the role, belongs to another organisation or
is not signed in opens every screen with their ids in the address, and gets what an id that does not exist gets: the
same elements, none of which holds a name, a number or an amount of theirs; and nothing moves. With row-level security
on, and for screens with ids once more with it off. The pairs tried are the pairs there are: a new screen is in by
itself, and one that reads an id nobody points at fails the build.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from google.protobuf import text_format
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer
from streamlit.elements.lib.mutable_popover_container import PopoverContainer
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData
from streamlit.testing.v1 import AppTest, local_script_runner

from app import cookies, navigation, sign_in
from app.navigation import SCREENS, Screen
from app.sign_in import Here
from domain import catalog, identity, territories
from domain.identity import OrgKind, SignedIn, Variant
from domain.identity.matrix import GRANTS
from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.settings import PROJECT
from domain.kernel.work import begin, run
from tests.app.signed_in import NONCE, browser, cookie_of, session_of
from tests.domain.test_strangers import IBAN, World, column, make_world, tables, take_fences_down
from tests.make.market import PASSWORD, Company, buy, company, offer, orders_of, sheet

R, M, D, A = OrgKind.RETAILER, OrgKind.MANUFACTURER, OrgKind.DISTRIBUTOR, OrgKind.PLATFORM
Address = Mapping[str, object]

# How a screen reads its address.
_READ = re.compile(r"""(?:id_of|id_or_none|asked_for)\(["']([\w-]+)["']|query_params(?:\.get\(|\[)["']([\w-]+)["']""")
# What stands in addresses and is no id: choices of a screen, and the figure that is shown.
PLAIN = {"gmv", "metric", "notices-unread", "show", "tab"}
# What signing in and the refusals themselves leave behind.
BESIDE = {"events", "sign_in_sessions"}
# What is made anew for each drawing: files that wait to be fetched, and what the browser is told to put into a choice.
_FLEETING = re.compile(r'(?:/media/|file_id: )[^"\s]*"?[\w.-]*"?|\n *(?:raw_values?: .*|set_value: true)')


@cache
def read_by(screen: Screen) -> frozenset[str]:
    """The names that a screen looks for in its address."""
    found = _READ.findall((PROJECT / screen.path).read_text())
    return frozenset(one or other for one, other in found)


# --- the victims, and who looks ----------------------------------------------------------------


@dataclass
class Visitor:
    """Somebody who opens screens; `is_near` are colleagues of the victims and the platform's staff."""

    name: str
    variant: Variant | None = None
    email: str = ""
    is_near: bool = False

    @cached_property
    def here(self) -> Here:
        return here_of(self.email)

    def may_open(self, screen: Screen) -> bool:
        return self.variant is not None and screen.is_for(self.here)


def here_of(email: str) -> Here:
    with begin(Actor.system()) as work:
        found: SignedIn = identity.person_by_email(work, email=email)
    return found, identity.actor_of(found)


@dataclass
class Stage:
    """The market of the strangers of the domain, with an order at a price that stands nowhere else."""

    world: World = field(default_factory=make_world)

    def __post_init__(self) -> None:
        world = self.world
        shop, maker = world.shop, world.maker
        # The clerk of that world signs in with a code; a second one does not.
        email = "second.clerk@corner-shop.example"
        run(Actor.system(), identity.add_member, request_id=uuid4(), org_id=shop.org_id, email=email, name="Second Clerk",
            variant=Variant.STORE_MANAGER, password=PASSWORD)  # fmt: skip
        shop.emails[Variant.STORE_MANAGER] = email
        self.telling = orders_of(shop, buy(shop, {offer(maker, "Telling thing", tiers=[(1, "31.37")]): 7}))[maker.org_id]
        hidden = run(maker.owner, catalog.create_product, request_id=uuid4(), name="Hidden thing")
        region = run(world.market.platform.people[Variant.OPERATIONS], territories.create_region, request_id=uuid4(),
                     name="Secret region", areas=[("AQ", "", "")])  # fmt: skip
        distributor = company(D, "Both sides", *identity.VARIANTS[D])
        near = [shop, maker, distributor, world.market.platform]
        far = [company(kind, f"Other {kind}", *identity.VARIANTS[kind]) for kind in (R, M, D)]
        self.visitors = [
            *(Visitor(f"near {name}", name, email, True) for one in near for name, email in people(one)),
            *(Visitor(f"far {name}", name, email) for one in far for name, email in people(one)),
            Visitor("nobody"),
        ]
        self.real: dict[str, object] = {
            "order": self.telling, "purchase": world.unpaid, "request": world.wish, "offer": world.draft,
            "product": hidden, "org": shop.owner.user_id, "organization": shop.org_id, "case": world.case, "batch": world.batch,
            "upload": world.upload, "products": hidden, "list": world.saved_list, "saved": world.saved_search,
            "run": world.shipped, "region": region, "token": world.invitation, "person": world.clerk,
            "suspension": world.suspension, "site": shop.site_id, "location": maker.location_id, "variant": world.variant,
            "category": world.category, "lot": world.held_lot, "transfer": world.sent, "count": world.finished_count,
        }  # fmt: skip
        self.fake: dict[str, object] = {name: uuid4() for name in self.real}
        self.needles = {str(thing) for thing in self.real.values()} | {
            shop.name, IBAN, "Secret region", "Still hidden", "Hidden thing", "HRB", "A complaint", "Second Clerk", *shop.emails.values(),
            *maker.emails.values(), *column("select number from supplier_orders union select number from purchases"),
            # 7 at 31.37 with 8 % of tax, and all of it with what shipping costs
            f"{sheet(shop.owner, self.telling).total:.2f}", *("219.59", "17.57", "237.16", "21959", "23716"),
        }  # fmt: skip


def people(who: Company) -> list[tuple[Variant, str]]:
    return list(who.emails.items())


# --- what stands on a screen -------------------------------------------------------------------


def drawn(at: AppTest, part: Any = None) -> str:
    """Every element with all that the browser gets of it, tables row by row."""
    found: list[str] = []

    def walk(node: Any) -> None:
        if hasattr(node, "children"):
            for child in node.children.values():
                walk(child)
        elif node.type in ("arrow_data_frame", "arrow_table"):
            found.append(node.value.to_csv())
        elif node.proto is not None:
            found.append(text_format.MessageToString(node.proto, as_utf8=True))

    walk(at._tree if part is None else part)
    return "\n".join(found)


@contextmanager
def all_unfolded() -> Iterator[None]:
    """Parts that are drawn when somebody opens them are open: what stands in them counts as shown."""
    opened = property(lambda self: True, lambda self, value: None)
    with (
        patch.object(ExpanderContainer, "open", opened),
        patch.object(PopoverContainer, "open", opened),
    ):
        yield


def open_at(at: AppTest, screen: Screen, address: Address) -> str:
    """The elements of a screen at an address; an error of ours is one of them."""
    at.query_params.clear()
    at.query_params.update({name: str(value) for name, value in address.items()})
    with all_unfolded():
        at.switch_page(str(PROJECT / screen.path)).run()
    broken = "Something went wrong " + " ".join(str(one.message) for one in at.exception) if at.exception else ""
    return broken + drawn(at)


@contextmanager
def screens_of(visitor: Visitor) -> Iterator[AppTest]:
    """The screens in this visitor's browser."""
    held = cookie_of(session_of(visitor.email)) if visitor.email else {cookies.nonce_name(): NONCE}
    with browser(held) as at:
        at.run()
        yield at


REFUSED = "This page is not for your role"
PAIR = tuple[str, str]


def finding(stage: Stage, at: AppTest, visitor: Visitor, screen: Screen, refusal: str) -> str | None:
    """What a visitor without the right was told that an id which does not exist would not have told."""
    names = read_by(screen)
    is_guarded = not screen.is_open and visitor.variant is not None
    shown = open_at(at, screen, stage.real)
    if "Something went wrong" in shown:
        return f"broke: {shown[:300]}"
    if is_guarded and not visitor.may_open(screen):
        # Whatever the screen and whatever the address: one and the same answer.
        return None if _FLEETING.sub("", shown) == _FLEETING.sub("", refusal) else f"not the refusal: {differs(refusal, shown)}"
    if not visitor.is_near:
        told = sorted(needle for needle in stage.needles if needle in shown and needle not in visitor.email)
        address = {str(stage.real[name]) for name in stage.real}
        told = [needle for needle in told if needle not in address or needle in without_address(shown, stage.real)]
        if told:
            return f"shows {told[:4]}"
    if names - PLAIN:
        none = open_at(at, screen, stage.fake)
        for name, thing in stage.real.items():
            shown, none = shown.replace(str(thing), f"<{name}>"), none.replace(str(stage.fake[name]), f"<{name}>")
        if _FLEETING.sub("", shown) != _FLEETING.sub("", none):
            return f"not as if it did not exist: {differs(none, shown)}"
    return None


def without_address(shown: str, address: Address) -> str:
    """What is drawn without the address itself, which the sign-in keeps to come back to."""
    for name, thing in address.items():
        shown = shown.replace(f"{name}={thing}", "").replace(f"{name}%3D{thing}", "")
    return shown


def differs(one: str, other: str) -> str:
    lines = set(one.splitlines()) ^ set(other.splitlines())
    return " | ".join(sorted(line.strip() for line in lines))[:400]


def existing(visitors: list[Visitor], screens: list[Screen]) -> list[PAIR]:
    """Every pair of a screen and somebody who is a stranger to it, by the table of rights alone."""
    pairs = []
    for screen in screens:
        for visitor in visitors:
            if screen.is_open:
                is_stranger = visitor.variant is None
            elif visitor.is_near and visitor.variant is not None:
                kind = next(kind for kind, variants in identity.VARIANTS.items() if visitor.variant in variants)
                rights = GRANTS[visitor.variant]
                may = screen.permission is None or screen.permission in rights
                may = may and (not screen.any_of or bool(rights & set(screen.any_of)))
                is_stranger = not (kind in screen.kinds and may)
            else:
                is_stranger = True
            if is_stranger:
                pairs.append((screen.url, visitor.name))
    return pairs


def try_all(stage: Stage, visitors: list[Visitor], screens: list[Screen]) -> tuple[list[str], list[PAIR], int]:
    """What was found, the pairs that were tried, and how many of them the guard refused."""
    findings, tried, refused = [], [], 0
    for visitor in visitors:
        with screens_of(visitor) as at:
            foreign = [s for s in screens if not s.is_open and visitor.variant is not None and not visitor.may_open(s)]
            refusal = open_at(at, foreign[0], {}) if foreign else ""
            assert not foreign or REFUSED in refusal
            refused += bool(foreign)
            for screen in screens:
                if screen.is_open and visitor.variant is not None:
                    continue  # open screens are for everybody
                if visitor.is_near and visitor.may_open(screen):
                    continue  # theirs
                tried.append((screen.url, visitor.name))
                refused += screen in foreign
                found = finding(stage, at, visitor, screen, refusal)
                if found:
                    findings.append(f"{screen.url} as {visitor.name}: {found}")
    return findings, tried, refused


def rows() -> Counter[str]:
    """Every row but those that a visit leaves behind."""
    kept = [name for name in tables() if name not in BESIDE]
    return Counter(column(" union all ".join(f"select '{name} ' || t::text from {name} t" for name in kept)))


def events() -> Counter[str]:
    return Counter(column("select name from events"))


# --- the tests ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stage(files_database: str) -> Stage:
    return Stage()


@contextmanager
def fences_down() -> Iterator[None]:
    """No row-level security for a while: the code alone has to hold."""
    fenced = column(
        "select relname from pg_class where relnamespace = 'market'::regnamespace and relrowsecurity and relkind in ('r', 'p')"
    )
    take_fences_down()
    try:
        yield
    finally:
        with db.connect(db.Role.OWNER) as connection:
            for name in fenced:
                connection.execute(f"alter table market.{name} enable row level security".encode())


def test_strangers_are_shown_what_does_not_exist(stage: Stage) -> None:
    pointed = set(stage.real) | PLAIN
    assert {f"{screen.url}: {name}" for screen in SCREENS for name in read_by(screen) - pointed} == set()
    before, told = rows(), events()
    found, tried, refused = try_all(stage, stage.visitors, list(SCREENS))
    assert found == []
    there = existing(stage.visitors, list(SCREENS))
    print(f"screens and strangers: {len(tried)} pairs tried of {len(there)}, {refused} refused by the guard")
    assert sorted(tried) == sorted(there)
    assert rows() == before
    # The trail holds each visit that was refused, and nothing else happened but signing in.
    new = events() - told
    assert new.pop("ScreenRefused") == refused
    assert set(new) <= {"SignedInEvent"}


def test_without_fences_the_code_alone_holds(stage: Stage) -> None:
    visitors = [visitor for visitor in stage.visitors if not visitor.is_near and visitor.variant is not None]
    screens = [screen for screen in SCREENS if read_by(screen) - PLAIN and not screen.is_open]
    before, found, pairs = rows(), list[str](), 0
    with fences_down():
        for visitor in visitors:
            more, tried, _ = try_all(stage, [visitor], [screen for screen in screens if visitor.may_open(screen)])
            found, pairs = found + more, pairs + len(tried)
    print(f"screens with ids, without fences: {pairs} pairs")
    assert found == []
    assert pairs == sum(visitor.may_open(screen) for visitor in visitors for screen in screens) > 20
    assert rows() == before


@pytest.mark.proof
def test_every_pair_without_fences(stage: Stage) -> None:
    before = rows()
    with fences_down():
        found, tried, refused = try_all(stage, stage.visitors, list(SCREENS))
    print(f"screens and strangers, without fences: {len(tried)} pairs tried, {refused} refused by the guard")
    assert found == []
    assert sorted(tried) == sorted(existing(stage.visitors, list(SCREENS)))
    assert rows() == before


def test_the_finder_finds(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The controls: whose things they are is shown them, and a screen without its guard is noticed."""
    order, approvals = navigation.BY_URL["retailer-order"], navigation.BY_URL["retailer-approvals"]
    owner = Visitor("far owner", Variant.BUSINESS_OWNER, stage.world.shop.emails[Variant.BUSINESS_OWNER])
    found, _, _ = try_all(stage, [owner], [order, approvals])
    assert [line.partition(": ")[0] for line in found] == ["retailer-order as far owner", "retailer-approvals as far owner"]
    with browser(cookie_of(session_of(owner.email))) as at:
        at.run()
        told = {needle for needle in stage.needles if needle in open_at(at, order, stage.real)}
    assert told >= {"219.59", stage.world.shop.name, "P100009"}, told

    worker = next(one for one in stage.visitors if one.is_near and one.variant is Variant.PRODUCTION_MANAGER)
    monkeypatch.setattr(navigation, "guard", sign_in.here)
    with screens_of(worker) as at:
        refusal = open_at(at, navigation.BY_URL["admin-ledger"], {})
        assert "not the refusal" in str(finding(stage, at, worker, navigation.BY_URL["account-audit"], refusal))


def redrawn_parts(at: AppTest) -> str:
    """What the parts of a screen draw that draw themselves anew: the shell and the screen are not asked."""
    ids = list(at._fragment_storage._fragments)
    assert ids
    with patch.object(local_script_runner, "RerunData", partial(RerunData, fragment_id_queue=ids)):
        at.run()
    return drawn(at)


def test_a_part_draws_nothing_once_the_right_is_gone(stage: Stage) -> None:
    maker, email = stage.world.maker, "for.a.while@maker.example"
    run(Actor.system(), identity.add_member, request_id=uuid4(), org_id=maker.org_id, email=email, name="For A While",
        variant=Variant.FACTORY_MANAGER, password=PASSWORD)  # fmt: skip
    person = here_of(email)[0].person_id
    with browser(cookie_of(session_of(email))) as at:
        at.run()
        open_at(at, navigation.BY_URL["manufacturer-stock"], {})
        next(button for button in at.button if button.label == "Add a warehouse").click().run()
        assert "Warehouse Hamburg" in redrawn_parts(at)
        run(maker.owner, identity.change_role, person_id=person, variant=Variant.SALES_REPRESENTATIVE)
        shown = redrawn_parts(at)
        assert "Warehouse Hamburg" not in shown and (REFUSED in shown or "Sign in" in shown)
        run(maker.owner, identity.remove_member, person_id=person, handed_to=maker.owner.user_id)
        shown = redrawn_parts(at)
        assert "Warehouse Hamburg" not in shown and maker.name not in shown


def test_parts_that_draw_themselves_are_guarded() -> None:
    """Nothing but the guarded forms makes a fragment or a dialog."""
    makes = re.compile(r"st\.(fragment|dialog)\b")
    files = [*(PROJECT / "pages").rglob("*.py"), *(PROJECT / "app").rglob("*.py")]
    found = {str(file.relative_to(PROJECT)) for file in files if makes.search(file.read_text())}
    assert found == {"app/navigation.py", "app/parts/forms.py", "app/parts/dialogs.py"}
