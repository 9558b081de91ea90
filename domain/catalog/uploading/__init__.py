"""Many products at once: a file is read, checked as a whole by the set, and merged into the catalogue.

`plain_file` takes a clean product file of a program, from the command line.
"""

from domain.catalog.uploading.plain_file import CatalogImported, ImportedCatalog, import_catalog

__all__ = ["CatalogImported", "ImportedCatalog", "import_catalog"]
