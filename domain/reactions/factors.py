"""Who hears of a lost second factor, of a browser that was not seen before, and of settings that wait for a second yes.

To the person go a letter and, where a phone is confirmed, a text message: whoever took the one may not have the other.
"""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from domain import identity, notifications
from domain.identity import Decider, OrgKind, Permission
from domain.kernel.work import Work

LETTERS: dict[str, str] = {
    "FactorLossReported": "factor_loss_asked", "FactorLossApproved": "factor_loss_approved",
    "FactorLossNear": "factor_loss_near", "FactorLossRefused": "factor_loss_refused",
    "FactorLossCancelled": "factor_loss_cancelled", "LostFactorRemoved": "lost_factor_removed",
}  # fmt: skip
WARNED = frozenset({"FactorLossReported", "FactorLossApproved", "FactorLossNear", "LostFactorRemoved"})
PROPOSALS = frozenset({"SettingProposed"})
NEW_BROWSERS = frozenset({"NewBrowserSeen"})


def tell_of_lost_factor(work: Work, event: Any) -> None:
    """Tell the person by every address that is confirmed, and those who have to decide."""
    if event.name == "FactorLossApproved" and event.facts["takes_effect_at"] is None:
        return  # the first of two: nothing has begun
    person = _person(work, event.subject_id, event.facts["for_org_id"])
    if person is None:
        return
    facts = {"link_id": event.facts.get("link_id"), "when": _when(event.facts.get("takes_effect_at"), person.time_zone)}
    if person.email_confirmed_at is not None:
        notifications.send_email(
            work, to=person.email, kind=LETTERS[event.name], facts={n: v for n, v in facts.items() if v is not None},
            cause=f"event:{event.id}", person_id=event.subject_id,
        )  # fmt: skip
    if event.name in WARNED and person.phone_confirmed_at is not None:
        notifications.send_text(
            work, to=person.phone, kind=LETTERS[event.name], facts={}, cause=f"event:{event.id}",
            person_id=event.subject_id,
        )  # fmt: skip
    if event.name == "FactorLossReported":
        for each in _deciders(work, event):
            notifications.tell(
                work, org_id=each.org_id, person_id=each.person_id, kind="security_factor_loss",
                cause=f"{event.id}:{each.person_id}", subject="factor_loss", subject_id=UUID(event.facts["loss_id"]),
                facts={"person_id": str(event.subject_id)},
            )  # fmt: skip


def tell_of_new_browser(work: Work, event: Any) -> None:
    """Write to the person when, and from which browser as far as it tells."""
    person = _person(work, event.subject_id, event.facts["for_org_id"])
    if person is None:
        return
    agent = work.session.execute(
        text("select user_agent from sign_in_sessions where id = :id"), {"id": event.facts["session_id"]}
    ).scalar_one_or_none()
    facts = {
        "link_id": event.facts["link_id"], "browser": identity.browser_name(agent),
        "when": _when(event.recorded_at.isoformat(), person.time_zone),
    }  # fmt: skip
    notifications.send_email(
        work, to=person.email, kind="new_sign_in", facts=facts, cause=f"event:{event.id}", person_id=event.subject_id
    )


def tell_of_proposal(work: Work, event: Any) -> None:
    """A notice for those who may approve what was proposed."""
    for each in _holders(work, Permission.APPROVE_SETTINGS):
        notifications.tell(
            work, org_id=each.org_id, person_id=each.person_id, kind="system_setting_proposed",
            cause=f"{event.id}:{each.person_id}", subject="setting", subject_id=event.subject_id, facts={},
        )  # fmt: skip


def _deciders(work: Work, event: Any) -> list[Any]:
    if event.facts["decider"] == Decider.PLATFORM:
        return _holders(work, Permission.VOUCH_FOR_PEOPLE)
    variants = [variant.value for variant in identity.holders_of(Permission.RESTORE_ACCESS)]
    statement = text(
        "select org_id, person_id from memberships where org_id = :org and state = 'active' and person_id <> :person"
        " and variant = any(:variants) order by person_id"
    )
    facts = {"org": event.facts["for_org_id"], "person": event.subject_id, "variants": variants}
    return list(work.session.execute(statement, facts).all())


def _holders(work: Work, permission: Permission) -> list[Any]:
    """Those of the platform's people who hold a right."""
    statement = text(
        "select m.org_id, m.person_id from memberships m join organizations o on o.id = m.org_id and o.kind = :kind"
        " where m.state = 'active' and m.variant = any(:variants) order by m.person_id"
    )
    variants = [variant.value for variant in identity.holders_of(permission)]
    return list(work.session.execute(statement, {"kind": OrgKind.PLATFORM, "variants": variants}).all())


def _person(work: Work, person_id: UUID, org_id: Any) -> Any:
    return work.session.execute(
        text(
            "select p.email, p.email_confirmed_at, p.phone, p.phone_confirmed_at, o.time_zone"
            " from people p, organizations o where p.id = :id and p.state = 'active' and o.id = :org"
        ),
        {"id": person_id, "org": org_id},
    ).one_or_none()


def _when(instant: str | None, time_zone: str) -> str | None:
    """An instant as a letter says it, by the clock of the organisation."""
    if instant is None:
        return None
    return f"{datetime.fromisoformat(instant).astimezone(ZoneInfo(time_zone)):%-d %B %Y, %H:%M} ({time_zone})"
