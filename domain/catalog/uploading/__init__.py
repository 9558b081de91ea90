"""Many products at once: a file is read, checked as a whole by the set, and merged into the catalogue.

`source` opens a file, `layout` guesses what its columns mean, `reading` makes articles or rejected lines of its rows.
`commands` check a file (`staging`, `checking_sql`), bring it in and take it back (`merging_sql`).
`plain_file` takes a clean product file of a program, from the command line.
"""

from domain.catalog.uploading.commands import (
    MOST_TO_MEND,
    UploadUnderWay,
    carry_on_upload,
    check_upload,
    fail_upload,
    start_upload,
    undo_upload,
    uploads_waiting,
)
from domain.catalog.uploading.layout import Layout, guess_layout
from domain.catalog.uploading.plain_file import CatalogImported, ImportedCatalog, import_catalog
from domain.catalog.uploading.queries import drafts_of_upload, my_uploads, upload_rows, upload_sheet
from domain.catalog.uploading.reading import Article, Reject, article_as_json, read_list, without_doubles
from domain.catalog.uploading.source import Source, open_list
from domain.catalog.uploading.staging import STAGED_COLUMNS, copied_blocks
from domain.catalog.uploading.staging import Progress as UploadProgress
from domain.catalog.uploading.states import UploadMode, UploadState
from domain.catalog.uploading.views import UploadRow, UploadSheet, WaitingUpload

__all__ = [
    "Article",
    "STAGED_COLUMNS",
    "copied_blocks",
    "CatalogImported",
    "ImportedCatalog",
    "Layout",
    "MOST_TO_MEND",
    "Reject",
    "Source",
    "UploadMode",
    "UploadProgress",
    "UploadRow",
    "UploadSheet",
    "UploadState",
    "UploadUnderWay",
    "WaitingUpload",
    "article_as_json",
    "carry_on_upload",
    "check_upload",
    "drafts_of_upload",
    "fail_upload",
    "guess_layout",
    "import_catalog",
    "my_uploads",
    "open_list",
    "read_list",
    "start_upload",
    "undo_upload",
    "upload_rows",
    "upload_sheet",
    "uploads_waiting",
    "without_doubles",
]
