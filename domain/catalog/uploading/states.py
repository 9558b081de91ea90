"""The states of an upload, and the steps between them."""

from enum import StrEnum


class UploadState(StrEnum):
    CHECKED = "checked"
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNDONE = "undone"


UPLOAD_MOVES: dict[UploadState, frozenset[UploadState]] = {
    UploadState.CHECKED: frozenset({UploadState.WAITING}),
    UploadState.WAITING: frozenset({UploadState.RUNNING, UploadState.FAILED}),
    UploadState.RUNNING: frozenset({UploadState.DONE, UploadState.FAILED}),
    UploadState.DONE: frozenset({UploadState.UNDONE}),
    UploadState.FAILED: frozenset({UploadState.UNDONE}),  # what came in before it failed can be taken back
    UploadState.UNDONE: frozenset(),
}


class UploadMode(StrEnum):
    """All rows or none of them; or those that are good, the others being named."""

    ALL = "all"
    GOOD = "good"


class RowKind(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    BAD = "bad"


class RowState(StrEnum):
    """Waiting rows have been checked; done ones are in the catalogue; undone ones are out again, kept ones not."""

    WAITING = "waiting"
    DONE = "done"
    UNDONE = "undone"
    KEPT = "kept"
