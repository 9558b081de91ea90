"""What is written to people outside of the product: the words of every letter and text message, by kind.

A sentence may name facts of the wish ({org_name}) and what is made at the moment of sending: {token}, the one-time
link's secret; {code}, the one-time code; {home}, the address of this installation. Neither secret is ever stored.
The words of notices belong to the screens, so whoever sends them brings them: {sentence} and {lines}.
"""

import string
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

SECRETS = {"link_id": "token", "code_id": "code"}  # the fact that names it, and what is made of it


@dataclass(frozen=True)
class Letter:
    """Paragraphs, and at most one button with where it leads."""

    subject: str
    paragraphs: tuple[str, ...]
    button: str = ""
    path: str = ""
    after: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        return _names(self.subject, *self.paragraphs, self.path, *self.after)


@dataclass(frozen=True)
class Composed:
    subject: str
    text: str
    html: str


_ONCE = "The link works once. If you did not ask for it, you need not do anything."
_SECURITY = "If this was not you, reset your password and sign out your other devices on the Security page."

LETTERS: dict[str, Letter] = {
    # ways in
    "password_reset": Letter(
        "Choose a new password",
        ("Somebody, hopefully you, asked to choose a new password for your account at Wholesale OS.",),
        "Choose a new password", "/welcome-reset?token={token}", (_ONCE,),
    ),
    "email_confirmation": Letter(
        "Please confirm your e-mail address",
        ("Please confirm that this address is yours. Then we can write to you about your orders and your account.",),
        "Confirm this address", "/welcome-confirm?token={token}", (_ONCE,),
    ),
    "email_change_old": Letter(
        "Your e-mail address is about to change",
        (
            "Somebody who is signed in to your account asked to change its e-mail address. The change needs a yes"
            " from this address and from the new one.",
        ),
        "Allow the change", "/welcome-confirm?token={token}", (_ONCE, _SECURITY),
    ),
    "email_change_new": Letter(
        "Please confirm your new e-mail address",
        ("Please confirm that this address is yours. The change also needs a yes from the old address.",),
        "Confirm this address", "/welcome-confirm?token={token}", (_ONCE,),
    ),
    "email_changed": Letter(
        "Your e-mail address has changed",
        ("The e-mail address of your account was changed. From now on you sign in with the new one.",),
        "", "", (_SECURITY,),
    ),
    "domain_confirmation": Letter(
        "Company sign-on for {domain} at Wholesale OS",
        (
            "{org_name} wants its people to sign in to Wholesale OS by its own sign-on, with addresses of {domain}."
            " You get this letter because you look after the mail of this domain.",
        ),
        "See what it is about", "/welcome-confirm?token={token}",
        ("The link works once. If you do not know of this, you need not do anything: nothing is opened.",),
    ),
    "password_changed": Letter(
        "Your password was changed",
        ("The password of your account was changed, and your other devices were signed out.",),
        "", "", (_SECURITY,),
    ),
    "account_exists": Letter(
        "You already have an account",
        ("Somebody, perhaps you, tried to register with this address, which has an account already.",),
        "Sign in", "/", ("If you have forgotten your password, you can choose a new one there.",),
    ),
    "second_factor_on": Letter(
        "Sign-in with a code is switched on",
        ("From now on your account asks for a code of your authenticator app.",), "", "", (_SECURITY,),
    ),
    "second_factor_off": Letter(
        "Sign-in with a code is switched off",
        ("Your account no longer asks for a code of an authenticator app.",), "", "", (_SECURITY,),
    ),
    "recovery_code_used": Letter(
        "A recovery code was used",
        ("Somebody signed in to your account with one of your recovery codes. It cannot be used again.",),
        "See your security page", "/account-security", (_SECURITY,),
    ),
    "new_sign_in": Letter(
        "A new browser signed in to your account",
        (
            "Your account was opened from a browser that we had not seen before: {browser}, on {when}.",
            "If this was you, you need not do anything.",
        ),
        "This was not me", "/welcome-confirm?token={token}",
        ("There you end all sessions with one click and choose a new password. The link works once, for a week.",),
    ),
    "factor_loss_asked": Letter(
        "Somebody asks to get into your account without your second factor",
        (
            "Somebody who knows your password said that your phone and your recovery codes are lost, and asked to sign"
            " in without them. Nothing has changed yet: somebody else has to approve it, and then a waiting time runs.",
            "If this was you, please tell the owner of your organisation, so that they know that it is you.",
        ),
        "This was not me: stop it", "/welcome-confirm?token={token}",
        ("If this was not you, somebody knows your password. Please stop it and choose another one.",),
    ),
    "factor_loss_approved": Letter(
        "Your second factor will be taken off on {when}",
        (
            "It was approved that your account can be opened without your second factor from {when} on. All your"
            " sessions end then, and payouts and bank accounts stay closed to you for three days.",
        ),
        "I still have it: stop this", "/welcome-confirm?token={token}",
        ("Any browser in which you are signed in can stop it too, and so does signing in with a code.",),
    ),
    "factor_loss_near": Letter(
        "Last letter before your second factor is taken off, on {when}",
        ("On {when} your account can be opened with the password alone. Please stop it if this was not you.",),
        "Stop this", "/welcome-confirm?token={token}",
        ("Any browser in which you are signed in can stop it too, and so does signing in with a code.",),
    ),
    "factor_loss_refused": Letter(
        "Your second factor stays",
        ("Whoever had to decide did not approve that your account is opened without your second factor.",),
        "Sign in", "/", ("Please talk to the owner of your organisation, or to our support.",),
    ),
    "factor_loss_cancelled": Letter(
        "Your second factor stays",
        ("The request to open your account without your second factor has ended. Nothing has changed.",),
        "Sign in", "/", ("If you did not ask for it, please choose another password: somebody knows yours.",),
    ),
    "lost_factor_removed": Letter(
        "Your second factor was taken off",
        (
            "Your account opens with the password alone again, and all your sessions have ended. Please sign in and"
            " set up a new second factor.",
            "Payouts and bank accounts stay closed to you for three days.",
        ),
        "Sign in", "/", (_SECURITY,),
    ),
    # teams
    "registration": Letter(
        "Please confirm your e-mail address",
        ("You have begun to register your organisation at Wholesale OS. Confirm this address to go on.",),
        "Confirm and go on", "/welcome-register?token={token}", (_ONCE,),
    ),
    "invitation": Letter(
        "You are invited to {org_name} at Wholesale OS",
        ("{org_name} invites you to work with them at Wholesale OS.",),
        "Join {org_name}", "/welcome-join?token={token}",
        ("The link works once. If you do not know the company, you need not do anything.",),
    ),
    "member_removed": Letter(
        "You no longer work for {org_name} at Wholesale OS",
        ("{org_name} has taken you off their team, so you can no longer sign in for them.",),
        "", "", ("Their owner can tell you more.",),
    ),
    "role_changed": Letter(
        "Your role at {org_name} has changed",
        ("Your role at {org_name} is another one from now on.",), "See what you may do", "/account-profile",
    ),
    # suspension
    "organization_suspended": Letter(
        "{org_name} is suspended",
        (
            "We have suspended {org_name} at Wholesale OS. The reason: {reason}",
            "You can still sign in. Open orders go on: please ship, count and accept them as agreed. New orders,"
            " new offers and new baskets are not possible meanwhile, and your offers do not show in searches.",
            "You may appeal once; somebody else than who decided will look at it.",
        ),
        "Read the reason and appeal", "/account-standing",
    ),
    "organization_restored": Letter(
        "{org_name} is active again",
        ("{org_name} can trade at Wholesale OS again without limits.",), "Open Wholesale OS", "/",
    ),
    "appeal_refused": Letter(
        "Your appeal was looked at",
        ("Somebody else than who decided has looked at your appeal, and the suspension stands. The answer: {answer}",),
        "Read the answer", "/account-standing",
    ),
    "account_disabled": Letter(
        "Your account is closed for now",
        ("We keep your account at Wholesale OS from signing in for now. The reason: {reason}",),
        "", "", ("Your colleagues can go on working. Please answer to our support if you think this is a mistake.",),
    ),
    "account_enabled": Letter(
        "You can sign in again", ("Your account at Wholesale OS is open again.",), "Sign in", "/",
    ),
    # what stands in the bell; the sentence is the screen's
    "notice": Letter(
        "{sentence}",
        ("{sentence}",), "Open", "/account-notices",
        ("Choose which e-mails you get: {home}/account-notices{unsubscribe}",),
    ),
    "digest": Letter(
        "Your day at Wholesale OS: {count} notices",
        ("What happened since the last summary:", "{lines}"), "Open", "/account-notices",
        ("Choose which e-mails you get: {home}/account-notices{unsubscribe}",),
    ),
}  # fmt: skip

TEXTS: dict[str, str] = {
    "phone_confirmation": "{code} is your code at Wholesale OS. It is valid for a few minutes. Tell it to nobody.",
    "factor_loss_asked": "Wholesale OS: somebody with your password asks to sign in without your second factor. Not"
    " you? Our letter to your e-mail address stops it.",
    "factor_loss_approved": "Wholesale OS: your second factor will be taken off soon. Not you? Our letter to your"
    " e-mail address stops it.",
    "factor_loss_near": "Wholesale OS: your second factor will be taken off in a few hours. Not you? Our letter to your"
    " e-mail address stops it.",
    "lost_factor_removed": "Wholesale OS: your second factor was taken off. Payouts stay closed to you for three days.",
}


def missing(kind: str, facts: Mapping[str, Any], *, is_text: bool = False) -> list[str]:
    """The facts that the words of this kind name and the wish does not have.

    Raises `LookupError` for a kind without words: that is a mistake of ours, which a test should meet.
    """
    words = TEXTS if is_text else LETTERS
    if kind not in words:
        raise LookupError(f"There are no words for {kind!r} yet; domain/notifications/letters.py holds them.")
    names = _names(TEXTS[kind]) if is_text else LETTERS[kind].names
    known = {*facts, "home", *(made for named, made in SECRETS.items() if named in facts)}
    return sorted(names - known)


def has_secret(kind: str) -> bool:
    """Whether these words hold a one-time link or code."""
    names = LETTERS[kind].names if kind in LETTERS else _names(TEXTS.get(kind, ""))
    return bool(names & set(SECRETS.values()))


def compose(kind: str, facts: Mapping[str, Any], *, home: str, token: str = "") -> Composed:
    """The letter as it is sent: subject, plain text, and the same as simple HTML."""
    letter, known = LETTERS[kind], {**facts, "token": token, "home": home}
    said = [_filled(line, known) for line in letter.paragraphs]
    after = [_filled(line, known) for line in letter.after]
    button, address = _filled(letter.button, known), f"{home}{_filled(letter.path, known)}" if letter.path else ""
    plain = [*said, *([f"{button}: {address}"] if address else []), *after, "Wholesale OS"]
    # One line, whatever stood in a name: a subject with a break would be a header of somebody else's making.
    subject = " ".join(_filled(letter.subject, known).split())[:150]
    return Composed(subject, "\n\n".join(plain) + "\n", _html(said, button, address, after))


def compose_text(kind: str, facts: Mapping[str, Any], *, code: str = "") -> str:
    return _filled(TEXTS[kind], {**facts, "code": code})


def _names(*sentences: str) -> frozenset[str]:
    return frozenset(name for line in sentences for _, name, _, _ in string.Formatter().parse(line) if name)


def _filled(sentence: str, facts: Mapping[str, Any]) -> str:
    # Only plain names: what a fact holds is never read as a format itself.
    return "".join(
        before + (str(facts[name]) if name else "") for before, name, _, _ in string.Formatter().parse(sentence)
    )


def _html(said: list[str], button: str, address: str, after: list[str]) -> str:
    def lines(text: str) -> str:
        return escape(text).replace("\n", "<br>")

    parts = [f'<p style="margin:0 0 16px">{lines(line)}</p>' for line in said]
    if address:
        parts.append(
            f'<p style="margin:24px 0"><a href="{escape(address)}" style="background:#1f5eff;color:#ffffff;'
            f'padding:12px 20px;border-radius:8px;text-decoration:none;display:inline-block">{escape(button)}</a></p>'
        )
    parts += [f'<p style="margin:0 0 8px;color:#667085;font-size:13px">{lines(line)}</p>' for line in after]
    return (
        '<!doctype html><html><body style="margin:0;padding:24px;font-family:sans-serif;font-size:16px;'
        'line-height:1.5;color:#101828"><div style="max-width:560px;margin:0 auto">'
        + "".join(parts)
        + '<p style="margin:24px 0 0;color:#667085;font-size:13px">Wholesale OS</p></div></body></html>'
    )
