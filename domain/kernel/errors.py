"""The four ways in which the domain says no.

A concrete error is declared beside the code that raises it and carries one sentence that a
buyer or a seller could read and act on. Everything that is not a `DomainError` is a defect.
"""


class DomainError(Exception):
    """A refusal with a sentence for people. Nothing has changed when it is raised."""

    @property
    def sentence(self) -> str:
        return str(self)


class NotFound(DomainError):
    """It does not exist, or it is not yours: a stranger cannot tell which."""

    def __init__(self, sentence: str = "We could not find that. It may have been removed.") -> None:
        super().__init__(sentence)


class NotAllowed(DomainError):
    """You are known, and your role does not permit this."""

    def __init__(self, sentence: str = "Your role does not allow this.") -> None:
        super().__init__(sentence)


class Conflict(DomainError):
    """The world has moved: the thing is no longer in a state that permits this."""


class Invalid(DomainError):
    """What was asked is wrong in itself; the sentence names the field."""
