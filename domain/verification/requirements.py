"""What is asked for, of whom, from which level on: the rows that the database starts with, and the papers.

The rows are configuration with dates (`verification_requirements`): what holds is read there, so that a rule can
change from a day on without touching what was decided before.
"""

from dataclasses import dataclass

from domain.verification.states import Requirement

R = Requirement
EVERYBODY = ("manufacturer", "retailer", "distributor")
SELLERS, MAKERS = ("manufacturer", "distributor"), ("manufacturer",)


@dataclass(frozen=True, slots=True)
class Rule:
    """From `level` on, these kinds of organisations need it. `life_days`: how long a proof counts, if no day on it
    says so; `grace_days`: how long it still counts after it has run out."""

    requirement: Requirement
    level: int
    kinds: tuple[str, ...]
    is_optional: bool = False
    life_days: int | None = None
    grace_days: int = 0


RULES: tuple[Rule, ...] = (
    Rule(R.EMAIL_CONFIRMED, 1, EVERYBODY),
    Rule(R.PHONE_CONFIRMED, 1, EVERYBODY),
    Rule(R.PROFILE_COMPLETE, 1, EVERYBODY),
    Rule(R.SANCTIONS_CLEAR, 1, EVERYBODY),
    Rule(R.BUSINESS_NAME, 1, EVERYBODY),
    Rule(R.REGISTRATION_DOCUMENT, 2, EVERYBODY),
    Rule(R.TAX_NUMBER, 2, EVERYBODY, life_days=365),
    Rule(R.PROOF_OF_ADDRESS, 2, EVERYBODY, life_days=365, grace_days=14),
    Rule(R.BANK_ACCOUNT, 2, SELLERS),
    Rule(R.BANK_ACCOUNT, 2, ("retailer",), is_optional=True),
    Rule(R.OWNERS, 2, EVERYBODY, life_days=730),
    Rule(R.SITE_INSPECTION, 3, SELLERS, life_days=730),
    Rule(R.QUALITY_CERTIFICATE, 3, MAKERS),
    Rule(R.PRODUCTION_CAPACITY, 3, MAKERS, life_days=365),
    Rule(R.CE_CONFORMITY, 3, SELLERS, is_optional=True),
    Rule(R.FDA_REGISTRATION, 3, SELLERS, is_optional=True),
    Rule(R.ORGANIC_CERTIFICATE, 3, SELLERS, is_optional=True),
    Rule(R.PRODUCT_COMPLIANCE, 3, SELLERS, is_optional=True),
)

# What the system sees for itself; nobody submits it.
COMPUTED = frozenset({R.EMAIL_CONFIRMED, R.PHONE_CONFIRMED, R.PROFILE_COMPLETE, R.SANCTIONS_CLEAR})
# Whoever vouches says that this was seen elsewhere. A place and a clean list are never vouched for.
VOUCHED = tuple(r for r in R if r not in (R.PROFILE_COMPLETE, R.SANCTIONS_CLEAR))
# Certificates have a number, a body, a scope and an end; they carry over to products.
CERTIFICATES = frozenset(
    {R.QUALITY_CERTIFICATE, R.CE_CONFORMITY, R.FDA_REGISTRATION, R.ORGANIC_CERTIFICATE, R.PRODUCT_COMPLIANCE}
)
# Which paper proves what, by the names of `reading.Paper`; what is not here needs no file.
PAPERS: dict[Requirement, str] = {
    R.REGISTRATION_DOCUMENT: "registration_extract",
    R.TAX_NUMBER: "tax_certificate",
    R.PROOF_OF_ADDRESS: "proof_of_address",
    R.BANK_ACCOUNT: "bank_statement",
    R.OWNERS: "identity_card",
    R.SITE_INSPECTION: "factory_photo",
    R.QUALITY_CERTIFICATE: "iso_certificate",
    R.CE_CONFORMITY: "iso_certificate",
    R.FDA_REGISTRATION: "iso_certificate",
    R.ORGANIC_CERTIFICATE: "iso_certificate",
    R.PRODUCT_COMPLIANCE: "other",
    R.PRODUCTION_CAPACITY: "other",
}
FILE_NEEDED = frozenset(PAPERS) - {R.TAX_NUMBER, R.BANK_ACCOUNT}
# What the automatic check may decide alone. Level 3, owners and photos always have people look at them.
AUTOMATIC = frozenset({R.REGISTRATION_DOCUMENT, R.TAX_NUMBER, R.PROOF_OF_ADDRESS})
TWO_REVIEWERS = frozenset(rule.requirement for rule in RULES if rule.level == 3)
ADDRESS_DAYS_MAX = 90
# What an inspector goes through on site.
CHECKLIST = ("The address is the stated one", "The name is shown", "Machines and staff are at work",
             "Goods match what is offered", "Fire exits and safety signs are in place")  # fmt: skip
