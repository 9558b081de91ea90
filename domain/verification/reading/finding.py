"""Finding the fields of a paper by their labels, in its sentences, and in the block of an address."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from domain.verification.reading.views import Line
from domain.verification.reading.words import AFTER_NAME, CERTIFY, LABELS, SUBJECT, WEAK, plain

NEAR = 2.6  # line heights between a label and the value under it
SAME_LEFT = 14.0
VALUE_LONGEST = 160
BLOCK_LINES = 5
_NUMBERING = re.compile(r"^(?:\(?\d{1,2}[.)]|\d{1,2}\.\d{1,2}\.?)\s*")
_SAYS = r"(?:\s*:\s*|\s+(?:is|lautet|est|es|e|jest|luidt|no\.?|nr\.?)\s*:?\s+)"
_POSTCODES = {
    "GB": r"\b[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}\b", "NL": r"\b\d{4} ?[a-z]{2}\b", "PL": r"\b\d{2}-\d{3}\b",
    "PT": r"\b\d{4}-\d{3}\b", "AT": r"\b\d{4}\b", "CH": r"\b\d{4}\b", "BE": r"\b\d{4}\b", "DK": r"\b\d{4}\b",
    "NO": r"\b\d{4}\b", "SE": r"\b\d{3} ?\d{2}\b", "IE": r"\b[a-z]\d[\dw] ?[a-z\d]{4}\b", "US": r"\b\d{5}(?:-\d{4})?\b",
}  # fmt: skip


@dataclass(frozen=True)
class Hit:
    """One place that says what a field is."""

    text: str
    lines: tuple[Line, ...]
    how: str  # label, sentence or block


@dataclass
class Sheet:
    """The lines of a paper, in the order in which they are read, and all of them as one text."""

    lines: Sequence[Line]
    starts: list[int] = field(default_factory=list)

    @cached_property
    def flow(self) -> str:
        text = ""
        for line in self.lines:
            self.starts.append(len(text))
            text += line.text + "\n"
        return text

    @cached_property
    def small(self) -> str:
        return plain(self.flow).replace("\n", " ")

    def lines_at(self, start: int, end: int) -> tuple[Line, ...]:
        assert self.flow is not None
        return tuple(
            line for line, begin in zip(self.lines, self.starts, strict=True)
            if begin < end and start < begin + len(line.text)
        )  # fmt: skip


def _label_of(text: str, labels: Sequence[str]) -> tuple[str, int] | None:
    """The label with which a line begins, and where its value begins in the line; the longest label wins."""
    numbering = _NUMBERING.match(text)
    begin = numbering.end() if numbering else 0
    small = plain(text)[begin:]
    for label in sorted(labels, key=len, reverse=True):
        if not small.startswith(label):
            continue
        rest = small[len(label) :]
        if not rest.strip(" :."):
            return label, len(text)
        if rest[0] in " :" or rest[:2] == " :":
            skipped = len(rest) - len(rest.lstrip(" :"))
            return label, begin + len(label) + skipped
    return None


_ALL_LABELS = tuple(label for labels in LABELS.values() for label in labels)


def is_label(line: Line) -> bool:
    """Whether a line is only a label, of whichever field."""
    found = _label_of(line.text, _ALL_LABELS)
    return line.text.rstrip().endswith(":") or (found is not None and found[1] >= len(line.text))


def labelled(sheet: Sheet, name: str, *, lines_most: int = 1) -> list[Hit]:
    """What stands behind or under each label of a field; of long values also the lines that go on under them."""
    return _by_labels(sheet, LABELS[name], lines_most) or _by_labels(sheet, WEAK.get(name, ()), lines_most)


def _by_labels(sheet: Sheet, labels: Sequence[str], lines_most: int) -> list[Hit]:
    hits = []
    for line in sheet.lines:
        found = _label_of(line.text, labels)
        if found is None:
            continue
        label, begin = found
        rest = line.text[begin:].strip()
        has_colon = ":" in line.text[: begin + 1]
        is_weak = label not in _ALL_LABELS
        if rest and (has_colon or (not is_weak and _is_short_label_with_value(label, rest))):
            hits.append(Hit(rest[:VALUE_LONGEST], (line,), "label"))
        elif not rest:
            value = _beside(sheet, line) or _under(sheet, line)
            if value is not None:
                going_on = _going_on(sheet, value, lines_most - 1)
                hits.append(Hit("\n".join(one.text for one in (value, *going_on)), (value, *going_on), "label"))
    return hits


def _is_short_label_with_value(label: str, rest: str) -> bool:
    """ "KRS 0000123" without a colon; in "Firma und Sitz" the rest is words of a longer label."""
    return any(sign.isdigit() for sign in rest) and len(rest) <= 60 and " is " not in plain(rest)


def _beside(sheet: Sheet, label: Line) -> Line | None:
    height = label.bottom - label.top
    row = [
        line for line in sheet.lines
        if line.page == label.page and line.left >= label.right - 1
        and abs((line.top + line.bottom) / 2 - (label.top + label.bottom) / 2) < 0.5 * max(height, 6)
    ]  # fmt: skip
    nearest = min(row, key=lambda line: line.left, default=None)
    if nearest is None or _label_of(nearest.text, _ALL_LABELS) is not None:
        return None
    under = _under(sheet, label)
    return None if under is not None and _is_grid(sheet, label, nearest, under) else nearest


def _is_grid(sheet: Sheet, label: Line, beside: Line, under: Line) -> bool:
    """Whether values stand under their labels and the neighbour is the label of another column.

    Labels look alike and other than values; where all look alike, a value stands closer to its label than the next
    label to it, while the rows of a table keep one distance.
    """
    if abs(under.left - label.left) > 2:
        return False
    if beside.fonts != label.fonts:
        return False
    if under.fonts != label.fonts:
        return True
    following = _under(sheet, under)
    return following is not None and under.top - label.top < 0.75 * (following.top - under.top)


def _under(sheet: Sheet, label: Line) -> Line | None:
    height = max(label.bottom - label.top, 8)
    below = [
        line for line in sheet.lines
        if line.page == label.page and abs(line.left - label.left) < SAME_LEFT
        and 0 < line.top - label.top < NEAR * height
    ]  # fmt: skip
    nearest = min(below, key=lambda line: line.top, default=None)
    return None if nearest is None or _label_of(nearest.text, _ALL_LABELS) is not None else nearest


def _going_on(sheet: Sheet, value: Line, most: int) -> list[Line]:
    found: list[Line] = []
    last = value
    while len(found) < most:
        height = max(last.bottom - last.top, 8)
        below = [
            line for line in sheet.lines
            if line.page == last.page and abs(line.left - value.left) < 3 and 0 < line.top - last.top < 1.7 * height
        ]  # fmt: skip
        following = min(below, key=lambda line: line.top, default=None)
        if following is None or _label_of(following.text, _ALL_LABELS) is not None or _is_left_of(sheet, following):
            break
        found.append(following)
        last = following
    return found


def _is_left_of(sheet: Sheet, line: Line) -> bool:
    """Whether a label stands to the left of a line: then it is a value of its own."""
    return any(
        other.page == line.page and other.right <= line.left + 1 and _label_of(other.text, _ALL_LABELS) is not None
        and abs(other.top - line.top) < 0.5 * max(line.bottom - line.top, 6)
        for other in sheet.lines
    )  # fmt: skip


_NUMBER = r"[ :]{1,3}(?:n[o.]+ |nr\.? )?([a-z]{0,4}[ -]?\d[\da-z ./-]{3,26}?)(?=[,;)]|\.(?: |$)| [a-z]{4,}|$)"
_DAY = r"[ :]{1,3}(?:il |le |el |den |am |on |em )?(.{6,24})"
_VALUES = {
    "registration_number": rf"(?:{_SAYS}(.{{2,110}}?)(?:[.;](?: |$)|$)|{_NUMBER})",
    "tax_number": rf"(?:{_SAYS}(.{{2,110}}?)(?:[.;](?: |$)|$)|{_NUMBER})",
    "issued_on": _DAY, "valid_until": _DAY,
}  # fmt: skip


def in_sentences(sheet: Sheet, name: str) -> list[Hit]:
    """ "The VAT registration number is GB 123 456 789.": a label within a sentence and what it says."""
    hits: list[Hit] = []
    value = _VALUES.get(name, rf"{_SAYS}(.{{2,110}}?)(?:[.;](?: |$)|$)")
    for label in sorted(LABELS[name], key=len, reverse=True):
        if len(label) < (3 if name in ("registration_number", "tax_number") else 5):
            continue
        for match in re.finditer(rf"(?<![a-z]){re.escape(label)}{value}", sheet.small):
            span = next(match.span(group) for group in range(1, len(match.groups()) + 1) if match[group])
            if any(span[0] < end and start < span[1] for start, end in _spans(hits)):
                continue
            if _is_in_longer_label(sheet.small, match.start(), label):
                continue  # the registration number within a VAT registration number
            hits.append(_SpannedHit(sheet.flow[span[0] : span[1]], sheet.lines_at(*span), "sentence", span))
    return hits


def _is_in_longer_label(text: str, start: int, label: str) -> bool:
    for longer in _ALL_LABELS:
        within = longer.find(label) if len(longer) > len(label) else -1
        if within >= 0 and text.startswith(longer, max(0, start - within)) and start >= within:
            return True
    return False


@dataclass(frozen=True)
class _SpannedHit(Hit):
    span: tuple[int, int] = (0, 0)


def _spans(hits: Sequence[Hit]) -> Iterator[tuple[int, int]]:
    for hit in hits:
        if isinstance(hit, _SpannedHit):
            yield hit.span


_LEADS_TO_NAME = re.compile(
    r"(?<![a-z])(?:that|dass|que|che|dat|ze|iz|of|der|des|von|de|da|do|del|van|organi\w+|empresa|company|business|societe"
    r"|unternehmens?|firm[ay]|entreprise|sociedade?|societa|onderneming|vennootschap|spolka|trader)$|:$"
)


def certified(sheet: Sheet) -> list[Hit]:
    """ "We certify that NAME is ..." or, on a certificate, the line under "certify that the management system of"."""
    hits = []
    for match in re.finditer(rf"(?<![a-z]){CERTIFY}{SUBJECT}:? +(?=\S)", sheet.small):
        begin = match.end()
        if not _LEADS_TO_NAME.search(match[0].rstrip()):
            continue
        line_end = sheet.flow.find("\n", begin)
        is_own_line = begin == 0 or sheet.flow[begin - 1] == "\n"
        after = re.search(AFTER_NAME, sheet.small[begin : begin + 120])
        end = line_end if is_own_line else min(line_end + 40, begin + after.start()) if after else line_end
        text = sheet.flow[begin:end].replace("\n", " ").strip()
        if 3 <= len(text) <= VALUE_LONGEST:
            hits.append(_SpannedHit(text, sheet.lines_at(begin, end), "sentence", (begin, end)))
    return list(hits)


def blocks(sheet: Sheet, country: str, *, but_not: Sequence[str]) -> list[tuple[Hit, Hit]]:
    """Blocks of an address as letters carry them: the name, and the address under it.

    A block in which the issuer names itself is not whom the letter is for.
    """
    found = []
    postcode = re.compile(_POSTCODES.get(country, r"\b\d{5}\b"))
    for line in sheet.lines:
        if not postcode.search(plain(line.text)) or len(line.text) > 60 or _has_neighbour_on_the_left(sheet, line):
            continue
        if _label_of(line.text, _ALL_LABELS) is not None:
            continue
        above: list[Line] = []
        last = line
        while len(above) < BLOCK_LINES:
            height = max(last.bottom - last.top, 8)
            over = [
                other for other in sheet.lines
                if other.page == last.page and abs(other.left - line.left) < 3
                and 0 < last.top - other.top < 1.8 * height
            ]  # fmt: skip
            nearest = max(over, key=lambda other: other.top, default=None)
            if nearest is None or _label_of(nearest.text, _ALL_LABELS) is not None:
                break
            if any(_has_word(plain(nearest.text), issuer) for issuer in but_not):
                break  # the sender's line above whom a letter is for, or the issuer's own address
            above.insert(0, nearest)
            last = nearest
        block = [*above, line]
        if len(block) >= 3:
            found.append((
                Hit("\n".join(one.text for one in block[:2]), tuple(block[:2]), "block"),
                Hit("\n".join(one.text for one in block[1:]), tuple(block[1:]), "block"),
            ))  # fmt: skip
    return found


def _has_neighbour_on_the_left(sheet: Sheet, line: Line) -> bool:
    """Whether something stands to the left in the same row: then it is a value of a table, not a line of a block."""
    return any(
        other.page == line.page and other.right <= line.left + 1
        and abs(other.top - line.top) < 0.5 * max(line.bottom - line.top, 6)
        for other in sheet.lines
    )  # fmt: skip


def _has_word(text: str, word: str) -> bool:
    return re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", text) is not None


def has_postcode(text: str, country: str) -> bool:
    return re.search(_POSTCODES.get(country, r"\b\d{5}\b"), plain(text)) is not None


def below(sheet: Sheet, names: Sequence[Hit]) -> Iterator[list[Line]]:
    """The lines under each name, as certificates and letters carry the address: set flush or centred."""
    for name in names:
        if not name.lines:
            continue
        last = name.lines[-1]
        under = [
            line for line in sheet.lines
            if line.page == last.page and 0 < line.top - last.top < 9 * max(last.bottom - last.top, 8)
            and min(line.right, last.right) > max(line.left, last.left)
        ]  # fmt: skip
        lines = sorted(under, key=lambda line: line.top)[:BLOCK_LINES]
        for start in (0, 1):
            if lines[start:]:
                yield lines[start:]


def mentioned(sheet: Sheet, pattern: str) -> list[Hit]:
    """Where a name stands in running text."""
    return [
        _SpannedHit(
            sheet.flow[match.start() : match.end()].replace("\n", " "),
            sheet.lines_at(*match.span()),
            "mention",
            match.span(),
        )
        for match in re.finditer(pattern, sheet.small)
    ]


def is_weakly_labelled(sheet: Sheet, name: str) -> bool:
    """Whether only words that may mean something else lead to a field."""
    return not _by_labels(sheet, LABELS[name], 1)


def issuer_of(text: str, issuers: Sequence[str]) -> str | None:
    """Which of the known issuers a text names."""
    return next((issuer for issuer in issuers if _has_word(plain(text), issuer)), None)


def issuer_in(sheet: Sheet, issuers: Sequence[str]) -> tuple[str, Line] | None:
    """Which of the known issuers the paper names, and where; its name may go on in the line below."""
    for issuer in issuers:
        for line in sheet.lines:
            if issuer.split(" ")[0] not in plain(line.text):
                continue
            below = " ".join(one.text for one in _going_on(sheet, line, 1))
            if _has_word(plain(f"{line.text} {below}"), issuer):
                return issuer, line
    return None
