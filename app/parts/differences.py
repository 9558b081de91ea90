"""What a text was and what it would be, word by word: what goes is struck out, what comes is marked."""

from __future__ import annotations

import difflib
import re

import streamlit as st

from app.parts.text import plain

_LONGEST = 4000  # of words of both together: comparing more takes longer than reading it


def draw_difference(label: str, before: str, after: str) -> None:
    """One field: its name, and below it what changes of it."""
    st.markdown(f":gray[:small[{plain(label)}]]")
    st.markdown(marked(before, after) or ":gray[–]")


def marked(before: str, after: str) -> str:
    """Both texts as one Markdown text; lines stay lines."""
    old, new = re.findall(r"\s+|[^\s]+", before), re.findall(r"\s+|[^\s]+", after)
    if len(old) + len(new) > _LONGEST:
        return f"{_gone(before)}\n\n{_come(after)}"
    found: list[str] = []
    for what, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        was, becomes = "".join(old[a:b]), "".join(new[c:d])
        if what == "equal":
            found.append(plain(was).replace("\n", "  \n"))
            continue
        found += [_gone(was), _come(becomes)]
    return "".join(found)


def _gone(text: str) -> str:
    return _each(text, lambda words: f":red[~~{words}~~]")


def _come(text: str) -> str:
    return _each(text, lambda words: f":green-background[{words}]")


def _each(text: str, mark: object) -> str:
    """Marks stand around words, never around blanks or ends of lines, or Markdown would not see them."""
    assert callable(mark)
    parts = re.split(r"(\s*\n\s*)", text)
    made = []
    for part in parts:
        words = part.strip()
        if not words:
            made.append("  \n" if "\n" in part else part)
            continue
        lead, tail = part[: len(part) - len(part.lstrip())], part[len(part.rstrip()) :]
        made.append(f"{lead}{mark(plain(words))}{tail}")
    return "".join(made) + (" " if text and not text[-1].isspace() else "")
