"""What shows a product: the picture that is chosen, small ones of the others, a film, a model to turn."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from app.bridge import ask
from app.parts.header import section
from app.parts.product_media import gallery as several
from domain import catalog
from domain.kernel import files


def gallery(media: list[catalog.MediaRow], picture_file_id: UUID | None, name: str, description: str) -> None:
    """Pictures and words about a product, side by side where there is room; nothing when there is neither."""
    if not (media or picture_file_id or description):
        return
    with st.container(border=True, horizontal=True, gap="medium"):
        if media:
            with st.container(width=300, gap="small"):
                several(media, name)
        elif picture_file_id:
            content, _ = ask(files.read, file_id=picture_file_id)
            with st.container(width=220):  # told the width itself, Streamlit would scale it anew with each drawing
                st.image(content, width="stretch", alt=f"Picture of {name}")
        if description:
            with st.container(width="stretch"):
                section("About this product")
                st.text(description)
