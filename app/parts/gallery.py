"""What shows a product: the picture that is chosen, small ones of the others, a film, a model to turn."""

from __future__ import annotations

import streamlit as st

from app.parts.header import section
from app.parts.pictures import show
from app.parts.product_media import gallery as several
from domain import catalog


def gallery(media: list[catalog.MediaRow], picture: bytes | None, name: str, description: str) -> None:
    """Pictures and words about a product, side by side where there is room; nothing when there is neither."""
    if not (media or picture or description):
        return
    with st.container(border=True, horizontal=True, gap="medium"):
        if media:
            with st.container(width=300, gap="small"):
                several(media, name)
        elif picture:
            show(picture, alt=f"Picture of {name}", width=220)
        if description:
            with st.container(width="stretch"):
                section("About this product")
                st.text(description)
