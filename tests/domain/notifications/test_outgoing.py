"""Letters and text messages: once per cause, tried again, given up, and never with a secret at rest."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from domain import identity, notifications
from domain.identity import OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import NotAllowed, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import begin, clock, run
from tests.make import market

pytestmark = pytest.mark.usefixtures("database")
SYSTEM = Actor.system()


def rows(query: str, **facts: object) -> list:
    with begin(SYSTEM) as work:
        return list(work.session.execute(text(query), facts).all())


def wish(cause: str = "1", kind: str = "password_reset", **facts: object) -> None:
    run(SYSTEM, notifications.send_email, to="Ann@Shop.Example", kind=kind, facts=facts or {"link_id": str(new_id())},
        cause=cause)  # fmt: skip


def test_a_cause_is_written_to_an_address_once():
    wish("7")
    wish("7")
    wish("8")
    assert [row.recipient for row in rows("select recipient from outgoing_emails")] == ["ann@shop.example"] * 2


def test_only_the_system_writes_and_only_with_words_and_facts():
    shop = market.company(OrgKind.RETAILER, "Shop")
    with pytest.raises(NotFound):
        run(shop.owner, notifications.send_email, to="a@b.example", kind="password_changed", facts={}, cause="1")
    with pytest.raises(NotFound):
        run(shop.owner, notifications.send_text, to="+491", kind="phone_confirmation", facts={}, cause="1")
    with pytest.raises(LookupError, match="no words"):
        wish(kind="never_heard_of")
    with pytest.raises(LookupError, match="need org_name"):
        wish(kind="invitation", link_id=str(new_id()))
    with pytest.raises(LookupError, match="need token"):
        wish(kind="password_reset", other=1)
    assert rows("select 1 from outgoing_emails union all select 1 from outgoing_texts") == []


def test_the_secret_of_a_link_stands_in_no_row_and_in_the_letter():
    link_id = new_id()
    wish(link_id=str(link_id))
    token = identity.token_of(link_id)
    [stored] = rows("select e::text as row from outgoing_emails e")
    assert str(link_id) in stored.row and token not in stored.row
    [claimed] = run(SYSTEM, notifications.claim_emails)
    letter = notifications.compose(
        claimed.kind, claimed.facts, home="https://here.example", token=notifications.token_in(claimed.facts)
    )
    assert f"https://here.example/welcome-reset?token={token}" in letter.text
    assert token in letter.html


def test_a_name_is_no_markup_and_no_header_in_a_letter():
    facts = {"org_name": "<script>x</script>\r\nBcc: all@world.example {home}", "link_id": ""}
    letter = notifications.compose("invitation", facts, home="https://here.example", token="t")
    assert "\n" not in letter.subject and "\r" not in letter.subject
    assert "<script>" not in letter.html and "&lt;script&gt;" in letter.html
    assert "{home}" in letter.text  # what a name holds is never filled in itself


def test_who_claims_a_letter_has_it_alone_until_he_is_taken_for_dead():
    wish()
    with begin(SYSTEM) as work:
        now = work.now
    with clock(now):
        [first] = run(SYSTEM, notifications.claim_emails)
        assert run(SYSTEM, notifications.claim_emails) == []
    with clock(now + timedelta(minutes=3)):
        [again] = run(SYSTEM, notifications.claim_emails)
    assert again.message_id == first.message_id and again.tries == 2
    run(SYSTEM, notifications.record_sent, message_id=first.message_id)
    run(SYSTEM, notifications.record_sent, message_id=first.message_id)
    with clock(now + timedelta(days=3)):
        assert run(SYSTEM, notifications.claim_emails) == []


def test_ten_tries_grow_further_apart_and_end_until_somebody_says_again():
    wish()
    boss = market.company(OrgKind.PLATFORM, "Platform", Variant.OPERATIONS, Variant.FINANCE)
    with begin(SYSTEM) as work:
        at = work.now
    waits = []
    for _ in range(10):
        with clock(at):
            [claimed] = run(SYSTEM, notifications.claim_emails)
            run(SYSTEM, notifications.record_not_sent, message_id=claimed.message_id, problem="refused")
        [row] = rows("select next_try_at, state, tries from outgoing_emails")
        waits.append((row.next_try_at - at).total_seconds())
        at = row.next_try_at
    assert row.state == "failed" and row.tries == 10
    assert waits[:3] == [60, 120, 240] and max(waits) <= 6 * 3600 and waits == sorted(waits)
    with clock(at + timedelta(days=1)):
        assert run(SYSTEM, notifications.claim_emails) == []
    assert [row.facts for row in rows("select facts from events where name = 'MessageFailed'")] == [
        {"channel": "email"}
    ]
    with pytest.raises(NotAllowed):
        run(boss.people[Variant.FINANCE], notifications.resend, message_id=claimed.message_id)
    run(boss.people[Variant.OPERATIONS], notifications.resend, message_id=claimed.message_id)
    with clock(at + timedelta(days=1)):
        assert [each.tries for each in run(SYSTEM, notifications.claim_emails)] == [1]
    with pytest.raises(NotFound):
        run(boss.people[Variant.OPERATIONS], notifications.resend, message_id=uuid4())
