"""Days as papers write them: in figures or in words, in eight languages."""

import re
from datetime import date

from domain.verification.reading.words import plain

_NAMES = (
    "januar februar marz april mai juni juli august september oktober november dezember",
    "janner feber maerz",
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "january february march april may june july august september october november december",
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia wrzesnia pazdziernika listopada grudnia",
)
_MONTHS = {name: number for names in _NAMES for number, name in enumerate(names.split(), start=1)}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))

_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_FIGURES = re.compile(r"(?<![\d.,/-])(\d{1,2})([./-]) ?(\d{1,2})\2 ?(\d{4})(?!\d)")
_DAY_IN_WORDS = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:\.|er|st|nd|rd|th|o)?\s+(?:de |of |di |)({_MONTH})\.?,?\s+(?:de |del |)(\d{{4}})(?!\d)"
)
_MONTH_IN_WORDS = re.compile(rf"\b({_MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})(?!\d)")


def days_in(text: str, *, month_first: bool = False) -> list[tuple[date, int, int]]:
    """Every day in a text, with where its words begin and end, in their order."""
    small = plain(text)
    found: list[tuple[date, int, int]] = []
    for pattern, order in (
        (_YEAR_FIRST, (1, 2, 3)), (_FIGURES, (4, 1, 3) if month_first else (4, 3, 1)),
        (_DAY_IN_WORDS, (3, 2, 1)), (_MONTH_IN_WORDS, (3, 1, 2)),
    ):  # fmt: skip
        for match in pattern.finditer(small):
            year, month, day = (match[part] for part in order)
            try:
                value = date(int(year), _MONTHS[month] if month in _MONTHS else int(month), int(day))
            except ValueError:
                continue
            if not any(start < match.end() and match.start() < end for _, start, end in found):
                found.append((value, match.start(), match.end()))
    return sorted(found, key=lambda one: one[1])
