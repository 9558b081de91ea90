"""The platform's configuration by whom: what holds now, every change there was, making one, and approving one.

The values themselves and what reads them stand in the kernel (`domain.kernel.configuration`).
"""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import Row, select, text

from domain.identity.events import SettingChanged, SettingDecided, SettingProposed
from domain.identity.models import SettingProposal
from domain.identity.permissions import Permission
from domain.identity.states import ProposalState
from domain.identity.suspension import OtherEyesNeeded
from domain.identity.views import ProposedSetting, SettingChange, SettingRow
from domain.kernel.configuration import NOTICE, TERMS, Setting, check, store
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work

_LONGEST_REASON = 500
# Where money is guarded, capped or held. One person alone could open a door here that nobody sees; so another one, who
# cannot propose, has to say yes before it counts.
OF_TWO_PEOPLE = frozenset(
    {
        Setting.FACTOR_REQUIRED_FOR_MONEY, Setting.LOST_FACTOR_WAIT_HOURS, Setting.PURCHASE_CAP_LEVEL_1,
        Setting.PAYOUT_MINIMUM, Setting.INSPECTION_DAYS,
    }
)  # fmt: skip


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

    One of `OF_TWO_PEOPLE` is proposed only, and counts once `decide_setting` has said yes. Returns the setting's id in
    the log, or that of the proposal. What is under way keeps the value of its beginning. Raises `Invalid` without a
    reason, for a value out of bounds or an instant that is nearer than a minute, and `Conflict` when nothing would
    change, when somebody else has changed it meanwhile, or when another change is planned for a later instant or waits
    for approval. Announces `SettingChanged` or `SettingProposed`.
    """
    work.actor.require(Permission.CONFIGURE)
    setting, reason = Setting(setting), reason.strip()
    if not reason or len(reason) > _LONGEST_REASON:
        raise Invalid(f"Please say why, in up to {_LONGEST_REASON} characters.")
    _one_at_a_time(work, setting)
    there = _rows(work, setting)
    if len(there) != version:
        raise Conflict("Somebody else has changed this setting meanwhile. Please look at it again.")
    last = there[-1] if there else None
    if last is not None and last.effective_from >= effective_from:
        raise Conflict("A change for a later time is planned already. Choose a time after it.")
    before = Decimal(last.value) if last is not None else TERMS[setting].usual
    if before == value:
        raise Conflict("This is the value already.")
    if setting in OF_TWO_PEOPLE and not work.actor.is_system:
        return _propose(work, setting, before, value, effective_from, reason, version)
    store(work, setting=setting, value=value, effective_from=effective_from)
    work.record(
        SettingChanged(
            subject_id=_subject(setting), setting=setting.value, before={"value": _plain(before)},
            after={"value": _plain(value)}, effective_from=effective_from, reason=reason,
        )
    )  # fmt: skip
    return _subject(setting)


# --- what a second person approves -------------------------------------------------------------


def decide_setting(work: Work, *, proposal_id: UUID, is_approved: bool, note: str = "") -> None:
    """Say yes or no to a proposed change; with a yes it holds from the instant that was planned, or in a minute.

    Raises `NotFound`, `OtherEyesNeeded` for one's own, `IllegalMove` when it is decided, `Invalid` for a no without a
    reason, and `Conflict` when the setting was changed since it was proposed. Announces `SettingChanged` or
    `SettingDecided`.
    """
    work.actor.require(Permission.APPROVE_SETTINGS)
    found = _locked(work, proposal_id)
    if work.actor.user_id is None or found.proposed_by == work.actor.user_id:
        raise OtherEyesNeeded("You proposed this change, so somebody else has to decide on it.")
    note = note.strip()[:_LONGEST_REASON]
    if not is_approved and not note:
        raise Invalid("Please say why not; who proposed it will read it.")
    setting = Setting(found.name)
    found.move_to(ProposalState.APPROVED if is_approved else ProposalState.REFUSED)
    found.decided_by, found.decided_at, found.note = work.actor.user_id, work.now, note or None
    there = _rows(work, setting)
    if is_approved and len(there) != found.version:
        raise Conflict("The setting was changed since this was proposed. Please refuse it, and have it proposed anew.")
    if not is_approved:
        work.record(
            SettingDecided(
                subject_id=_subject(setting), proposal_id=found.id, setting=found.name, reason=note,
                from_state=ProposalState.WAITING, to_state=ProposalState.REFUSED,
            )
        )  # fmt: skip
        return
    before = Decimal(there[-1].value) if there else TERMS[setting].usual
    # A yes that comes late still gives every process its minute.
    effective_from, value = max(found.effective_from, work.now + NOTICE), Decimal(_plain(found.value))
    store(work, setting=setting, value=value, effective_from=effective_from, set_by=found.proposed_by)
    work.record(
        SettingChanged(
            subject_id=_subject(setting), setting=found.name, before={"value": _plain(before)},
            after={"value": _plain(value)}, effective_from=effective_from, reason=found.reason,
            proposed_by=found.proposed_by,
        )
    )  # fmt: skip


def withdraw_setting(work: Work, *, proposal_id: UUID) -> None:
    """Take one's own proposed change back. Raises `NotFound`, `IllegalMove`. Announces `SettingDecided`."""
    work.actor.require(Permission.CONFIGURE)
    found = _locked(work, proposal_id)
    if found.proposed_by != work.actor.user_id:
        raise NotFound
    found.move_to(ProposalState.WITHDRAWN)
    found.decided_by, found.decided_at = work.actor.user_id, work.now
    work.record(
        SettingDecided(
            subject_id=_subject(Setting(found.name)), proposal_id=found.id, setting=found.name, reason="",
            from_state=ProposalState.WAITING, to_state=ProposalState.WITHDRAWN,
        )
    )  # fmt: skip


def proposed_settings(work: Work) -> list[ProposedSetting]:
    """The changes that wait for a second person, the oldest first; for the platform's staff."""
    work.actor.require(Permission.SEE_PLATFORM)
    rows = work.session.execute(
        text(
            "select s.id, s.name, s.value, s.effective_from, s.reason, s.proposed_by, p.name as proposed_by_name,"
            " s.proposed_at from setting_proposals s join people p on p.id = s.proposed_by"
            " where s.state = 'waiting' order by s.proposed_at, s.id"
        )
    ).all()
    found = []
    for row in rows:
        setting = Setting(row.name)
        there, terms = _rows(work, setting), TERMS[setting]
        found.append(
            ProposedSetting(
                proposal_id=row.id, setting=setting, meaning=terms.meaning, unit=terms.unit,
                before=Decimal(there[-1].value) if there else terms.usual, after=row.value,
                effective_from=row.effective_from, reason=row.reason, proposed_by=row.proposed_by,
                proposed_by_name=row.proposed_by_name, proposed_at=row.proposed_at,
            )
        )  # fmt: skip
    return found


def _propose(
    work: Work, setting: Setting, before: Decimal, value: Decimal, effective_from: datetime, reason: str, version: int
) -> UUID:
    check(work, setting=setting, value=value, effective_from=effective_from)
    if work.session.scalar(
        select(SettingProposal.id).where(
            SettingProposal.name == setting.value, SettingProposal.state == ProposalState.WAITING.value
        )
    ):
        raise Conflict("A change of this setting waits for approval already.")
    assert work.actor.user_id is not None
    made = SettingProposal(
        id=new_id(), name=setting.value, value=value, effective_from=effective_from, reason=reason, version=version,
        state=ProposalState.WAITING.value, proposed_by=work.actor.user_id, proposed_at=work.now,
    )  # fmt: skip
    work.session.add(made)
    work.record(
        SettingProposed(
            subject_id=_subject(setting), proposal_id=made.id, setting=setting.value,
            before={"value": _plain(before)}, after={"value": _plain(value)}, effective_from=effective_from,
            reason=reason,
        )
    )  # fmt: skip
    return made.id


def _locked(work: Work, proposal_id: UUID) -> SettingProposal:
    # The setting first, then its proposal: as a change does, so that the two wait for each other.
    name = work.session.scalar(select(SettingProposal.name).where(SettingProposal.id == proposal_id))
    if name is None:
        raise NotFound
    _one_at_a_time(work, Setting(name))
    return work.session.get_one(SettingProposal, proposal_id, with_for_update=True, populate_existing=True)


def _one_at_a_time(work: Work, setting: Setting) -> None:
    # Two people who change the same setting do it one after the other, and the second is told.
    work.session.execute(text("select pg_advisory_xact_lock(hashtext(:name))"), {"name": f"setting {setting.value}"})


def _subject(setting: Setting) -> UUID:
    return uuid5(NAMESPACE_OID, f"setting {setting.value}")


# --- what holds, and what was ------------------------------------------------------------------


def settings_now(work: Work) -> list[SettingRow]:
    """Every setting as it is at `work.now`, with what is planned. One row is one setting; for the platform's staff."""
    work.actor.require(Permission.SEE_PLATFORM)
    found, known = [], _rows_of(work, TERMS)
    for setting, terms in TERMS.items():
        rows = known[setting]
        past = [row for row in rows if row.effective_from <= work.now]
        ahead = [row for row in rows if row.effective_from > work.now]
        found.append(
            SettingRow(
                setting=setting, meaning=terms.meaning, unit=terms.unit, least=terms.least, most=terms.most,
                usual=terms.usual, value=Decimal(past[-1].value) if past else terms.usual, version=len(rows),
                upcoming=Decimal(ahead[0].value) if ahead else None,
                upcoming_at=ahead[0].effective_from if ahead else None,
                changed_at=past[-1].effective_from if past else None, is_of_two_people=setting in OF_TWO_PEOPLE,
            )
        )  # fmt: skip
    return found


def setting_changes(work: Work, *, setting: Setting | None = None) -> list[SettingChange]:
    """Every change of the configuration, newest first, with who made it and why; for the platform's staff."""
    work.actor.require(Permission.SEE_PLATFORM)
    changes = []
    for one, rows in _rows_of(work, [Setting(setting)] if setting else list(Setting)).items():
        terms, before = TERMS[one], TERMS[one].usual
        for version, row in enumerate(rows, 1):
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
    " (select e.facts ->> 'reason' from events e where e.subject = 'setting' and e.subject_id = a.subject_id"
    "    and e.name = 'SettingChanged'"
    "    and cast(e.facts ->> 'effective_from' as timestamptz) = s.effective_from order by e.id desc limit 1) as reason"
    " from unnest(cast(:names as text[]), cast(:subjects as uuid[])) as a(name, subject_id)"
    " join platform_settings s using (name) left join people p on p.id = s.set_by order by s.name, s.effective_from"
)


def _rows_of(work: Work, settings: Collection[Setting]) -> dict[Setting, list[Row[Any]]]:
    """What holds and is planned of each of these settings, by its first day; one statement for all of them."""
    facts = {"names": [one.value for one in settings], "subjects": [_subject(one) for one in settings]}
    found: dict[Setting, list[Row[Any]]] = {one: [] for one in settings}
    for row in work.session.execute(_ROWS, facts):
        found[Setting(row.name)].append(row)
    return found


def _rows(work: Work, setting: Setting) -> list[Row[Any]]:
    return _rows_of(work, [setting])[setting]


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
