"""What a cell of a price list says: numbers, dates, shares and trade item numbers, or why it says none.

A cell is a string of a text file or a typed value of a workbook. Whoever writes numbers as text writes currency
signs, thousands marks and blanks into them.
"""

import datetime
import re
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from domain.kernel.delimited import DayOrder
from domain.kernel.workbooks import Cell

Mark = Literal[".", ","]

LARGEST_PRICE = 10**9
LARGEST_QUANTITY = 10**9
_BLANKS = dict.fromkeys(map(ord, "\u00a0\u202f\u2009\u2007\u200b\u2060\ufeff\u3000"), " ")
_AROUND = r"(?:[A-Za-z]{1,3}\$|[A-Za-z]{2,4}\.?|[€$£¥₹₽₺₴¢]|Kč|zł|kr\.?)"
_PRICED = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[-+\u2212])?\s*(?:{_AROUND})?\s*(?P<sign2>[-+\u2212])?\s*"
    rf"(?P<body>[0-9][0-9.,'\u2019 ]*|[.,][0-9]+)(?P<dash>[.,]?[-\u2013\u2014]{{1,2}})?(?P<minus>-)?\s*(?:{_AROUND})?"
    r"(?:\s*/\s*[^\W\d]+\.?)?\s*(?P<close>\))?"
)
SIMPLE = {mark: re.compile(rf"[0-9]{{1,9}}(?:{re.escape(mark)}[0-9]{{1,6}})?") for mark in (".", ",")}
_WHOLE_WITH_UNIT = re.compile(r"([0-9][0-9., '\u2019]*)\s*(?:x|[^\W\d_]{1,12}\.?)?")
_SCIENTIFIC = re.compile(r"([0-9])[.,]?([0-9]*)[eE]\+?([0-9]{1,2})")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_EXCEL_TEXT = re.compile(r'="([^"()=]*)"')
_EPOCH = datetime.date(1899, 12, 30)


def words_in(cell: Cell) -> str:
    """The cell as text that can be stored: a number as it is written, blanks of all kinds around it cut off."""
    if isinstance(cell, str):
        if "\0" in cell:  # such as of a row that is broken
            cell = cell.replace("\0", "")
        text = cell.translate(_BLANKS).strip() if not cell.isascii() else cell.strip()
        if text[:2] == '="' and (match := _EXCEL_TEXT.fullmatch(text)):
            return match[1].strip()  # how spreadsheets are told to keep leading zeros
        if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@", *"0123456789") and len(text) > 1:
            return text[1:]  # and how our own files keep them from calculating
        return text
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{Decimal(repr(cell)):f}"
    return cell.isoformat() if isinstance(cell, datetime.date) else str(cell)


def is_formula(words: str) -> bool:
    """Whether a spreadsheet that opened these words would calculate something."""
    return words.startswith(_FORMULA)


def price_in(cell: Cell, mark: Mark) -> Decimal:
    """A price above zero, or `ValueError` with what is wrong."""
    if type(cell) is str and SIMPLE[mark].fullmatch(cell):  # most are, and nothing about these is in doubt
        number = Decimal(cell.replace(",", "."))
        if number:
            return number
    number = number_in(cell, mark)
    if number < 0:
        raise ValueError("negative {}")
    if isinstance(cell, float):
        number = round(number, 6)  # what a formula left of a float is noise
    if number == 0:
        raise ValueError("{} is zero")
    if number >= LARGEST_PRICE:
        raise ValueError("{} too large")
    if number != round(number, 6):
        raise ValueError("{} with more than six decimals")
    return number


def whole_in(cell: Cell, mark: Mark) -> int:
    """A whole number above zero, or `ValueError`. A unit behind it is left out: 6 pcs."""
    if isinstance(cell, str):
        match = _WHOLE_WITH_UNIT.fullmatch(words_in(cell))
        cell = match[1].strip() if match else cell
    try:
        number = number_in(cell, mark)
    except ValueError:
        raise ValueError("{} not a whole number") from None
    if number != int(number):
        raise ValueError("{} not a whole number")
    if not 0 < number <= LARGEST_QUANTITY:
        raise ValueError("{} must be above zero" if number <= 0 else "{} too large")
    return int(number)


def days_in(cell: Cell, mark: Mark) -> int:
    """Whole days from 0 to 730; of a span the longer end, and of weeks their days."""
    words = words_in(cell).casefold()
    match = re.fullmatch(r"(?:[0-9]+\s*(?:-|\u2013|bis|to|a)\s*)?([0-9]{1,4})(?:[.,]0)?\s*([^\W\d_]*)\.?", words)
    if not match:
        raise ValueError("{} not a number of days")
    is_weeks = match[2][:4] in ("week", "woch", "wks", "wk", "sema", "sett", "weke", "kw", "tyg")
    days = int(match[1]) * (7 if is_weeks else 1)
    if days > 730:
        raise ValueError("{} above 730 days")
    return days


def number_in(cell: Cell, mark: Mark) -> Decimal:
    """Any number, or `ValueError`."""
    if isinstance(cell, str):
        return _parsed(cell, mark)
    if isinstance(cell, bool) or not isinstance(cell, int | float) or cell != cell or abs(cell) > 1e15:
        raise ValueError("{} not a number")
    return Decimal(repr(cell))


@lru_cache(maxsize=1 << 16)
def _parsed(cell: str, mark: Mark) -> Decimal:
    match = _PRICED.fullmatch(words_in(cell))
    if not match or bool(match["open"]) != bool(match["close"]):
        raise ValueError("{} not a number")
    body, signs = match["body"].strip(), f"{match['sign'] or ''}{match['sign2'] or ''}{match['minus'] or ''}"
    if match["dash"]:
        if body[-1] not in ".," and match["dash"][0] not in ".,":
            signs += match["dash"]  # "4.20-" is how some accounts write a debit; "12,-" has no cents
        elif "." in body[:-1] or "," in body[:-1]:
            raise ValueError("{} not a number")
        body = body.rstrip(".,")
    number = Decimal(_plain(body, mark))
    return -number if match["open"] or any(sign in "-\u2212" for sign in signs) else number


def _plain(body: str, mark: Mark) -> str:
    """Digits and one dot, or `ValueError`: thousands marks stand before groups of three."""
    if not re.fullmatch(r"[0-9]{1,3}(?:[ '\u2019][0-9]{3})+(?:[.,][0-9]*)?|[0-9.,]+", body):
        raise ValueError("{} not a number")
    body = re.sub(r"[ '\u2019]", "", body)
    other = "." if mark == "," else ","
    whole, point, part = body.partition(mark)
    if mark in part:
        if other in body or not re.fullmatch(rf"[0-9]{{1,3}}(?:\{mark}[0-9]{{3}})+", body):
            raise ValueError("{} not a number")
        return body.replace(mark, "")  # 1.234.567 among numbers with a decimal dot
    if other in part:
        whole, part = body.partition(other)[::2]  # the other way round: 1.234,50 where a dot is usual
        if other in part or not re.fullmatch(rf"[0-9]{{1,3}}(?:\{mark}[0-9]{{3}})+", whole):
            raise ValueError("{} not a number")
        return f"{whole.replace(mark, '')}.{part or 0}"
    if other in whole:
        if re.fullmatch(rf"[0-9]{{1,3}}(?:\{other}[0-9]{{3}})+", whole):
            return f"{whole.replace(other, '')}.{part or 0}"
        if point or whole.count(other) > 1:
            raise ValueError("{} not a number")
        whole, _, part = whole.partition(other)  # 5.95 cannot be thousands
    return f"{whole or 0}.{part or 0}" if part else whole or "0"


def share_in(cell: Cell, mark: Mark, *, of_hundred: bool) -> Decimal:
    """A share from 0 up to 1, written as one or in percent, or `ValueError`."""
    words = words_in(cell)
    is_percent = words.endswith("%")
    number = number_in(words.rstrip("% ") if isinstance(cell, str) else cell, mark)
    share = number / 100 if is_percent or of_hundred else number
    if not 0 <= share < 1:
        raise ValueError("{} not between 0 and 100 %")
    return round(share, 6).normalize() if share else Decimal(0)


def date_in(cell: Cell, order: DayOrder) -> datetime.date:
    """A day, also as the number that a spreadsheet keeps it as, or `ValueError`."""
    if isinstance(cell, datetime.date):
        return cell
    words = words_in(cell)
    try:
        if re.fullmatch(r"[1-6][0-9]{4}(?:\.0+)?", words):
            return _EPOCH + datetime.timedelta(days=int(float(words)))
        match = re.match(r"([0-9]{1,4})[./-]([0-9]{1,2})[./-]([0-9]{2,4})(?:[ T][0-9:.]+)?$", words)
        if match:
            first, second, third = match.groups()
            if len(first) == 4:
                return datetime.date(int(first), int(second), int(third))
            year = int(third) if len(third) == 4 else int(third) + (2000 if int(third) < 70 else 1900)
            day, month = (int(second), int(first)) if order == "mdy" else (int(first), int(second))
            return datetime.date(year, month, day)
    except (ValueError, OverflowError):
        pass
    raise ValueError("{} not a date")


def gtin_in(cell: Cell) -> str:
    """A trade item number (8, 12, 13 or 14 digits) with a right check digit, or `ValueError`.

    Spreadsheets take it for a number: they cut off leading zeros, which come back here, and show it as 5,00E+12,
    which is mended only where all of its digits are still there.
    """
    words = words_in(cell).lstrip("'")
    match = _SCIENTIFIC.fullmatch(words)
    if match:
        head, tail, power = match[1], match[2], int(match[3])
        if len(tail) < power - 1 or len(tail) > power:
            raise ValueError("{} has lost its digits")
        words = (head + tail).ljust(power + 1, "0")
    digits = re.sub(r"[ \-]|\.0+$", "", words)
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError("{} not a number of 8, 12, 13 or 14 digits")
    for length in (8, 12, 13, 14):
        number = digits.zfill(length)
        if len(number) == length and length - len(digits) <= 2 and _checks(number):
            return number
    long_enough = len(digits) in (8, 12, 13, 14)
    raise ValueError("{} with a wrong check digit" if long_enough else "{} not a number of 8, 12, 13 or 14 digits")


def _checks(number: str) -> bool:
    weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(number)))
    return weighed % 10 == 0
