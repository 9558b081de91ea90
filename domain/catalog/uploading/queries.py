"""Questions about one's own uploads."""

from uuid import UUID

from sqlalchemy import text

from domain.catalog.uploading.views import UploadRow, UploadSheet
from domain.identity import Permission
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.work import Work

_SHEET = """
    select u.id as upload_id, u.file_name, u.file_bytes, u.currency, u.state, u.mode, u.rows_new, u.rows_changed,
           u.rows_unchanged, u.rows_bad, u.rows_flagged, u.rows_done, u.notes, u.problem, u.checked_at, u.started_at,
           u.heartbeat_at, u.ended_at, u.undone_at,
           array(select jsonb_array_elements_text(u.layout -> 'header')) as header
"""
_ONE = text(
    _SHEET
    + """,
           -- While a long list comes in, the screen that shows how far it is counts no million rows.
           case when u.state = 'undone' then (
               select count(*) from catalog_upload_rows r where r.upload_id = u.id and r.state = 'undone'
           ) else 0 end as rows_undone,
           case when u.state = 'undone' then (
               select count(*) from catalog_upload_rows r where r.upload_id = u.id and r.state = 'kept'
           ) else 0 end as rows_kept,
           case when u.state in ('done', 'failed') then (
               select count(*) from catalog_upload_rows r join offers o on o.id = r.offer_id
               where r.upload_id = u.id and r.state = 'done' and r.kind = 'new' and o.state = 'draft'
           ) else 0 end as drafts
    from catalog_uploads u where u.id = :upload_id and u.org_id = :org_id
"""
)
_MINE = text(
    _SHEET + " from catalog_uploads u where u.org_id = :org_id and u.state <> 'checked'"
    " order by u.started_at desc, u.id limit :limit"
)
_ROWS = """
    select r.line, r.kind, r.state, r.sku, r.article ->> 'name' as name, r.why, r.article ->> 'kept' as kept, r.changes,
           (r.article -> 'ladder' -> 0 ->> 1)::numeric as price, r.price_change, coalesce(r.cells, '{}') as cells
    from catalog_upload_rows r
    where r.upload_id = :upload_id and r.org_id = :org_id and """
_PAGE = " order by r.line limit :limit offset :skip"
# Which rows, as the index of those that are not new knows them.
_WHICH = {
    "new": text(_ROWS + "r.kind = 'new'" + _PAGE),
    "changed": text(_ROWS + "r.kind = 'changed'" + _PAGE),
    "unchanged": text(_ROWS + "r.kind = 'unchanged'" + _PAGE),
    "bad": text(_ROWS + "r.kind = 'bad'" + _PAGE),
    "flagged": text(_ROWS + "r.kind = 'changed' and r.is_flagged" + _PAGE),
    "kept": text(_ROWS + "r.state = 'kept'" + _PAGE),
}
_DRAFTS = text("""
    select r.offer_id from catalog_upload_rows r join offers o on o.id = r.offer_id
    where r.upload_id = :upload_id and r.org_id = :org_id and r.state = 'done' and r.kind = 'new' and o.state = 'draft'
    order by r.line limit :limit
""")


def upload_sheet(work: Work, *, upload_id: UUID) -> UploadSheet:
    """One of one's own uploads. Raises `NotFound`."""
    work.actor.require(Permission.MANAGE_OFFERS)
    row = work.session.execute(_ONE, {"upload_id": upload_id, "org_id": work.actor.require_org()}).one_or_none()
    if row is None:
        raise NotFound
    return UploadSheet.model_validate(row._asdict())


def my_uploads(work: Work, *, limit: int = 50) -> list[UploadSheet]:
    """One's own uploads that were started, the newest first."""
    work.actor.require(Permission.MANAGE_OFFERS)
    rows = work.session.execute(_MINE, {"org_id": work.actor.require_org(), "limit": limit})
    return [UploadSheet.model_validate(row._asdict()) for row in rows]


def upload_rows(work: Work, *, upload_id: UUID, which: str = "bad", limit: int = 100, skip: int = 0) -> list[UploadRow]:
    """Rows of one's own upload by line: those that are new, changed, unchanged, bad, flagged or kept.

    Raises `Invalid` for others.
    """
    work.actor.require(Permission.MANAGE_OFFERS)
    facts = {"upload_id": upload_id, "org_id": work.actor.require_org(), "limit": limit, "skip": skip}
    if which not in _WHICH:
        raise Invalid("Rows are new, changed, unchanged, bad, flagged or kept.")
    return [UploadRow.model_validate(row._asdict()) for row in work.session.execute(_WHICH[which], facts)]


def drafts_of_upload(work: Work, *, upload_id: UUID, limit: int = 500) -> list[UUID]:
    """The offers that an upload brought and that are not on sale yet, in the order of the file."""
    work.actor.require(Permission.MANAGE_OFFERS)
    facts = {"upload_id": upload_id, "org_id": work.actor.require_org(), "limit": limit}
    return list(work.session.scalars(_DRAFTS, facts))
