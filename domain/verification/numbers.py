"""Numbers that prove themselves: tax and company numbers, accounts and articles by their check digits.

The rules per country are python-stdnum's. A number that passes could exist; that it is this company's is shown by
papers and registers.
"""

import importlib
import re
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict
from stdnum import exceptions

# What python-stdnum calls its modules, where the word for the number is another.
_MODULES = {("", "gs1_128"): "stdnum.gs1_128", ("in", "gstin"): "stdnum.in_.gstin", ("in", "pan"): "stdnum.in_.pan"}
_PACKAGES = {"in": "in_", "is": "is_", "uk": "gb", "el": "gr"}

# By which of its schemes a country's companies are known.
TAX_SCHEMES = {
    "AT": "uid", "BE": "vat", "BG": "vat", "CH": "uid", "CY": "vat", "CZ": "dic", "DE": "vat", "DK": "cvr",
    "EE": "kmkr", "ES": "nif", "FI": "alv", "FR": "tva", "GB": "vat", "GR": "vat", "HR": "oib", "HU": "anum",
    "IE": "vat", "IT": "iva", "LT": "pvm", "LU": "tva", "LV": "pvn", "MT": "vat", "NL": "btw", "NO": "mva",
    "PL": "nip", "PT": "nif", "RO": "cf", "SE": "vat", "SI": "ddv", "SK": "dph", "AU": "abn", "BR": "cnpj",
    "CA": "bn", "IN": "gstin", "JP": "cn", "MX": "rfc", "NZ": "ird", "TR": "vkn", "US": "ein", "ZA": "tin",
}  # fmt: skip
REGISTRATION_SCHEMES = {"FR": "siren", "IT": "iva", "ES": "cif", "PT": "nif", "NO": "orgnr", "SE": "orgnr", "DK": "cvr"}

_WHY = {
    exceptions.InvalidChecksum: "InvalidChecksum",
    exceptions.InvalidLength: "InvalidLength",
    exceptions.InvalidComponent: "InvalidComponent",
    exceptions.InvalidFormat: "InvalidFormat",  # what the others are kinds of
}
SENTENCES = {
    "InvalidFormat": "The number contains signs that do not belong there, or is not built as such numbers are.",
    "InvalidChecksum": "The check digits do not fit: a digit is wrong or two have changed places.",
    "InvalidLength": "The number is too short or too long.",
    "InvalidComponent": "A part of the number, such as its country or its date, cannot be.",
    "UnknownScheme": "There is no such kind of number.",
}


class NumberVerdict(BaseModel):
    """Whether a number could exist; `why` names the kind of fault, `SENTENCES` says it in words."""

    model_config = ConfigDict(frozen=True)

    valid: bool
    normalised: str | None
    why: str | None

    @property
    def sentence(self) -> str | None:
        return SENTENCES[self.why] if self.why else None


def check(scheme: str, country: str | None, text: str) -> NumberVerdict:
    """Whether this could be such a number ("vat" of "de"), and how it is written without ornaments."""
    module = _module(scheme.strip().lower(), (country or "").strip().strip("_").lower())
    if module is None:
        return NumberVerdict(valid=False, normalised=None, why="UnknownScheme")
    try:
        return NumberVerdict(valid=True, normalised=str(module.validate(text)), why=None)
    except exceptions.ValidationError as fault:
        why = next((word for kind, word in _WHY.items() if isinstance(fault, kind)), "InvalidFormat")
        return NumberVerdict(valid=False, normalised=None, why=why)


def check_tax_number(country: str, text: str) -> NumberVerdict | None:
    """The verdict on a company's tax number by its country, or None where no rule is known."""
    scheme = TAX_SCHEMES.get(country.upper())
    return check(scheme, country, text) if scheme else None


def check_registration_number(country: str, text: str) -> NumberVerdict | None:
    """The verdict on a company's number in its register, or None where such numbers have no check digits."""
    scheme = REGISTRATION_SCHEMES.get(country.upper())
    return check(scheme, country, text) if scheme else None


@cache
def _module(scheme: str, country: str) -> Any:
    if not re.fullmatch(r"[a-z0-9_]{1,20}", scheme) or not re.fullmatch(r"[a-z]{0,2}", country):
        return None
    package = _PACKAGES.get(country, country)
    name = _MODULES.get((country, scheme)) or ".".join(part for part in ("stdnum", package, scheme) if part)
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError:
        return None
    return module if hasattr(module, "validate") else None
