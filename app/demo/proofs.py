"""What verification shows at the end of the demo: a renewal that is due, a question, an appeal, a name on a list."""

import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from random import Random

from PIL import Image, ImageDraw, ImageFont

from app.demo.companies import Trader
from app.demo.stage import Stage
from domain import verification
from domain.identity import Permission
from domain.kernel import files
from domain.kernel.actor import Actor
from domain.kernel.work import Work
from domain.verification import Decision, Listed, OwnerStated, Reason, Registered, Requirement

READERS = (Permission.SUBMIT_VERIFICATION, Permission.DECIDE_VERIFICATION)
# A list of names that nobody has, but one that is nearly a shop's.
LISTED = (
    Listed("DEMO-0001", "Karavan Meridian Trading", ("Meridian Karavan",), "XX"),
    Listed("DEMO-0002", "Orlov Nekrasin Holding", (), "XX"),
    Listed("DEMO-0003", "The Corner Pantri", (), "XX"),
)


def put_on_agenda(stage: Stage, staff: Mapping[str, Actor], by_slug: Mapping[str, Trader]) -> None:
    """Three weeks before today until today; each scene needs its company."""
    system = Actor.system()
    for slug, days, scene in (
        ("lindqvist", 9, _certificate), ("lindqvist", 8, _capacity), ("aumann", 7, _organic),
        ("casabonita", 6, _rejected_and_appealed), ("douro", 0.5, _new_address), ("nordlys", 2.2, _question),
    ):  # fmt: skip
        if slug in by_slug:
            stage.at(stage.back(days), _scene(stage, staff, by_slug[slug], scene))

    def jobs() -> None:
        stage.do(system, verification.load_registry, companies=_register(by_slug))
        stage.do(system, verification.load_sanctions, list="Demo list", entries=LISTED)

    def evening() -> None:
        stage.do(system, verification.tick)

    stage.at(stage.back(1.1), jobs)
    stage.at(stage.back(0.02), evening)


def _scene(stage: Stage, staff: Mapping[str, Actor], trader: Trader, scene):  # type: ignore[no-untyped-def]
    return lambda: scene(stage, staff, trader)


def _certificate(stage: Stage, staff: Mapping[str, Actor], trader: Trader) -> None:
    """A quality certificate that two people looked at; it ends in some weeks."""
    submission = _submit(
        stage, trader, Requirement.QUALITY_CERTIFICATE, number="SE-9001-48213", issuer="Nordic Certification",
        scope="Design and production of glassware", issued_on=(stage.now - timedelta(days=1060)).date(),
        expires_on=(stage.today + timedelta(days=26)).date(), title="ISO 9001 certificate",
    )  # fmt: skip
    for reviewer in ("compliance", "compliance2"):
        _decide(stage, staff[reviewer], submission, Decision.APPROVE, note="Found in the body's public list.")


def _capacity(stage: Stage, staff: Mapping[str, Actor], trader: Trader) -> None:
    """Units a month, with evidence; beside it stands what was shipped here."""
    submission = _submit(
        stage, trader, Requirement.PRODUCTION_CAPACITY, number="6000", title="Furnaces and shifts",
        note="Two furnaces in two shifts; the list of machines is attached.",
    )  # fmt: skip
    for reviewer in ("compliance", "compliance2"):
        _decide(stage, staff[reviewer], submission, Decision.APPROVE)


def _organic(stage: Stage, staff: Mapping[str, Actor], trader: Trader) -> None:
    """A certificate for which buyers can search."""
    submission = _submit(
        stage, trader, Requirement.ORGANIC_CERTIFICATE, number="DE-TEX-2207", issuer="Textile Control Saxony",
        scope="Home textiles of organic linen and cotton", issued_on=(stage.now - timedelta(days=200)).date(),
        expires_on=(stage.today + timedelta(days=420)).date(), title="Certificate for organic textiles",
    )  # fmt: skip
    for reviewer in ("compliance", "compliance2"):
        _decide(stage, staff[reviewer], submission, Decision.APPROVE, note="Found in the body's public list.")


def _rejected_and_appealed(stage: Stage, staff: Mapping[str, Actor], trader: Trader) -> None:
    """A registration document under another name; the appeal waits for another reviewer."""
    submission = _submit(
        stage, trader, Requirement.REGISTRATION_DOCUMENT, number="B-98231417", title="Registro Mercantil",
        found={"name": ("Casa Bonita Hogar SL", 0.91), "number": ("B-98231417", 0.97)},
    )  # fmt: skip
    _decide(stage, staff["compliance"], submission, Decision.REJECT, (Reason.NAME_DIFFERS,),
            note="The extract is of Casa Bonita Hogar SL.")  # fmt: skip
    file = stage.do(trader.owner, store_paper, title="Cambio de denominación", trader=trader)
    stage.do(
        trader.owner, verification.appeal, submission_id=submission, file_ids=[file],
        reason="Casa Bonita Hogar SL is our former name; the deed of the change of name is attached.",
    )  # fmt: skip
    _read(stage, submission, {})


def _new_address(stage: Stage, staff: Mapping[str, Actor], trader: Trader) -> None:
    """A proof of address that the automatic check was not sure about; nobody has taken it yet."""
    _submit(
        stage, trader, Requirement.PROOF_OF_ADDRESS, issuer="Águas do Norte",
        issued_on=(stage.now - timedelta(days=21)).date(), title="Fatura",
        found={"name": (trader.name, 0.98), "address": (trader.place.street, 0.74)},
    )  # fmt: skip


def _question(stage: Stage, staff: Mapping[str, Actor], trader: Trader) -> None:
    """Owners who do not add up to the whole: the reviewer asks."""
    born = date(1979, 3, 14)
    owner = OwnerStated(name="Henrik Dahl", share=Decimal(60), is_director=True, born_on=born, country="NO")
    submission = _submit(
        stage, trader, Requirement.OWNERS, title="Aksjeeierbok", owners=(owner,),
        note="The rest is held by eleven employees of the shop.",
    )  # fmt: skip
    question = "Please send the register of shareholders, so that we can see that nobody else holds a quarter."
    _decide(stage, staff["compliance"], submission, Decision.ASK, note=question)


def _submit(stage: Stage, trader: Trader, requirement: Requirement, *, title: str, found: dict | None = None, **facts):  # type: ignore[no-untyped-def]
    file = stage.do(trader.owner, store_paper, title=title, trader=trader)
    submission = stage.do(
        trader.owner, verification.submit_proof, request_id=stage.new_id(), requirement=requirement, file_ids=[file],
        **facts,
    )  # fmt: skip
    _read(stage, submission, found or {})
    return submission


def _read(stage: Stage, submission, found) -> None:  # type: ignore[no-untyped-def]
    """What the worker would find in the paper a moment later."""
    stage.do(Actor.system(), read_all, submission_id=submission, found=found)


def read_all(work: Work, *, submission_id, found) -> None:  # type: ignore[no-untyped-def]
    for one in verification.readings_waiting(work):
        if one.submission_id == submission_id:
            verification.record_reading(
                work, submission_id=submission_id, file_id=one.file_id, outcome="review", fields=found,
                reasons=["The picture is not clear enough for an automatic check."],
            )  # fmt: skip
    verification.check_submission(work, submission_id=submission_id)


def _decide(stage: Stage, reviewer: Actor, submission, decision: Decision, reasons=(), note: str = "") -> None:  # type: ignore[no-untyped-def]
    case_id = stage.do(reviewer, case_of, submission_id=submission)
    stage.do(reviewer, verification.claim_case, case_id=case_id)
    stage.do(reviewer, verification.decide_case, case_id=case_id, decision=decision, reasons=list(reasons), note=note)


def case_of(work: Work, *, submission_id):  # type: ignore[no-untyped-def]
    rows, _ = verification.case_queue(work, size=100)
    return next(row.case_id for row in rows if row.submission_id == submission_id)


def store_paper(work: Work, *, title: str, trader: Trader):  # type: ignore[no-untyped-def]
    """A picture of a paper, as people take one with their telephone."""
    image = Image.new("RGB", (620, 877), (252, 251, 247))
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(size=22)
    city = f"{trader.place.postal_code} {trader.place.city}"
    lines = (title, "", trader.name, trader.place.street, city, "", "DEMO - NOT A DOCUMENT")
    for position, line in enumerate(lines):
        # The font that comes with the library has no accents.
        written = "".join(c for c in unicodedata.normalize("NFKD", line) if c.isascii())
        pen.text((70, 130 + position * 44), written, fill=(40, 42, 48), font=font)
    # A letterhead of its own, so that two papers are not alike to whoever compares pictures.
    blocks = Random(f"{trader.slug} {title}")
    for _ in range(14):
        left, top = blocks.randrange(0, 560), blocks.choice((blocks.randrange(0, 90), blocks.randrange(480, 760)))
        shade = blocks.randrange(60, 220)
        pen.rectangle([left, top, left + blocks.randrange(40, 200), top + blocks.randrange(10, 60)],
                      fill=(shade, shade, min(255, shade + 30)))  # fmt: skip
    pen.line([(70, 800), (550, 800)], fill=(160, 160, 160), width=2)
    file = BytesIO()
    image.save(file, "PNG")
    return files.store(work, content=file.getvalue(), name=f"{title}.png", needs=READERS)


# The register also knows three companies that have not come yet: whoever registers as one of them is found there.
FREE = (
    Registered("DE", "HRB 20001", "Nordlicht Café GmbH"),
    Registered("DE", "HRB 20002", "Hafen Keramik GmbH"),
    Registered("DE", "HRB 20003", "Sachsen Handel GmbH"),
)


def _register(by_slug: Mapping[str, Trader]) -> list[Registered]:
    here = [
        Registered(trader.country, f"HR-{10000 + sum(slug.encode())}", trader.name, address=trader.place.street)
        for slug, trader in sorted(by_slug.items())
        if trader.is_seller
    ]
    return [*FREE, *here]

