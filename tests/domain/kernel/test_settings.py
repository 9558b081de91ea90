"""What the environment says, and what is refused with a sentence."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from domain.kernel.settings import Settings, Unusable, settings


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path):
    for name in ("DATABASE_URL", "WHOLESALE_PORT", "WHOLESALE_SECRET_KEY", "WHOLESALE_ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WHOLESALE_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def test_dagster_stands_one_port_above_the_web(monkeypatch):
    monkeypatch.setenv("WHOLESALE_PORT", "9100")
    assert (settings().port, settings().dagster_port) == (9100, 9101)
    assert settings().public_url == "http://127.0.0.1:9100"


def test_cookies_are_secure_behind_tls(monkeypatch):
    assert not settings().secure_cookies
    monkeypatch.setenv("WHOLESALE_PUBLIC_URL", "https://market.example")
    settings.cache_clear()
    assert settings().secure_cookies


def test_without_an_address_the_database_is_embedded(monkeypatch):
    assert settings().embedded
    monkeypatch.setenv("DATABASE_URL", "postgresql://a:b@c/d")
    settings.cache_clear()
    assert not settings().embedded


def test_an_empty_address_is_no_address(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "")
    assert settings().embedded


@pytest.mark.parametrize(
    ("name", "value"),
    [("WHOLESALE_PORT", "many"), ("WHOLESALE_PORT", "70000"), ("WHOLESALE_ENVIRONMENT", "moon")],
)
def test_a_value_that_cannot_be_used_is_named(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(Unusable, match=f"^{name} is set to '{value}', which cannot be used"):
        settings()


def test_the_secret_is_made_once_and_is_private(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: Settings().secret_key.get_secret_value(), range(16)))
    assert len(keys) == 1
    assert (tmp_path / "home" / "secret").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in (tmp_path / "home").iterdir()] == ["secret"]


def test_a_given_secret_wins(monkeypatch):
    monkeypatch.setenv("WHOLESALE_SECRET_KEY", "given")
    settings.cache_clear()
    assert settings().secret_key.get_secret_value() == "given"


def test_no_address_shows_in_a_printed_setting(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://owner:hush@server/db")
    assert "hush" not in repr(settings())


def test_a_home_that_cannot_be_written_is_a_sentence(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WHOLESALE_HOME", str(tmp_path / "file" / "home"))
    settings.cache_clear()
    with pytest.raises(Unusable, match="cannot be written"):
        settings().folder("logs")
