"""Names on lists of sanctions, companies in registers, and owners who stand on both sides of the market."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from rapidfuzz import fuzz, process
from sqlalchemy import text

from domain.kernel.errors import Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work
from domain.verification.events import SanctionsHitFound, SanctionsListLoaded
from domain.verification.models import RegistryEntry
from domain.verification.naming import key_of
from domain.verification.states import CaseKind, Reason

SCORE_LEAST = 88.0


@dataclass(frozen=True, slots=True)
class Listed:
    """One name of a list, under the list's own reference."""

    reference: str
    name: str
    aliases: tuple[str, ...] = ()
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """One company of a register."""

    country_code: str
    number: str
    name: str
    tax_number: str | None = None
    standing: str = "active"
    address: str | None = None


def load_sanctions(work: Work, *, list: str, entries: Sequence[Listed]) -> int:
    """Take in a list as it is today: new names, changed names, and names that are no longer on it.

    Everybody is screened anew. Returns the number of new hits. Jobs only; raises `Invalid` for an empty list or a
    reference that comes twice. Announces `SanctionsListLoaded`, `SanctionsHitFound`.
    """
    _jobs_only(work)
    if not list.strip() or not entries:
        raise Invalid("A list of sanctions has a name and at least one entry.")
    if len({entry.reference for entry in entries}) != len(entries):
        raise Invalid("Two entries of the list have the same reference.")
    if any(not entry.name.strip() or not entry.reference.strip() for entry in entries):
        raise Invalid("Each entry of the list needs a reference and a name.")
    work.session.execute(
        text(
            "insert into sanctions_entries as e (id, list, reference, name, name_key, aliases, country, listed_at)"
            " values (:id, :list, :reference, :name, :name_key, :aliases, :country, :now)"
            " on conflict (list, reference) do update set name = excluded.name, name_key = excluded.name_key,"
            " aliases = excluded.aliases, country = excluded.country, removed_at = null"
        ),
        [
            {
                "id": new_id(), "list": list, "reference": entry.reference, "name": entry.name.strip(),
                "name_key": key_of(entry.name), "aliases": [*entry.aliases], "country": entry.country, "now": work.now,
            }
            for entry in entries
        ],
    )  # fmt: skip
    removed: Sequence[UUID] = work.session.execute(
        text(
            "update sanctions_entries set removed_at = :now where list = :list and removed_at is null"
            " and reference <> all(:kept) returning id"
        ),
        {"list": list, "now": work.now, "kept": [entry.reference for entry in entries]},
    ).scalars().all()  # fmt: skip
    # Who was taken off the list stands for nothing any more.
    work.session.execute(
        text(
            "update sanctions_hits set state = 'cleared', decided_at = :now"
            " where entry_id = any(:ids) and state = 'open'"
        ),
        {"ids": [*removed], "now": work.now},
    )
    work.record(
        SanctionsListLoaded(subject_id=uuid5(NAMESPACE_URL, f"sanctions:{list}"), list=list, entries=len(entries),
                            removed=len(removed))
    )  # fmt: skip
    return len(screen(work))


def load_registry(work: Work, *, companies: Sequence[Registered]) -> int:
    """Take in companies of a public register, new or changed. Returns how many. Jobs only."""
    _jobs_only(work)
    if any(not (c.number.strip() and c.name.strip() and len(c.country_code) == 2) for c in companies):
        raise Invalid("Each company of a register needs a country of two letters, a number and a name.")
    for company in companies:
        work.session.merge(
            RegistryEntry(
                country_code=company.country_code.upper(), number=company.number.strip(), name=company.name.strip(),
                tax_number=company.tax_number, standing=company.standing, address=company.address, loaded_at=work.now,
            )
        )  # fmt: skip
    return len(companies)


def screen(work: Work, *, org_ids: Collection[UUID] | None = None) -> list[UUID]:
    """Compare organisations and their owners with all lists; the new hits of a name are one case. Returns the hits.

    A pair of names that was decided before is not asked again. Jobs only. Announces `SanctionsHitFound`.
    """
    _jobs_only(work)
    listed = work.session.execute(
        text("select id, name_key, aliases from sanctions_entries where removed_at is null order by id")
    ).all()
    if not listed:
        return []
    named: dict[str, list[UUID]] = {}
    for entry in listed:
        for key in {" ".join(sorted(key_of(name).split())) for name in (entry.name_key, *entry.aliases)}:
            named.setdefault(key, []).append(entry.id)
    keys, found = list(named), []
    for org_id, owner_key, name in _names(work, org_ids):
        # All that are alike, not the likest alone: it may have been cleared, and would hide the others for ever.
        alike: dict[UUID, float] = {}
        key = " ".join(sorted(key_of(name).split()))
        for match, score, _ in process.extract(key, keys, scorer=fuzz.ratio, score_cutoff=SCORE_LEAST, limit=None):
            for entry_id in named[match]:
                alike.setdefault(entry_id, score)
        found += _hits(work, org_id, owner_key, alike)
    return found


def shared_owners(work: Work, org_id: UUID, person_keys: Collection[str]) -> list[UUID]:
    """Organisations of the other side of the market that one of these people owns or directs as well."""
    return [
        *work.session.scalars(
            text(
                "select distinct w.org_id from verification_owners w join organizations o on o.id = w.org_id"
                " join organizations me on me.id = :org_id where w.org_id <> :org_id and w.person_key = any(:keys)"
                " and ((o.kind = 'retailer') <> (me.kind = 'retailer') or 'distributor' in (o.kind, me.kind))"
                " order by w.org_id"
            ),
            {"org_id": org_id, "keys": [*person_keys]},
        )
    ]


def _names(work: Work, org_ids: Collection[UUID] | None) -> Any:
    return work.session.execute(
        text(
            "select id as org_id, null as owner_key, name from organizations where origin = 'live'"
            " and kind <> 'platform' and (cast(:ids as uuid[]) is null or id = any(:ids))"
            " union select id, null, legal_name from organizations where origin = 'live' and kind <> 'platform'"
            " and legal_name is not null and (cast(:ids as uuid[]) is null or id = any(:ids))"
            " union select w.org_id, w.person_key, w.name from verification_owners w"
            " join verification_submissions s on s.id = w.submission_id and s.state <> 'replaced'"
            " where cast(:ids as uuid[]) is null or w.org_id = any(:ids) order by 1, 2"
        ),
        {"ids": [*org_ids] if org_ids is not None else None},
    ).all()


def _hits(work: Work, org_id: UUID, owner_key: str | None, alike: Mapping[UUID, float]) -> list[UUID]:
    """Write down whom a name is like, without those it was compared with before; the new ones are one case."""
    from domain.verification.checking import add_case

    if not alike:
        return []
    scores = {new_id(): (entry_id, Decimal(str(round(score, 2)))) for entry_id, score in alike.items()}
    written: Sequence[UUID] = work.session.execute(
        text(
            "insert into sanctions_hits (id, org_id, entry_id, owner_key, state, score, found_at)"
            " select id, :org_id, entry_id, :owner_key, 'open', score, :now"
            " from unnest(cast(:ids as uuid[]), cast(:entries as uuid[]), cast(:scores as numeric[]))"
            "   as new(id, entry_id, score)"
            " on conflict (org_id, entry_id, owner_key) do nothing returning id"
        ),
        {
            "ids": [*scores], "entries": [entry_id for entry_id, _ in scores.values()],
            "scores": [score for _, score in scores.values()], "org_id": org_id, "owner_key": owner_key,
            "now": work.now,
        },
    ).scalars().all()  # fmt: skip
    if not written:
        return []
    case_id = add_case(work, org_id, None, CaseKind.SANCTIONS, [Reason.SANCTIONS_HIT], needs_second=True)
    work.session.execute(
        text("update sanctions_hits set case_id = :case where id = any(:ids)"), {"case": case_id, "ids": [*written]}
    )
    for hit_id in written:
        work.record(SanctionsHitFound(subject_id=hit_id, for_org_id=org_id, to_state="open", score=scores[hit_id][1]))
    return [*written]


def _jobs_only(work: Work) -> None:
    if not work.actor.is_system:
        raise NotFound
