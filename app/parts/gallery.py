"""What shows a product: the picture that is chosen, small ones of the others, a film, a model to turn."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from app.bridge import ask
from app.parts.header import section
from domain import catalog
from domain.catalog import MediaKind, MediaRow
from domain.kernel import files

_WORDS = {MediaKind.VIDEO: "Film", MediaKind.MODEL: "3D model"}


def gallery(product_id: UUID, picture_file_id: UUID | None, name: str, description: str) -> None:
    """Pictures and words about a product, side by side where there is room; nothing when there is neither."""
    media = ask(catalog.media_of, product_ids=[product_id]).get(product_id, [])
    if not (media or picture_file_id or description):
        return
    with st.container(border=True, horizontal=True, gap="medium"):
        if media:
            with st.container(width=300, gap="small"):
                _show(media)
        elif picture_file_id:
            content, _ = ask(files.read, file_id=picture_file_id)
            st.image(content, width=220, alt=f"Picture of {name}")
        if description:
            with st.container(width="stretch"):
                section("About this product")
                st.text(description)


def _show(media: list[MediaRow]) -> None:
    number = 0
    if len(media) > 1:
        labels = [_WORDS.get(MediaKind(row.kind), f"Picture {place}") for place, row in enumerate(media, 1)]
        chosen = st.segmented_control(
            "Pictures", range(len(media)), default=0, format_func=lambda place: labels[place], required=True,
            label_visibility="collapsed", key="gallery",
        )  # fmt: skip
        number = chosen or 0
    row = media[number]
    content, _ = ask(files.read, file_id=row.card_file_id or row.file_id)
    if row.kind == MediaKind.VIDEO:
        st.video(content)
    elif row.kind == MediaKind.PICTURE:
        st.image(content, width="stretch", alt=row.alt)
    else:
        st.download_button("Download the 3D model", content, file_name="model.glb", mime="model/gltf-binary")
    if row.alt:
        st.caption(row.alt)
