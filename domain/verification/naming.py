"""Whether two names mean the same company or person: pure text, no look-ups."""

import hashlib
import hmac
import re
import unicodedata
from datetime import date

from rapidfuzz import fuzz

from domain.kernel.settings import settings

# Legal forms say what a company is, not which; registers and letters write them in many ways.
_FORMS = frozenset(
    "gmbh mbh ag kg ohg gbr ug ek sa sas sarl srl spa sl slu bv nv vof ltd limited llc inc corp co plc as asa ab oy aps"  # noqa: SIM905
    " lda sp zoo oo kft sro doo pte pvt se ev eg".split()
)
_LONG_FORMS = re.compile(
    r"\b(gesellschaft mit beschrankter haftung|aktiengesellschaft|sociedad limitada|sociedad anonima|societe anonyme"
    r"|besloten vennootschap|spolka z o o|sp z o o|haftungsbeschrankt)\b"
)
_UNACCENTED = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "&": " "})


def key_of(name: str) -> str:
    """The name without case, accents, punctuation and legal form, its words in order."""
    text = unicodedata.normalize("NFKD", name.casefold().translate(_UNACCENTED))
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = re.sub(r"\.(?=\w\b)|(?<=\b\w)\.", "", text)
    text = " ".join(re.sub(r"[^\w]+", " ", text).split())
    words = [word for word in _LONG_FORMS.sub(" ", text).split() if word not in _FORMS]
    return " ".join(words) or text


def likeness(one: str, other: str) -> float:
    """0 to 100: how alike two names are, whatever the order of their words and their legal forms."""
    return float(round(fuzz.token_sort_ratio(key_of(one), key_of(other)), 2))


def person_key(name: str, born_on: date | None) -> str:
    """The same for the same person, and nothing that a name could be read from."""
    text = f"{' '.join(sorted(key_of(name).split()))}|{born_on or ''}"
    return hmac.new(settings().secret_key.get_secret_value().encode(), text.encode(), hashlib.sha256).hexdigest()
