"""Many products at once: a file is read, checked as a whole by the set, and merged into the catalogue.

`source` opens a file, `layout` guesses what its columns mean, `reading` makes articles or rejected lines of its rows.
`plain_file` takes a clean product file of a program, from the command line.
"""

from domain.catalog.uploading.layout import Layout, guess
from domain.catalog.uploading.plain_file import CatalogImported, ImportedCatalog, import_catalog
from domain.catalog.uploading.reading import Article, Reject, as_json, read, without_doubles
from domain.catalog.uploading.source import Source, open_source

__all__ = [
    "Article",
    "CatalogImported",
    "ImportedCatalog",
    "Layout",
    "Reject",
    "Source",
    "as_json",
    "guess",
    "import_catalog",
    "open_source",
    "read",
    "without_doubles",
]
