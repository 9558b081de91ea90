"""Who acts: a person in an organisation, the platform's staff, or the system itself."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from domain.kernel.errors import NotAllowed, NotFound


class Scope(StrEnum):
    """What row-level security lets this actor see: own rows, or all (staff and jobs, audited)."""

    MEMBER = "member"
    PLATFORM = "platform"
    SYSTEM = "system"


class OnlyLooking(NotAllowed):
    """Who looks through somebody else's eyes changes nothing, and sees nothing that is that person's alone."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Names are kept out: an actor can stand in logs and events."""

    user_id: UUID | None = None
    org_id: UUID | None = None
    org_kind: str | None = None
    variant: str | None = None
    scope: Scope = Scope.MEMBER
    permissions: frozenset[StrEnum] = field(default=frozenset(), repr=False)
    sign_in_session_id: UUID | None = None
    # Who really sits there, when somebody looks through this person's eyes: such an actor reads and does nothing.
    viewer_id: UUID | None = None

    @classmethod
    def system(cls) -> "Actor":
        """The worker, the importer, the pipelines. May do everything; every event says so."""
        return cls(scope=Scope.SYSTEM)

    @classmethod
    def anonymous(cls) -> "Actor":
        return cls()

    @property
    def is_system(self) -> bool:
        return self.scope is Scope.SYSTEM

    @property
    def is_looking(self) -> bool:
        """Whether somebody else looks through this person's eyes."""
        return self.viewer_id is not None

    def require_self(self) -> None:
        """Refuse who only looks through this person's eyes: what follows is for the person alone."""
        if self.is_looking:
            raise OnlyLooking("You are looking as somebody else; this is for that person alone.")

    def may(self, permission: StrEnum) -> bool:
        return self.is_system or permission in self.permissions

    def require(self, permission: StrEnum) -> None:
        """Refuse unless this actor holds the permission.

        Somebody whose kind of organisation never holds it is a stranger and gets "not found";
        a colleague without the right is told so.
        """
        if self.may(permission):
            return
        if self.org_id is None:
            raise NotFound
        raise NotAllowed(f"Your role does not include: {str(permission).replace('_', ' ')}.")

    @property
    def is_staff(self) -> bool:
        """The platform's people and jobs: row-level security lets them see every row."""
        return self.scope is not Scope.MEMBER

    def require_staff(self) -> None:
        """Refuse all but the platform's people and jobs."""
        if not self.is_staff:
            raise NotFound

    def require_party(self, *org_ids: UUID | None, staff: StrEnum | None = None) -> None:
        """Refuse all but these organisations, the system, and staff who hold the permission `staff`.

        For the steps of a command: the command has asked for the right to do it, the step sees that it is
        done to one's own.
        """
        is_party = self.org_id is not None and self.org_id in org_ids
        if not (is_party or self.is_system or (staff is not None and self.is_staff and self.may(staff))):
            raise NotFound

    def require_org(self) -> UUID:
        """The organisation for which this actor acts."""
        if self.org_id is None:
            raise NotFound
        return self.org_id
