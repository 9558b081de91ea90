"""A browser tab without a browser: it opens screens and draws them again, as Streamlit's page does.

It speaks `/_stcore/stream`: protocol buffers over a websocket, with the session's cookie in the handshake. Like
the page it keeps large messages and tells their hashes, so that what did not change is not sent again.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

# A screen that went wrong, or that refused whom it was opened for: the keys of app.bridge and app.navigation.
_WRONG = ("screen-error", "not-found", "not-allowed", "refused", "sign-in")
_PATIENCE_S = 60


@dataclass(frozen=True, slots=True)
class Drawing:
    """One answer of the server: how long it took, what came over the wire, and what was wrong with it.

    `bytes` counts what the websocket carried before compression; `errors` are the keys and kinds of elements
    that no good screen shows.
    """

    seconds: float
    bytes: int
    messages: int
    errors: tuple[str, ...]


class Visitor:
    """One tab of somebody who is signed in: `async with Visitor(port, cookies) as tab: await tab.open("...")`."""

    def __init__(self, port: int, cookies: Mapping[str, str]) -> None:
        self._address = f"ws://127.0.0.1:{port}/_stcore/stream"
        self._headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        self._socket: ClientConnection | None = None
        self._kept: set[str] = set()
        self._page, self._query = "", ""
        self._hash = ""  # of the page that is shown, as the server calls it

    async def __aenter__(self) -> Visitor:
        self._socket = await connect(
            self._address, subprotocols=["streamlit"], additional_headers=self._headers, max_size=None,  # type: ignore[list-item]
        )  # fmt: skip
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def open(self, screen: str, facts: Mapping[str, object] | None = None) -> Drawing:
        """Go to a screen by its address."""
        self._page, self._query, self._hash = screen, urlencode(facts or {}), ""
        return await self.draw_again()

    async def draw_again(self) -> Drawing:
        """Have the same screen drawn anew, as after any click on it."""
        if self._socket is None:
            raise RuntimeError("open the tab with `async with` first")
        wish = BackMsg()
        state = wish.rerun_script
        state.query_string, state.page_script_hash = self._query, self._hash
        state.page_name = "" if self._hash else self._page
        state.widget_states.SetInParent()
        state.cached_message_hashes.extend(self._kept)
        state.context_info.timezone, state.context_info.locale = "Europe/Berlin", "en"
        began = time.monotonic()
        await self._socket.send(wish.SerializeToString())
        size = count = 0
        wrong: list[str] = []
        while True:
            frame = await self._socket.recv(decode=False)
            size, count = size + len(frame), count + 1
            message = ForwardMsg.FromString(frame)
            wrong += _errors_in(message)
            if message.metadata.cacheable:
                self._kept.add(message.hash)
            kind = message.WhichOneof("type")
            if kind == "navigation":
                self._hash = message.navigation.page_script_hash
            elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return Drawing(time.monotonic() - began, size, count, tuple(wrong))


def _errors_in(message: Any) -> list[str]:
    kind = message.WhichOneof("type")
    if kind == "page_not_found":
        return [kind]
    if kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
        return ["compile error"]
    if kind != "delta":
        return []
    if message.delta.WhichOneof("type") == "new_element":
        return ["exception"] if message.delta.new_element.WhichOneof("type") == "exception" else []
    key = message.delta.add_block.id
    return [word for word in _WRONG if key and word in key]
