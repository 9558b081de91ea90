"""Whether somebody's window is as narrow as a telephone, known before the first drawing.

The browser says how wide its window is when it is asked to (a client hint), or that it is a telephone. A cookie carries
that to the drawing, since a page's own connection has neither. Who says nothing is taken for a wide one.
"""

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from domain.kernel.settings import settings

WIDTH = "Sec-CH-Viewport-Width"
NARROW_BELOW = 640  # pixels


def cookie_name() -> str:
    return "__Host-narrow" if settings().secure_cookies else f"narrow-{settings().port}"


def cookie_to_set(request: Headers) -> str | None:
    """The value of a Set-Cookie header when the browser's cookie does not say what its window is."""
    said = request.get(WIDTH.lower(), "")
    is_narrow = int(said) < NARROW_BELOW if said.isdecimal() and len(said) < 7 else "Mobi" in request.get(
        "user-agent", ""
    )  # fmt: skip
    known = cookie_parser(request.get("cookie", "")).get(cookie_name())
    if is_narrow == (known == "1"):
        return None
    safe = "; Secure" if settings().secure_cookies else ""
    return f"{cookie_name()}={int(is_narrow)}; Path=/; HttpOnly; SameSite=Lax{safe}"
