"""Links by e-mail: one use, a short life, and nothing in the table that would open them."""

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from domain import identity
from domain.identity import LinkPurpose, OrgKind
from domain.kernel.actor import Actor
from domain.kernel.errors import NotFound
from domain.kernel.work import begin, clock, run
from tests.make.market import Company, company

HOUR = timedelta(hours=1)
SYSTEM = Actor.system()


@pytest.fixture
def shop(database: sa.Connection) -> Company:
    return company(OrgKind.RETAILER, "Corner Shop")


def link(shop: Company, purpose: LinkPurpose = LinkPurpose.INVITATION, life: timedelta = HOUR) -> UUID:
    return run(shop.owner, identity.make_link, purpose=purpose, org_id=shop.org_id, facts={"a": 1}, life=life)


def use(token: str, purpose: LinkPurpose = LinkPurpose.INVITATION) -> identity.LinkRow:
    return run(SYSTEM, identity.use_link, token=token, purpose=purpose)


def test_a_link_says_once_what_it_is_for(shop: Company) -> None:
    link_id = link(shop)
    token = identity.token_of(link_id)
    for _ in range(2):  # looking does not use it up: mail scanners open links too
        with begin(SYSTEM) as work:
            assert identity.link_of(work, token=token, purpose=LinkPurpose.INVITATION).facts == {"a": 1}
    used = use(token)
    assert (used.link_id, used.org_id) == (link_id, shop.org_id)
    with pytest.raises(NotFound) as again:
        use(token)
    assert "already used" in again.value.sentence


def test_every_link_that_does_not_work_is_refused_in_the_same_words(shop: Company) -> None:
    sentences = set()

    def refused(token: str, purpose: LinkPurpose = LinkPurpose.INVITATION) -> None:
        with pytest.raises(NotFound) as refusal:
            use(token, purpose)
        sentences.add(refusal.value.sentence)

    live = identity.token_of(link(shop))
    used = identity.token_of(link(shop))
    use(used)
    refused(used)
    with clock(_now() + HOUR):
        refused(live)
    refused(live, LinkPurpose.PASSWORD_RESET)
    other = identity.token_of(link(shop))
    refused(live[:22] + other[22:])  # the id of one, the proof of another
    refused(live[:-2] + ("AA" if live[-2:] != "AA" else "BB"))
    for rubbish in ("", "x", "ü" * 54, "A" * 54, live + "AAAA"):
        refused(rubbish)
    assert len(sentences) == 1
    assert use(live).org_id == shop.org_id  # none of that used the good one up


def test_a_link_is_made_for_ones_own_only(shop: Company) -> None:
    other = company(OrgKind.RETAILER, "Other Shop")
    for owner in ({"org_id": shop.org_id}, {"person_id": shop.owner.user_id}, {}):
        with pytest.raises(NotFound):
            run(other.owner, identity.make_link, purpose=LinkPurpose.INVITATION, life=HOUR, **owner)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        run(other.owner, identity.use_link, token=identity.token_of(link(shop)), purpose=LinkPurpose.INVITATION)


def test_a_withdrawn_link_does_not_work(shop: Company) -> None:
    other = company(OrgKind.RETAILER, "Other Shop")
    kept, gone = link(shop), link(shop)
    assert run(other.owner, identity.withdraw_links, purpose=LinkPurpose.INVITATION, link_id=gone) == 0
    assert run(shop.owner, identity.withdraw_links, purpose=LinkPurpose.INVITATION, link_id=gone) == 1
    with pytest.raises(NotFound):
        use(identity.token_of(gone))
    assert use(identity.token_of(kept)).link_id == kept


def _now():  # type: ignore[no-untyped-def]
    with begin(SYSTEM) as work:
        return work.now
