"""Certificates that a product is shown with: only the seller's own, verified by the platform, while they hold."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, insert, text

from domain import verification
from domain.catalog.events import ProductCertificatesChanged
from domain.catalog.models import ProductCertificate
from domain.catalog.products import own_product
from domain.catalog.views import ClaimRow, TagRow
from domain.identity import Permission
from domain.kernel.errors import NotAllowed, NotFound
from domain.kernel.work import Work


class CertificateDoesNotHold(NotAllowed):
    """Not a certificate of one's own that was verified and holds today."""


def set_certificates(work: Work, *, product_id: UUID, submission_ids: Sequence[UUID]) -> None:
    """Show one's own product with these verified certificates, and with no others.

    Raises `CertificateDoesNotHold` for what is not one's own, not verified or has run out, `NotFound`. Announces
    ProductCertificatesChanged.
    """
    work.actor.require(Permission.MANAGE_OFFERS)
    product = own_product(work, product_id)
    org_id, wanted = product.created_by_org_id, set(submission_ids)
    tags = {row.submission_id: row for row in _tags(work, product_id)}
    held = {one for one, row in tags.items() if row.is_tagged}
    for submission_id in wanted - held:
        if submission_id not in tags or not tags[submission_id].holds:
            raise CertificateDoesNotHold(
                "A product is shown with your own verified certificates only, while they hold. Open Verification to"
                " hand one in or to renew it."
            )
    if wanted == held:
        return
    work.session.execute(
        delete(ProductCertificate).where(
            ProductCertificate.product_id == product_id, ProductCertificate.org_id == org_id,
            ProductCertificate.submission_id.in_(held - wanted),
        )
    )  # fmt: skip
    new = [
        {"product_id": product_id, "submission_id": one, "org_id": org_id, "tagged_at": work.now,
         "tagged_by": work.actor.user_id}
        for one in sorted(wanted - held)
    ]  # fmt: skip
    if new:
        work.session.execute(insert(ProductCertificate), new)
    work.record(
        ProductCertificatesChanged(
            subject_id=product_id, seller_id=org_id, before=sorted(map(str, held)), after=sorted(map(str, wanted))
        )
    )


def my_certificates(work: Work, *, product_id: UUID) -> list[TagRow]:
    """One's own certificates, whether each holds today, and with which of them the product is shown."""
    work.actor.require(Permission.SEE_OFFERS)
    return _tags(work, product_id)


def product_claims(work: Work, *, product_ids: Sequence[UUID]) -> dict[UUID, list[ClaimRow]]:
    """The certificates that products are shown with and that hold now, for everybody who is signed in."""
    if work.actor.org_id is None and not work.actor.is_staff:
        raise NotFound
    rows = work.session.execute(
        text("select * from product_claims(:products, :now)"), {"products": list(product_ids), "now": work.now}
    )
    found: dict[UUID, list[ClaimRow]] = {}
    for row in rows:
        found.setdefault(row.product_id, []).append(ClaimRow.model_validate(row._asdict()))
    return found


# Whether one holds is the same question as `product_claims` asks of those that are shown.
_TAGS = text("""
    select s.id as submission_id, s.requirement, s.number, s.issuer, s.expires_on,
           s.counts_from <= :now and (s.expires_at is null or s.expires_at > :now)
             and (s.ended_at is null or s.ended_at > :now)
             and s.state in ('verified', 'auto_verified', 'expiring') as holds,
           exists (select 1 from product_certificates k where k.product_id = :product and k.submission_id = s.id)
             as is_tagged
    from verification_submissions s
    where s.org_id = :org_id and s.requirement = any (:kinds) and s.counts_from is not null and s.number is not null
    order by s.requirement, s.expires_on desc nulls first, s.id
""")


def _tags(work: Work, product_id: UUID) -> list[TagRow]:
    kinds = [str(kind) for kind in verification.CERTIFICATES]
    facts = {"org_id": work.actor.require_org(), "product": product_id, "now": work.now, "kinds": kinds}
    return [TagRow.model_validate(row._asdict()) for row in work.session.execute(_TAGS, facts)]
