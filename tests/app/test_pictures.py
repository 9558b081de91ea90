"""Pictures as screens send them: small for lists, as wide as a column for a paper, and of nobody else's files."""

from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from PIL import Image

from app.parts.pictures import LARGEST_BYTES, previews, thumbnails
from domain.identity import OrgKind
from domain.kernel import files
from domain.kernel.work import begin, run
from tests.make.files import a_picture
from tests.make.market import Company, company


def kept(who: Company, content: bytes) -> UUID:
    return run(who.owner, files.store, content=content, name="picture")


def test_a_small_picture_is_sent_as_it_is_and_a_large_one_scaled(database: sa.Connection) -> None:
    maker, other = company(OrgKind.MANUFACTURER, "Maker"), company(OrgKind.MANUFACTURER, "Other")
    small = kept(maker, a_picture("PNG", size=(640, 480)))
    large = kept(maker, a_picture("PNG", size=(3000, 2000)))
    foreign = kept(other, a_picture("PNG", size=(32, 32)))
    with begin(maker.owner) as work:

        def put(question: Any, **facts: Any) -> Any:
            return question(work, **facts)

        found = previews(files.pictures(work, file_ids=[small, large, foreign]))
        listed = thumbnails([small, large, foreign, None], put)
        assert found[small] == files.read(work, file_id=small)[0]
    assert set(found) == set(listed) == {small, large}
    with Image.open(BytesIO(found[large])) as sent:
        assert (sent.format, sent.size) == ("JPEG", (1460, 973))
    assert all(len(content) <= LARGEST_BYTES for content in listed.values())


def test_what_is_transparent_stands_on_white(tmp_path: Path) -> None:
    file = tmp_path / "cut-out.png"
    noise = Image.effect_noise((1500, 1500), 90).convert("RGB")
    noise.putalpha(Image.new("L", noise.size, 0))  # nothing of it is to be seen
    noise.save(file)
    id_ = uuid4()
    for sent in (previews({id_: file})[id_], thumbnails([id_], lambda *_, **__: {id_: file})[id_]):
        with Image.open(BytesIO(sent)) as shown:
            assert shown.convert("RGB").getpixel((5, 5)) == (255, 255, 255)
