"""What shows a product: pictures, films and models that turn; for sellers to arrange and for buyers to look at."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import cache
from html import escape
from urllib.parse import urlsplit
from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask
from app.parts.forms import guarded_dialog, once, settle
from app.parts.pictures import previews, show
from app.parts.text import plain
from domain import catalog
from domain.catalog import MediaRow
from domain.kernel import files
from domain.kernel.settings import PROJECT, settings

KINDS = {"picture": "Picture", "video": "Film (MP4)", "model": "3D model (GLB)"}
_NOT_YET = ":material/hourglass_top: This picture is still being checked, or cannot be read."
_ENDINGS = {"picture": ["png", "jpg", "jpeg"], "video": ["mp4"], "model": ["glb"]}
_LARGEST_MB = {"picture": 10, "video": 60, "model": 15}
_SMALL = {"picture": "image", "video": "movie", "model": "view_in_ar"}


def show_media(row: MediaRow, *, height: int = 360) -> None:
    """One of them, large. A model turns by itself and follows a drag."""
    if row.kind == "video":
        # By its address: a drawing does not read it, and the player asks for the parts that it shows.
        here = urlsplit(st.context.url or settings().public_url)
        st.video(f"{here.scheme}://{here.netloc}/film/{row.file_id}", alt=row.alt)
        return
    if row.kind == "picture":
        _show_picture(row, previews(ask(files.pictures, file_ids=[_large(row)])))
        return
    content, _ = ask(files.read, file_id=row.file_id)
    st.iframe(_turning(content, row.alt), height=height, alt=row.alt)


def _large(row: MediaRow) -> UUID:
    return row.card_file_id or row.file_id


def _show_picture(row: MediaRow, pictures: Mapping[UUID, bytes]) -> None:
    if _large(row) in pictures:
        show(pictures[_large(row)], alt=row.alt)
    else:
        st.caption(_NOT_YET)


def gallery(rows: list[MediaRow], name: str) -> None:
    """All of them for a buyer: one large, and a row to choose another."""
    labels = {row.media_id: f":material/{_SMALL[row.kind]}: {number}" for number, row in enumerate(rows, 1)}
    chosen = rows[0].media_id
    if len(rows) > 1:
        picked = st.segmented_control(
            "What to look at",
            list(labels),
            format_func=lambda key: labels[key],
            default=chosen,
            required=True,
            key=f"media-{name}",
            label_visibility="collapsed",
        )
        chosen = picked if picked in labels else chosen
    row = next(row for row in rows if row.media_id == chosen)
    show_media(row)
    st.caption(plain(row.alt))


@cache
def _viewer() -> str:
    return (PROJECT / "app" / "static" / "model_viewer.js").read_text()


def _turning(content: bytes, alt: str) -> str:
    """A page of its own for the frame: the numbers of the model stand in it, and nothing is loaded from anywhere."""
    glb = base64.b64encode(content).decode()
    return (
        "<!doctype html><meta charset='utf-8'><style>html,body{margin:0;height:100%;font:13px sans-serif;color:#64748b}"
        "canvas{width:100%;height:calc(100% - 24px);display:block;touch-action:none;cursor:grab;border-radius:8px;"
        "background:radial-gradient(circle,#f8fafc,#cbd5e1)}p{margin:4px;text-align:center}</style>"
        f"<canvas id='model' tabindex='0' role='img' aria-label='{escape(alt, quote=True)}' data-glb='{glb}'></canvas>"
        f"<p id='words'></p><script>{_viewer()}</script>"
    )


# --- for the seller ------------------------------------------------------------------------------


@guarded_dialog("Show the product with")
def add(product_id: UUID) -> None:
    kind = st.segmented_control(
        "What", list(KINDS), format_func=lambda key: KINDS[key], default="picture", required=True, key="media-kind"
    )
    found = st.file_uploader(
        "File",
        type=_ENDINGS[kind],
        key=f"media-file-{kind}",
        max_upload_size=_LARGEST_MB[kind],
        help=f"{_LARGEST_MB[kind]} MB at most. Pictures are made smaller for lists and cards by themselves.",
    )
    alt = st.text_input(
        "What is to be seen",
        max_chars=200,
        key="media-alt",
        placeholder="Blue bowl from the side",
        help="For people who do not see it, and where it cannot be loaded.",
    )
    if (
        st.button("Add", type="primary", key="media-add", disabled=found is None)
        and found is not None
        and settle(
            catalog.add_media,
            request="media-add",
            product_id=product_id,
            kind=catalog.MediaKind(kind),
            content=found.getvalue(),
            name=found.name,
            alt=alt or "",
            done="Added.",
        )
    ):
        st.rerun()


@guarded_dialog("Change")
def change(row: MediaRow, order: list[UUID]) -> None:
    show_media(row)
    alt = st.text_input("What is to be seen", row.alt, max_chars=200, key=f"alt-{row.media_id}")
    place = order.index(row.media_id)

    def moved(to: int) -> list[UUID]:
        rest = [one for one in order if one != row.media_id]
        return [*rest[:to], row.media_id, *rest[to:]]

    with st.container(horizontal=True):
        if st.button("Save words", type="primary", key="media-save") and settle(
            catalog.describe_media, media_id=row.media_id, alt=alt or "", done="Saved."
        ):
            st.rerun()
        for label, to, key in (
            ("Earlier", place - 1, "media-up"),
            ("Later", place + 1, "media-down"),
            ("To the front", 0, "media-first"),
        ):
            if st.button(label, key=key, disabled=not 0 <= to < len(order) or to == place) and settle(
                catalog.arrange_media, product_id=row.product_id, media_ids=moved(to), done="Moved."
            ):
                st.rerun()
        if st.button("Remove", key=once("media-remove"), icon=":material/delete:") and settle(
            catalog.remove_media, media_id=row.media_id, done="Removed."
        ):
            st.rerun()


def draw_media(product_id: UUID, picture_file_id: UUID | None, *, may_change: bool) -> None:
    """The tab of the seller: everything in its order, with a way to add and to change."""
    rows = ask(catalog.media_of, product_ids=[product_id]).get(product_id, [])
    used = sum(row.bytes for row in rows)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(
            f"{words.count(len(rows), 'file')} · {used / 1024**2:.1f} of 120 MB · the first picture stands for"
            " the product in lists"
        )
        if may_change and st.button(
            "Add picture, film or model", icon=":material/add_photo_alternate:", type="primary", key="add-media"
        ):
            add(product_id)
    if not rows:
        if picture_file_id:
            found = previews(ask(files.pictures, file_ids=[picture_file_id]))
            if picture_file_id in found:
                show(found[picture_file_id], alt="Picture of the product", width=320)
            else:
                st.caption(_NOT_YET)
        else:
            st.info(
                "No picture yet. Buyers decide faster with one, and with several even more so.",
                icon=":material/photo_camera:",
            )
        return
    order = [row.media_id for row in rows]
    pictures = previews(ask(files.pictures, file_ids=[_large(row) for row in rows if row.kind == "picture"]))
    for start in range(0, len(rows), 4):
        for column, row in zip(st.columns(4), rows[start : start + 4], strict=False):
            with column, st.container(border=True, gap="xsmall"):
                if row.kind == "picture":
                    _show_picture(row, pictures)
                else:
                    st.markdown(f":gray[:material/{_SMALL[row.kind]}: {KINDS[row.kind]}]")
                st.caption(plain(row.alt))
                if may_change and st.button("Change", key=f"media-{row.media_id}", width="stretch"):
                    change(row, order)
