"""The post over a real mail server on loopback: what arrives, what is tried again, and what a kill leaves behind."""

import email
import json
import socket
import threading
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlalchemy import text

from app.run import mail_sink, post
from domain import identity, notifications
from domain.kernel.actor import Actor
from domain.kernel.ids import new_id
from domain.kernel.settings import Unusable, settings
from domain.kernel.work import begin, run

pytestmark = pytest.mark.usefixtures("database")
SYSTEM = Actor.system()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def sink(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    port = free_port()
    running = mail_sink.listening(tmp_path, port)
    _smtp(monkeypatch, port)
    yield tmp_path
    running.stop()
    monkeypatch.undo()
    settings.cache_clear()


def _smtp(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setenv("WHOLESALE_SMTP", f"smtp://127.0.0.1:{port}")
    settings.cache_clear()


def kept(folder: Path) -> list[EmailMessage]:
    return [email.message_from_bytes(file.read_bytes(), policy=policy.default) for file in folder.glob("*.eml")]  # type: ignore[misc]


def wish(cause: str = "1", to: str = "ann@shop.example", **facts: Any) -> None:
    run(SYSTEM, notifications.send_email, to=to, kind="password_reset", facts=facts or {"link_id": str(new_id())},
        cause=cause)  # fmt: skip


def state() -> list[tuple[str, int, str | None]]:
    with begin(SYSTEM) as work:
        rows = work.session.execute(text("select state, tries, problem from outgoing_emails order by id"))
        return [tuple(row) for row in rows]  # type: ignore[misc]


def test_a_letter_arrives_with_its_link_in_both_shapes_and_is_sent_once(sink: Path) -> None:
    link_id = new_id()
    wish(link_id=str(link_id))
    assert post.send_emails() == 1 and post.send_emails() == 0
    [letter] = kept(sink)
    address = f"{settings().public_url}/welcome-reset?token={identity.token_of(link_id)}"
    plain, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain is not None and address in plain.get_content()
    assert html is not None and address in html.get_content()
    assert (letter["To"], letter["Subject"]) == ("ann@shop.example", "Choose a new password")
    assert letter["List-Unsubscribe"] is None
    assert state() == [("sent", 1, None)]


def test_killed_between_sending_and_saying_so_it_comes_again_as_the_same_letter(
    sink: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish()
    sent: list[str] = []
    real = mail_sink.keep
    monkeypatch.setattr(mail_sink, "keep", lambda folder, content: (sent.append("x"), real(folder, content)))

    class Killed(BaseException):
        pass

    def dies(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as dying, pytest.raises(Killed):
        dying.setattr(post, "run", lambda actor, command, **facts: (
            dies() if command is notifications.record_sent else run(actor, command, **facts)))  # fmt: skip
        post.send_emails()
    assert state() == [("waiting", 1, None)]
    _forget_claim()
    assert post.send_emails() == 1
    assert len(sent) == 2 and len(kept(sink)) == 1  # twice handed over, one Message-ID, one letter
    assert state() == [("sent", 2, None)]


def _forget_claim() -> None:
    def forget(work: Any) -> None:
        work.session.execute(text("update outgoing_emails set next_try_at = :now"), {"now": work.now})

    run(SYSTEM, forget)


def test_a_mail_server_that_is_down_loses_nothing(sink: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as down:
        _smtp(down, free_port())
        wish()
        assert post.send_emails() == 0
    settings.cache_clear()
    assert state() == [("waiting", 1, "The mail server does not answer.")]
    _forget_claim()
    assert post.send_emails() == 1 and len(kept(sink)) == 1


def test_an_address_that_is_refused_for_good_is_not_tried_again_and_holds_nobody_up(
    sink: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def handle_RCPT(self: Any, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address.startswith("nobody"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    monkeypatch.setattr(mail_sink.Keeper, "handle_RCPT", handle_RCPT, raising=False)
    wish("1", to="nobody@shop.example")
    wish("2")
    assert post.send_emails() == 1
    assert state() == [("failed", 1, "The address does not take letters."), ("sent", 1, None)]


def test_words_that_cannot_be_made_hold_nobody_up(sink: Path) -> None:
    def spoil(work: Any) -> None:
        work.session.execute(text("update outgoing_emails set facts = '{\"link_id\": \"no id\"}' where cause = '1'"))

    wish("1")
    run(SYSTEM, spoil)
    wish("2")
    assert post.send_emails() == 1
    assert state() == [("waiting", 1, "It could not be made (ValueError)."), ("sent", 1, None)]


def test_without_a_mail_server_letters_wait_untried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHOLESALE_SMTP", "")
    settings.cache_clear()
    wish()
    assert post.send_emails() == 0
    assert state() == [("waiting", 0, None)]


def test_a_text_message_is_kept_where_testers_find_its_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHOLESALE_HOME", str(tmp_path))
    settings.cache_clear()
    try:
        code_id = new_id()
        run(SYSTEM, notifications.send_text, to="+4915112345678", kind="phone_confirmation",
            facts={"code_id": str(code_id)}, cause="1")  # fmt: skip
        assert post.send_texts() == 1 and post.send_texts() == 0
        [file] = (tmp_path / "texts").glob("*.txt")
        assert identity.code_of(code_id) in file.read_text()
    finally:
        monkeypatch.undo()
        settings.cache_clear()


# --- text messages over HTTP -------------------------------------------------------------------


class Provider(BaseHTTPRequestHandler):
    """A provider of text messages as its other side: notes what it is given, and answers what it is told to."""

    taken: ClassVar[list[dict[str, Any]]] = []
    answers: ClassVar[list[int]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.taken.append(body | {"key": self.headers["Idempotency-Key"], "who": self.headers["Authorization"]})
        self.send_response(self.answers.pop(0) if self.answers else 200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Provider]]:
    Provider.taken.clear()
    Provider.answers.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("WHOLESALE_SMS", f"http://us:secret@127.0.0.1:{server.server_port}/messages")
    settings.cache_clear()
    yield Provider
    server.shutdown()
    server.server_close()
    monkeypatch.undo()
    settings.cache_clear()


def texts_state() -> list[tuple[str, str | None]]:
    with begin(SYSTEM) as work:
        rows = work.session.execute(text("select state, problem from outgoing_texts order by created_at, id")).all()
        return [(row.state, row.problem) for row in rows]


def test_a_text_message_goes_to_the_provider_once(provider: type[Provider]) -> None:
    run(SYSTEM, notifications.send_text, to="+4915112345678", kind="lost_factor_removed", facts={}, cause="1")
    assert post.send_texts() == 1 and post.send_texts() == 0
    [taken] = provider.taken
    assert taken["to"] == "+4915112345678" and "second factor was taken off" in taken["text"]
    assert taken["key"] == taken["id"] and taken["who"] == "Basic dXM6c2VjcmV0"
    assert texts_state() == [("sent", None)]


@pytest.mark.parametrize(("answer", "state_after"), [(400, "failed"), (503, "waiting"), (429, "waiting"), (302, "failed")])
def test_what_the_provider_does_not_take_is_tried_again_or_given_up(
    provider: type[Provider], answer: int, state_after: str
) -> None:
    provider.answers.append(answer)
    run(SYSTEM, notifications.send_text, to="+4915112345678", kind="lost_factor_removed", facts={}, cause="1")
    assert post.send_texts() == 0
    [(state_now, problem)] = texts_state()
    assert state_now == state_after and problem and "secret" not in problem


def test_text_messages_travel_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHOLESALE_SMS", "http://us:secret@provider.example/messages")
    settings.cache_clear()
    with pytest.raises(Unusable, match="WHOLESALE_SMS") as refused:
        settings()
    assert "secret" not in str(refused.value)
    monkeypatch.undo()
    settings.cache_clear()
