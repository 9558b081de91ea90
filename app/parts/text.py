"""Text that people typed, safe wherever Streamlit renders Markdown."""

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$&=^])")
_DIRECTIVE = re.compile(r":(?=\w)")


def plain(text: object) -> str:
    """The text as it is: no emphasis, link, image, formula, colour, icon or HTML comes out of it."""
    escaped = _SPECIAL.sub(r"\\\1", str(text).replace("\r", " ").replace("\n", " "))
    # ":red[...]", ":material/...:" and ":smile:" are read after backslashes are gone; a word joiner stops them.
    return _DIRECTIVE.sub(":\u2060", escaped)
