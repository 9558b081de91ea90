"""Pure arithmetic of shares: what q of n units are worth, and how a release is divided.

Everything is cumulative: the share of a step is the share after it minus the share before it, so
however an order is split into steps, the parts add up to the whole to the cent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.kernel.money import rounded


def part(amount: Decimal, units: int, of: int, currency: str) -> Decimal:
    """The settled share of `amount` that belongs to `units` out of `of` units, halves to even."""
    return amount if units == of else rounded(amount * units / of, currency)


@dataclass(frozen=True, slots=True)
class Commission:
    """A beneficiary's frozen share: `rate` of the goods value, plus VAT on it at `vat_rate`."""

    beneficiary: str
    rate: Decimal
    vat_rate: Decimal


@dataclass(frozen=True, slots=True)
class Division:
    """How a released gross amount is divided. gross = net + commission + VAT + distributor."""

    gross: Decimal
    goods: Decimal
    commission: Decimal
    commission_vat: Decimal
    distributor: Decimal
    net: Decimal


def divide(
    *,
    gross: Decimal,
    goods: Decimal,
    goods_before: Decimal,
    commissions: Sequence[Commission],
    currency: str,
    taken: Division | None = None,
) -> Division:
    """Divide what is released for `goods` (net of tax), after `goods_before` were released earlier.

    Commission is rate x goods, rounded half to even on the running total (state-machines, P3). A step of a
    cent or two can round up to more than it is worth: then it takes what there is, and the next step the
    rest. `taken` is what earlier steps took in all; left out, they took what their goods called for.
    """
    called_for = [_shares(commissions, part_of, currency) for part_of in (goods_before, goods_before + goods)]
    before = (taken.commission, taken.commission_vat, taken.distributor) if taken else called_for[0]
    left, took = gross, []
    for earlier, later in zip(before, called_for[1], strict=True):
        took.append(min(max(later - earlier, Decimal(0)), left))
        left -= took[-1]
    commission, vat, distributor = took
    return Division(gross, goods, commission, vat, distributor, left)


def _shares(commissions: Sequence[Commission], goods: Decimal, currency: str) -> tuple[Decimal, Decimal, Decimal]:
    """What the platform, its VAT and the distributor earn on this value of goods."""
    commission = vat = distributor = Decimal(0)
    for share in commissions:
        earned = rounded(share.rate * goods, currency)
        if share.beneficiary == "platform":
            commission += earned
            vat += rounded(share.vat_rate * earned, currency)
        else:
            distributor += earned
    return commission, vat, distributor
