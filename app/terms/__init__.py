"""The texts of the terms of service, one file a version, and what has changed between two of them."""

from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent


@cache
def text_of(version: str) -> str:
    """The text of a version, in Markdown."""
    return (HERE / f"{version}.md").read_text()


@cache
def changes(old: str, new: str) -> tuple[tuple[str, str], ...]:
    """What differs, paragraph by paragraph: (before, after); one of them is empty where a paragraph came or went."""
    before, after = _paragraphs(old), _paragraphs(new)
    found = []
    for kind, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            found.append(("\n\n".join(before[i:j]), "\n\n".join(after[k:m])))
    return tuple(found)


def _paragraphs(version: str) -> list[str]:
    return [part.strip() for part in text_of(version).split("\n\n") if part.strip()]
