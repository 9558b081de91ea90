"""Whether a paper says what the business says of itself.

Every rule can only add a reason for a person to look. A paper passes when none did: it has a text layer that agrees
with what its pages show, nothing speaks of a change, its issuer is known, it is fresh, and each of its fields is the
business's own. A picture proves too little for that: it is read for the person who looks.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from rapidfuzz import fuzz

from domain.verification import numbers
from domain.verification.reading import finding
from domain.verification.reading.dates import days_in
from domain.verification.reading.finding import Hit, Sheet
from domain.verification.reading.views import Expected, Found, Line, Paper, Reading, Verdict
from domain.verification.reading.words import CERTIFIERS, ISSUERS, plain

AGE_DAYS_MAX = {
    Paper.REGISTRATION_EXTRACT: 180, Paper.TAX_CERTIFICATE: 365, Paper.PROOF_OF_ADDRESS: 90, Paper.BANK_STATEMENT: 90,
    Paper.ISO_CERTIFICATE: 3 * 366,
}  # fmt: skip
NEEDED = {
    Paper.REGISTRATION_EXTRACT: ("name", "registration_number", "issued_on"),
    Paper.TAX_CERTIFICATE: ("name", "tax_number", "issued_on"),
    Paper.PROOF_OF_ADDRESS: ("name", "address", "issued_on"),
    Paper.BANK_STATEMENT: ("name", "iban", "issued_on"),
    Paper.ISO_CERTIFICATE: ("name", "address", "standard", "issued_on", "valid_until"),
}
WORDS = {
    "name": "name", "registration_number": "registration number", "tax_number": "tax number", "address": "address",
    "issued_on": "date of issue", "valid_until": "last day of validity", "iban": "IBAN", "standard": "standard",
    "issuer": "issuer",
}  # fmt: skip
# Papers without a number that is the business's own: another company on them is a reason to look.
NAMES_NOBODY_ELSE = frozenset({Paper.PROOF_OF_ADDRESS, Paper.ISO_CERTIFICATE})
MADE_APART_DAYS = 3  # between the day on the paper and the day on which the file was made
SEEN_ALIKE = 92.0
ROW_ALIKE = 80.0
_STANDARD = re.compile(r"\b(?:iso(?:/iec)?|en iso|iatf|fssc|brcgs?|haccp) ?\d{4,5}(?: ?: ?\d{4})?", re.IGNORECASE)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{2,4}){3,8}\b")
_MONTH_FIRST = frozenset({"US"})


@dataclass
class _Desk:
    """The paper on the desk, what is found in it, and what speaks against it so far."""

    paper: Paper
    reading: Reading
    expected: Expected
    sheet: Sheet
    fields: dict[str, Found] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)

    def doubt(self, reason: str) -> None:
        if reason not in self.reasons:
            self.reasons.append(reason)

    def keep(self, name: str, hit: Hit, value: str | None = None) -> None:
        """Write down a field, and doubt it where the page does not show what the text layer says."""
        shown = " ".join((value or hit.text).split())
        confidence = min((line.confidence for line in hit.lines), default=0.0)
        if self.reading.source == "text":
            likeness = _as_seen(hit.lines, hit.text, self.reading)
            confidence = round(likeness / 100, 4)
            if likeness < SEEN_ALIKE:
                self.doubt(f"The page does not show the {WORDS[name]} that the file's text says.")
        if name not in self.fields or confidence > self.fields[name].confidence:
            self.fields[name] = Found(value=shown, confidence=confidence)


def judge(paper: Paper, reading: Reading, expected: Expected) -> Verdict:
    """Compare a paper with what is expected. Only a paper with which everything agrees passes."""
    desk = _Desk(Paper(paper), reading, expected, Sheet(reading.lines))
    for sign in reading.signs:
        desk.doubt(sign)
    if desk.paper not in NEEDED:
        desk.doubt("Papers of this kind are always looked at by a person.")
    elif reading.source == "nothing":
        desk.doubt("Nothing could be read in this file.")
    else:
        if reading.source == "picture":
            desk.doubt("The file is a picture of a paper, and proves too little for the automatic check.")
        issuers = _issuers(desk)
        _names_and_addresses(desk, issuers)
        _numbers(desk)
        _days(desk)
        _standard(desk)
        for name in NEEDED[desk.paper]:
            if name not in desk.fields:
                desk.doubt(f"The {WORDS[name]} was not found.")
    return Verdict(outcome="review" if desk.reasons else "pass", reasons=tuple(desk.reasons), fields=desk.fields)


# --- issuer ------------------------------------------------------------------------------------


def _issuers(desk: _Desk) -> Sequence[str]:
    if desk.paper is Paper.ISO_CERTIFICATE:
        known: Sequence[str] = CERTIFIERS
    else:
        known = ISSUERS[desk.paper.value].get(desk.expected.country.upper(), ())
    found = finding.issuer_in(desk.sheet, known)
    if found is None:
        desk.doubt("It was not issued by anybody who is known to issue such papers there.")
    else:
        desk.keep("issuer", Hit(found[1].text, (found[1],), "sentence"))
    return known


# --- names and addresses -----------------------------------------------------------------------

# Ways to write one legal form; those of another line are another company.
_FORMS = (
    ("gmbh", "gesellschaft mit beschrankter haftung"), ("gmbhcokg", "gmbhundcokg", "gmbhandcokg"),
    ("ag", "aktiengesellschaft"), ("ug", "ughaftungsbeschrankt"), ("ltd", "limited"), ("plc", "publiclimitedcompany"),
    ("sarl", "societearesponsabilitelimitee"), ("sas", "societeparactionssimplifiee"), ("sa", "societeanonyme"),
    ("sl", "sociedadlimitada"), ("srl", "societaaresponsabilitalimitata"), ("spa", "societaperazioni"),
    ("bv", "beslotenvennootschap"), ("nv", "naamlozevennootschap"),
    ("spzoo", "spolkazograniczonaodpowiedzialnoscia"), ("lda", "limitada"),
)  # fmt: skip


def same_name(one: str, other: str) -> bool:
    """Whether two writings name one company: the same words in the same order and the same legal form."""
    return _name_key(one) == _name_key(other) != ""


def _name_key(name: str) -> str:
    squeezed = re.sub(r"[^a-z0-9&]", "", plain(name)).replace("&", "and")
    for first, *others in _FORMS:
        for other in (re.sub(r"[^a-z0-9]", "", one) for one in others):
            if squeezed.endswith(other) and squeezed != other:
                return squeezed.removesuffix(other) + first
    return squeezed


_FORM_AT_THE_END = re.compile(
    r"(?<![a-z])(?:gmbh(?: ?& ?co\.? ?kg)?|ag|kg|ohg|ug(?: \(haftungsbeschrankt\))?|e\.? ?k\.?|ltd|limited|plc"
    r"|llp|sarl|sas|sasu|sa|s\.? ?a\.?(?: ?s\.?)?|s\.? ?l\.?(?: ?u\.?)?|s\.? ?r\.? ?l\.?|s\.? ?p\.? ?a\.?"
    r"|b\.? ?v\.?|n\.? ?v\.?|sp\. ?z ?o\. ?o\.?|lda"
    r"|a/?s|aps|ab|oy|inc|llc|corp)\.?$"
)


def is_company_like(text: str) -> bool:
    """Whether a text ends as the name of a company does, with a legal form."""
    shown = " ".join(text.split()).rstrip(" ,;")
    form = _FORM_AT_THE_END.search(plain(shown))
    # Written small it is a word of a sentence: "ab" ends a German one as well as a Swedish company's name.
    # A form alone is the rest of a name that went on from the line above.
    is_written_large = form is not None and (shown[form.start()].isupper() or form[0].startswith("e"))
    return form is not None and is_written_large and form.start() > 2


def _names_and_addresses(desk: _Desk, issuers: Sequence[str]) -> None:
    """The business has to be named as whom the paper is about, and nobody else may be."""
    sheet, expected = desk.sheet, desk.expected
    told = finding.labelled(sheet, "name", lines_most=2)
    blocks = finding.blocks(sheet, expected.country.upper(), but_not=issuers)
    said = [*finding.certified(sheet), *(name for name, _ in blocks)]
    names = [_fitting(hit, lambda text: same_name(text, expected.name)) for hit in (*told, *said)]
    alone = [Hit(line.text, (line,), "alone") for line in sheet.lines if same_name(line.text, expected.name)]
    own = [hit for hit in (*names, *alone) if same_name(hit.text, expected.name)]
    others = [
        hit for hit in names
        if not same_name(hit.text, expected.name) and (is_company_like(hit.text) or hit.how == "label")
        and finding.issuer_of(hit.text, issuers) is None and any(sign.isalpha() for sign in hit.text)
    ]  # fmt: skip
    if desk.paper in NAMES_NOBODY_ELSE:
        others += [
            Hit(line.text, (line,), "alone") for line in sheet.lines
            if is_company_like(line.text) and not any(line in hit.lines for hit in own)
            and not re.search(_name_pattern(expected.name), plain(line.text))
            and finding.issuer_of(line.text, issuers) is None and not same_name(line.text, expected.name)
        ]  # fmt: skip
    if told and finding.is_weakly_labelled(sheet, "name"):
        others = [hit for hit in others if is_company_like(hit.text)]  # "name" may be that of a director
    if not own and not others:
        own = finding.mentioned(sheet, _name_pattern(expected.name))
    for hit in own or others[:1] or names[:1]:
        desk.keep("name", hit)
    if others or not own:
        nearest = max(
            (round(fuzz.ratio(_name_key(one.text), _name_key(expected.name))) for one in others), default=None
        )
        alike = "" if nearest is None else f"; the name that it tells is {nearest} % alike"
        desk.doubt(f"The paper does not name the business as whom it is about{alike}.")
    _addresses(desk, [address for _, address in blocks], own)


def _addresses(desk: _Desk, blocks: Sequence[Hit], names: Sequence[Hit]) -> None:
    expected, sheet = desk.expected, desk.sheet
    if expected.address is None:
        if "address" in NEEDED[desk.paper]:
            desk.doubt("The business has not told its address, so there is nothing to compare with.")
        return
    told = finding.labelled(sheet, "address", lines_most=3)
    under = [
        Hit("\n".join(line.text for line in lines), tuple(lines), "under") for lines in finding.below(sheet, names)
    ]
    hits = [
        _fitting(hit, lambda text: _same_address(text, expected))
        for hit in (*told, *finding.in_sentences(sheet, "address"), *blocks, *under)
    ]
    own = [hit for hit in hits if _same_address(hit.text, expected)]
    for hit in own:
        desk.keep("address", hit)
    elsewhere = [
        hit for hit in hits[: len(told)]
        if hit not in own and finding.has_postcode("\n".join((hit.text, "")), expected.country.upper())
    ]  # fmt: skip
    if elsewhere:
        if not own:
            desk.keep("address", elsewhere[0])
        desk.doubt("The address on the paper is not that of the business.")


def _name_pattern(name: str) -> str:
    """The name as a pattern: its words in order, with whatever signs and line breaks between them."""
    words = re.findall(r"[a-z0-9]+", plain(name))
    return r"(?<![a-z0-9])" + r"[^a-z0-9]{0,4}".join(words) + r"(?![a-z0-9])"


def _fitting(hit: Hit, fits: Callable[[str], bool]) -> Hit:
    """A value may go on for some lines, or the lines below may be something else: as many as fit, else the first."""
    parts = hit.text.split("\n")
    for count in range(1, len(parts) + 1):
        if fits("\n".join(parts[:count])):
            return Hit("\n".join(parts[:count]), hit.lines[: max(count, 1)], hit.how)
    return Hit(parts[0], hit.lines[:1], hit.how)


_STREETS = {"strasse": "str", "strase": "str", "str.": "str", "avenida": "av", "av.": "av", "calle": "c", "ulica": "ul"}
_COUNTRIES = frozenset(
    "germany deutschland france uk england kingdom united spain espana italy italia netherlands nederland poland"  # noqa: SIM905
    " polska portugal ireland austria osterreich schweiz suisse belgie belgique cap cedex".split()
)


def _address_words(text: str) -> list[str]:
    words = re.findall(r"[a-z0-9]+\.?", plain(text))
    return [_STREETS.get(word, word.rstrip(".")) for word in words if word.rstrip(".") not in _COUNTRIES]


def _same_address(text: str, expected: Expected) -> bool:
    """Every word of the address stands there, and no number besides."""
    there, wanted = _address_words(text), _address_words(expected.address or "")
    numbers_there = sorted(word for word in there if word[0].isdigit())
    numbers_wanted = sorted(word for word in wanted if word[0].isdigit())
    return bool(wanted) and set(wanted) <= set(there) and numbers_there == numbers_wanted


# --- numbers -----------------------------------------------------------------------------------


def _numbers(desk: _Desk) -> None:
    expected, needed = desk.expected, NEEDED[desk.paper]
    for name, told in (("registration_number", expected.registration_number), ("tax_number", expected.tax_number)):
        if told is None:
            if name in needed:
                desk.doubt(f"The business has not told its {WORDS[name]}, so there is nothing to compare with.")
            continue
        labelled = [hit for hit in finding.labelled(desk.sheet, name) if any(sign.isdigit() for sign in hit.text)]
        own = [hit for hit in labelled if _same_number(hit.text, told, expected.country)]
        for hit in (own or finding.mentioned(desk.sheet, _number_pattern(told, expected.country)))[:1]:
            desk.keep(name, hit)
        # A number of another length is another kind of number under a like label.
        others = [hit for hit in labelled if hit not in own and len(_figures(hit.text)) == len(_figures(told))]
        if others:
            if name not in desk.fields:
                desk.keep(name, others[0])
            desk.doubt(f"The {WORDS[name]} on the paper is not that of the business.")
        if name in needed:
            verdict = (
                numbers.check_tax_number(expected.country, told)
                if name == "tax_number"
                else numbers.check_registration_number(expected.country, told)
            )
            if verdict is not None and not verdict.valid:
                desk.doubt(f"The {WORDS[name]} cannot be right: {verdict.sentence}")
    if desk.paper is Paper.BANK_STATEMENT:
        _accounts(desk)


def _figures(text: str) -> str:
    return re.sub(r"\D", "", text)


def _number_pattern(told: str, country: str) -> str:
    """The number as a pattern, whatever stands between its signs; letters of the country may be left out."""
    letters, signs = country.lower(), re.sub(r"[^a-z0-9]", "", plain(told))
    if signs.startswith(letters):
        signs = signs.removeprefix(letters)
    # What the business told is kept without the country's letters, and papers show them.
    letters = rf"(?:{re.escape(letters)}[ -]?)?" if letters else ""
    return rf"(?<![a-z0-9]){letters}" + r"[ ./-]{0,2}".join(signs) + r"(?![0-9]|[a-z]{1,2}\d)"


def _same_number(text: str, told: str, country: str) -> bool:
    """All digits are the same, and letters that the business told stand there too, but for the country's."""
    there, wanted = (re.sub(r"[^A-Z0-9]", "", plain(one).upper()) for one in (text, told))
    wanted = wanted.removeprefix(country.upper()) if len(wanted) > 6 else wanted
    core = wanted if wanted in there else re.sub(r"^[A-Z]{2,4}", "", wanted)
    has_letters = wanted in there or not any(sign.isalpha() for sign in there)
    return core in there and has_letters and re.sub(r"\D", "", there) == re.sub(r"\D", "", wanted)


def _accounts(desk: _Desk) -> None:
    told = re.sub(r"\W", "", desk.expected.iban or "").upper()
    found: list[tuple[str, Hit]] = []
    for line in desk.sheet.lines:
        for match in _IBAN.finditer(line.text.upper()):
            verdict = numbers.check("iban", "", match[0])
            if verdict.normalised:
                found.append((verdict.normalised, Hit(match[0], (line,), "mention")))
    own = [hit for value, hit in found if value == told] if told else [hit for _, hit in found[:1]]
    labelled = [hit for hit in finding.labelled(desk.sheet, "iban") if _IBAN.search(hit.text.upper())]
    for hit in (own or labelled)[:1]:
        desk.keep("iban", hit)
    is_labelled = False
    for hit in labelled:
        verdict = numbers.check("iban", "", _IBAN.search(hit.text.upper())[0])  # type: ignore[index]
        is_labelled = is_labelled or verdict.normalised == told
        if not verdict.valid:
            desk.doubt(f"The IBAN cannot be right: {verdict.sentence}")
        elif told and verdict.normalised != told:
            desk.doubt("The account on the paper is not that of the business.")
    if not told:
        desk.doubt("The business has not told its account, so there is nothing to compare with.")
    elif found and found[0][0] != told and not is_labelled:
        # Where no label says whose account it is, the first one is: the business's own may be that of a payment.
        desk.doubt("The account on the paper is not that of the business.")


# --- days --------------------------------------------------------------------------------------


def _days(desk: _Desk) -> None:
    today = desk.expected.today
    made = desk.reading.made_on
    issued = _dated(desk, "issued_on") or _signed(desk)
    if made is not None:
        # The file's own day says which of the paper's days is that of its issue; a later one does not count.
        near = [one for one in (*issued, *_all_days(desk)) if abs((made - one[0]).days) <= MADE_APART_DAYS]
        if issued and not near:
            desk.doubt("The paper is dated on another day than the file was made.")
        issued = near[:1] or issued
    for day, _ in issued:
        if day > today:
            desk.doubt("The paper is dated after today.")
        if today - day > timedelta(days=AGE_DAYS_MAX[desk.paper]):
            desk.doubt(f"The paper is older than {AGE_DAYS_MAX[desk.paper]} days.")
    for day, hit in issued:
        desk.keep("issued_on", hit, day.isoformat())
    for day, hit in _dated(desk, "valid_until") or _validity(desk):
        desk.keep("valid_until", hit, day.isoformat())
        if day < today:
            desk.doubt("The paper is no longer valid.")


_VALID = re.compile(r"(?<![a-z])(?:valid|gultig|valable|valid[oa]|geldig|wazn)[a-z]*(?:(?!(?<!\d)\. ).){0,70}")


def _validity(desk: _Desk) -> list[tuple[date, Hit]]:
    """ "Valid from 01.02.2026 to 31.01.2029": the last day of a sentence about validity."""
    found = []
    for match in _VALID.finditer(desk.sheet.small):
        days = days_in(desk.sheet.flow[match.start() : match.end()].replace("\n", " "))
        if days:
            day, start, end = days[-1]
            place = match.start() + start
            lines = desk.sheet.lines_at(place, match.start() + end)
            found.append((day, Hit(desk.sheet.flow[place : match.start() + end], lines, "sentence")))
    return found


def _dated(desk: _Desk, name: str) -> list[tuple[date, Hit]]:
    found = []
    month_first = desk.expected.country.upper() in _MONTH_FIRST
    for hit in finding.labelled(desk.sheet, name) or finding.in_sentences(desk.sheet, name):
        for day, start, end in days_in(hit.text, month_first=month_first)[:1]:
            found.append((day, Hit(hit.text[start:end], hit.lines, hit.how)))
    return found


_PLACE_AND_DAY = re.compile(r"^(?:(?:fait|hecho|done) (?:a|en|in) )?[a-z' .()-]{2,40},? ?(?:den|le|a|il|dnia|on)? *$")


def _signed(desk: _Desk) -> list[tuple[date, Hit]]:
    """ "Leipzig, den 02.03.2026": a place and a day on a line of their own."""
    found = []
    for line in desk.sheet.lines:
        for day, start, end in days_in(line.text)[:1]:
            before, behind = plain(line.text[:start]), plain(line.text[end:]).strip(" .r")
            if _PLACE_AND_DAY.match(before) and not behind:
                found.append((day, Hit(line.text[start:end], (line,), "sentence")))
    return found


def _all_days(desk: _Desk) -> list[tuple[date, Hit]]:
    month_first = desk.expected.country.upper() in _MONTH_FIRST
    return [
        (day, Hit(line.text[start:end], (line,), "mention"))
        for line in desk.sheet.lines
        for day, start, end in days_in(line.text, month_first=month_first)
    ]


def _standard(desk: _Desk) -> None:
    if desk.paper is not Paper.ISO_CERTIFICATE:
        return
    for line in desk.sheet.lines:
        match = _STANDARD.search(line.text)
        if match:
            desk.keep("standard", Hit(match[0], (line,), "sentence"))


# --- what the page shows -----------------------------------------------------------------------


def _as_seen(lines: Sequence[Line], value: str, reading: Reading) -> float:
    """0 to 100: how well what the rendered page shows at these lines agrees with a value of the text layer.

    A digit that differs is no agreement at all; letters may be misread by the engine now and then.
    """
    worst = 100.0 if lines else 0.0
    for line in lines:
        seen = [other for other in reading.seen if _overlap(line, other)]
        if not seen:
            return 0.0
        shown = _squeeze(" ".join(one.text for one in sorted(seen, key=lambda one: one.left)))
        beside = [other for other in reading.lines if any(_overlap(other, one) for one in seen)]
        row = _squeeze(" ".join(one.text for one in sorted(beside, key=lambda one: one.left)))
        wanted = _squeeze(_part_on(line, value))
        if _digits(wanted) not in _digits(shown):
            return 0.0
        worst = min(
            worst, fuzz.partial_ratio(wanted, shown) if len(wanted) <= len(shown) else fuzz.ratio(wanted, shown)
        )
        if fuzz.ratio(row, shown) < ROW_ALIKE:
            return 0.0
    return worst


def _part_on(line: Line, value: str) -> str:
    """What of a value stands on a line."""
    parts = value.split("\n")
    inside = [part for part in parts if part.strip() and part.strip() in line.text]
    return inside[0] if inside else line.text


def _overlap(one: Line, other: Line) -> bool:
    if one.page != other.page:
        return False
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    width = min(one.right, other.right) - max(one.left, other.left)
    return height > 0.5 * min(one.bottom - one.top, other.bottom - other.top) and width > 2


def _squeeze(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", plain(text))


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text.translate(str.maketrans("oilsbz", "011582")))
