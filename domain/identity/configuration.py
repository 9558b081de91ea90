"""The platform's configuration by whom: what holds now, every change there was, and making one.

The values themselves and what reads them stand in the kernel (`domain.kernel.configuration`).
"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import Row, text

from domain.identity.events import SettingChanged
from domain.identity.permissions import Permission
from domain.identity.views import SettingChange, SettingRow
from domain.kernel.configuration import TERMS, Setting, store
from domain.kernel.errors import Conflict, Invalid
from domain.kernel.work import Work

_LONGEST_REASON = 500


def change_setting(
    work: Work,
    *,
    request_id: UUID,
    setting: Setting,
    value: Decimal,
    effective_from: datetime,
    reason: str,
    version: int,
) -> UUID:
    """Give a setting another value from an instant on, for what begins then; `version` is the one that was read.

    What is under way keeps the value of its beginning. Raises `Invalid` without a reason, for a value out of bounds
    or an instant that is nearer than a minute, and `Conflict` when nothing would change, when somebody else has
    changed it meanwhile, or when another change is planned for a later instant. Announces SettingChanged.
    """
    work.actor.require(Permission.CONFIGURE)
    setting, reason = Setting(setting), reason.strip()
    if not reason or len(reason) > _LONGEST_REASON:
        raise Invalid(f"Please say why, in up to {_LONGEST_REASON} characters.")
    # Two people who change the same setting do it one after the other, and the second is told.
    work.session.execute(text("select pg_advisory_xact_lock(hashtext(:name))"), {"name": f"setting {setting.value}"})
    there = _rows(work, setting)
    if len(there) != version:
        raise Conflict("Somebody else has changed this setting meanwhile. Please look at it again.")
    last = there[-1] if there else None
    if last is not None and last.effective_from >= effective_from:
        raise Conflict("A change for a later time is planned already. Choose a time after it.")
    before = Decimal(last.value) if last is not None else TERMS[setting].usual
    if before == value:
        raise Conflict("This is the value already.")
    store(work, setting=setting, value=value, effective_from=effective_from)
    subject_id = uuid5(NAMESPACE_OID, f"setting {setting.value}")
    work.record(
        SettingChanged(
            subject_id=subject_id, setting=setting.value, before={"value": _plain(before)},
            after={"value": _plain(value)}, effective_from=effective_from, reason=reason,
        )
    )  # fmt: skip
    return subject_id


def settings_now(work: Work) -> list[SettingRow]:
    """Every setting as it is at `work.now`, with what is planned. One row is one setting; for the platform's staff."""
    work.actor.require(Permission.SEE_PLATFORM)
    found = []
    for setting, terms in TERMS.items():
        rows = _rows(work, setting)
        past = [row for row in rows if row.effective_from <= work.now]
        ahead = [row for row in rows if row.effective_from > work.now]
        found.append(
            SettingRow(
                setting=setting, meaning=terms.meaning, unit=terms.unit, least=terms.least, most=terms.most,
                usual=terms.usual, value=Decimal(past[-1].value) if past else terms.usual, version=len(rows),
                upcoming=Decimal(ahead[0].value) if ahead else None,
                upcoming_at=ahead[0].effective_from if ahead else None,
                changed_at=past[-1].effective_from if past else None,
            )
        )  # fmt: skip
    return found


def setting_changes(work: Work, *, setting: Setting | None = None) -> list[SettingChange]:
    """Every change of the configuration, newest first, with who made it and why; for the platform's staff."""
    work.actor.require(Permission.SEE_PLATFORM)
    changes = []
    for one in [Setting(setting)] if setting else list(Setting):
        terms, before = TERMS[one], TERMS[one].usual
        for version, row in enumerate(_rows(work, one), 1):
            changes.append(
                SettingChange(
                    setting=one, meaning=terms.meaning, unit=terms.unit, version=version, before=before,
                    after=Decimal(row.value), effective_from=row.effective_from, recorded_at=row.recorded_at,
                    changed_by=row.changed_by, reason=row.reason,
                )
            )  # fmt: skip
            before = Decimal(row.value)
    return sorted(changes, key=lambda change: (change.recorded_at, change.setting), reverse=True)


_ROWS = text(
    "select s.name, s.effective_from, s.value ->> 'value' as value, s.recorded_at, p.name as changed_by,"
    " (select e.facts ->> 'reason' from events e where e.subject = 'setting' and e.subject_id = :subject_id"
    "    and cast(e.facts ->> 'effective_from' as timestamptz) = s.effective_from order by e.id desc limit 1) as reason"
    " from platform_settings s left join people p on p.id = s.set_by where s.name = :name order by s.effective_from"
)


def _rows(work: Work, setting: Setting) -> list[Row[Any]]:
    facts = {"name": setting.value, "subject_id": uuid5(NAMESPACE_OID, f"setting {setting.value}")}
    return list(work.session.execute(_ROWS, facts).all())


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
