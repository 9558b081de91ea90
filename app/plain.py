"""Pages without Streamlit: for a browser that asks while the screens cannot answer, or asks for nothing we have."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from starlette.responses import HTMLResponse

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Wholesale OS</title><link rel="icon" href="/app/static/mark.svg">{refresh}
<style>
@font-face {{ font-family: Inter; font-weight: 100 900;
  src: url(/app/static/inter-latin-wght-normal.woff2) format("woff2") }}
:root {{ color-scheme: light dark; --ink: #0f172a; --soft: #475569; --ground: #f5f6fa; --card: #fff; --line: #e2e5ee }}
@media (prefers-color-scheme: dark) {{
  :root {{ --ink: #e5e9f2; --soft: #a3aec2; --ground: #0b1120; --card: #111a2c; --line: #27324a }} }}
* {{ box-sizing: border-box }}
body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px; background: var(--ground);
  color: var(--ink); font: 15px/1.55 Inter, system-ui, sans-serif }}
main {{ background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 36px; max-width: 440px }}
h1 {{ font-size: 22px; font-weight: 650; margin: 20px 0 8px }}
p {{ color: var(--soft); margin: 0 0 24px }}
a, button {{ display: inline-block; background: #4f46e5; color: #fff; text-decoration: none; font: inherit;
  font-weight: 550; padding: 9px 16px; border: 0; border-radius: 8px; cursor: pointer }}
a:focus-visible, button:focus-visible {{ outline: 2px solid #818cf8; outline-offset: 2px }}
</style></head><body><main><img src="/app/static/mark.svg" alt="" width="36" height="36">
<h1>{title}</h1><p>{text}</p><a href="{href}">{label}</a></main></body></html>"""


def page(
    status: int, title: str, text: str, *, label: str = "Go to the start page", href: str = "/", retry_s: int = 0
) -> HTMLResponse:
    """One plain page. With `retry_s` the browser asks again by itself."""
    refresh = f'<meta http-equiv="refresh" content="{retry_s}">' if retry_s else ""
    body = _PAGE.format(title=escape(title), text=escape(text), label=escape(label), href=escape(href), refresh=refresh)
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": str(retry_s)} if retry_s else {})
    return HTMLResponse(body, status, headers=headers)


_FORM = _PAGE.replace('<a href="{href}">', '<form method="post" action="{href}"><button>').replace(
    "</a></main>", "</button></form></main>"
)


def ask_to_unsubscribe(token: str) -> HTMLResponse:
    """One button: mail scanners open links, so that opening this one changes nothing."""
    body = _FORM.format(
        title="Stop these e-mails?", label="Stop these e-mails", refresh="",
        text="You will still see everything under Notices, and you can switch them on again there.",
        href=escape(f"/auth/unsubscribe?t={quote(token, safe='')}"),
    )  # fmt: skip
    return HTMLResponse(body, headers={"Cache-Control": "no-store"})


def unsubscribed(topic: str) -> HTMLResponse:
    return page(
        200, "You will get no more of these e-mails", f"E-mails about “{topic}” are switched off. Everything still "
        "stands under Notices, where you can switch them on again.", label="Open Notices", href="/account-notices",
    )  # fmt: skip


def not_found() -> HTMLResponse:
    return page(404, "There is no such page", "The address may be mistyped, or the page may have moved.")


def not_allowed(text: str = "Your account does not open this.") -> HTMLResponse:
    return page(403, "This page is not for you", text)


def session_ended() -> HTMLResponse:
    return page(
        400, "This sign-in has expired", "A sign-in has to be finished within half a minute, in the same browser.",
        label="Sign in again",
    )  # fmt: skip


def sign_on_ended() -> HTMLResponse:
    return page(
        400, "This sign-on did not work", "It has expired, was given up, or began in another browser. Nobody is signed "
        "in by it; please try again.", label="Back to the sign-in",
    )  # fmt: skip


def sign_on_down() -> HTMLResponse:
    return page(
        502, "The sign-on does not answer", "We cannot reach the place where you sign on at the moment. You can sign "
        "in with your e-mail address and your password, or try again later.", label="Back to the sign-in",
    )  # fmt: skip


def not_known(reason: str) -> HTMLResponse:
    """Somebody whom a provider vouches for, and whom we do not let in."""
    texts = {
        "unverified": "The place where you signed on has not checked your e-mail address, so we cannot tell who you "
        "are here. Please confirm the address there, or sign in with your password.",
        "other_subject": "Your address came in by another account there before. Please use that one, or sign in with "
        "your password and take the old one away on your profile.",
    }
    text = texts.get(
        reason, "Nobody works here with your address, or the address is not confirmed here yet. Please ask the owner "
        "of your organisation to invite you, or sign in with your password and confirm the address.",
    )  # fmt: skip
    return page(403, "We do not know this account", text, label="Back to the sign-in")


def database_down() -> HTMLResponse:
    return page(
        503, "We will be right back", "Your data is safe; we just cannot reach it at the moment. "
        "This page tries again by itself every few seconds.", label="Try again now", href="", retry_s=5,
    )  # fmt: skip


def maintenance() -> HTMLResponse:
    return page(
        503, "We are updating Wholesale OS", "An update is being put in place. It usually takes less than a minute; "
        "this page opens by itself when it is done.", label="Try again now", href="", retry_s=10,
    )  # fmt: skip
