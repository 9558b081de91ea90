"""What the installation is told from outside, read once.

This is the only module that reads the environment. `WHOLESALE_*` names belong to the product; the
four addresses of PostgreSQL keep the names that hosting platforms give them (`DATABASE_URL`, ...).
A value that cannot be used is refused with one sentence that names the variable.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

PROJECT = Path(__file__).resolve().parents[2]

# One place turns every telemetry off; each process that the product starts gets these.
SILENT = {
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "DAGSTER_DISABLE_TELEMETRY": "true",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
}


class Unusable(Exception):
    """The installation cannot work as it is set up; the message is one sentence that says why."""


class SignOnProvider(BaseModel):
    """A provider by which people may sign in: an OpenID Connect issuer and what we are there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str = Field(min_length=1, max_length=40)
    issuer: str = Field(pattern=r"^https?://[^\s?#]+$")
    client_id: str = Field(min_length=1)
    client_secret: SecretStr = SecretStr("")


ProviderName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}$")]


class Settings(BaseSettings):
    """The settings of one instance. Instances with another home and port run side by side."""

    model_config = SettingsConfigDict(env_prefix="WHOLESALE_", extra="ignore", frozen=True, populate_by_name=True)

    home: Path = PROJECT / ".wholesale"
    port: int = Field(default=8501, ge=1, le=65534)
    dagster_port: int = Field(default_factory=lambda known: known.get("port", 8501) + 1, ge=1, le=65535)
    # Development keeps all mail in a sink of its own, here.
    mail_port: int = Field(default_factory=lambda known: min(known.get("port", 8501) + 2, 65535), ge=1, le=65535)
    # Development has a provider for sign-on of its own, here.
    oidc_port: int = Field(default_factory=lambda known: min(known.get("port", 8501) + 3, 65535), ge=1, le=65535)
    environment: Literal["development", "production", "test"] = "development"
    settlement_currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    public_url: str = Field(default_factory=lambda known: f"http://127.0.0.1:{known.get('port', 8501)}")
    secure_cookies: bool = Field(default_factory=lambda known: str(known.get("public_url", "")).startswith("https://"))
    # The bank account that holds buyers' money, as buyers see it. Development shows an account that does not exist.
    escrow_holder: str = "Wholesale OS client money"
    escrow_iban: str | None = Field(
        default_factory=lambda known: None if known.get("environment") == "production" else "DE02120300000000202051"
    )
    # A virus scanner that speaks clamd's protocol; with none, files are marked as not scanned.
    clamd: str | None = Field(default=None, pattern=r"^[A-Za-z0-9.\-]+:[0-9]{1,5}$")
    # smtp://user:password@host:587 (with STARTTLS where the server offers it) or smtps://user:password@host:465
    given_smtp: SecretStr | None = Field(default=None, validation_alias="WHOLESALE_SMTP")
    # Where text messages are handed over: https://user:password@provider.example/path takes JSON (id, to, text).
    sms: SecretStr | None = None
    mail_from: str = Field(default="Wholesale OS <no-reply@wholesale-os.example>", pattern=r"^[^\r\n]+@[^\r\n]+$")
    # JSON by name: {"google": {"label": "Google", "issuer": "https://accounts.google.com", "client_id": "...", ...}}
    sign_on: dict[ProviderName, SignOnProvider] = Field(default_factory=dict, repr=False)
    role_prefix: str = Field(default="wholesale", pattern=r"^[a-z][a-z0-9_]{0,40}$")
    given_secret_key: SecretStr | None = Field(default=None, validation_alias="WHOLESALE_SECRET_KEY")

    database_url: str | None = Field(default=None, repr=False, validation_alias="DATABASE_URL")
    database_app_url: str | None = Field(default=None, repr=False, validation_alias="DATABASE_APP_URL")
    database_builder_url: str | None = Field(default=None, repr=False, validation_alias="DATABASE_BUILDER_URL")
    database_analyst_url: str | None = Field(default=None, repr=False, validation_alias="DATABASE_ANALYST_URL")
    dagster_database_url: str | None = Field(default=None, repr=False, validation_alias="DAGSTER_DATABASE_URL")

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @field_validator(
        "database_url",
        "database_app_url",
        "database_builder_url",
        "database_analyst_url",
        "dagster_database_url",
        "given_secret_key",
        "given_smtp",
        "sms",
        mode="before",
    )
    @classmethod
    def _empty_is_absent(cls, value: Any) -> Any:
        return value or None

    @field_validator("sms")
    @classmethod
    def _sent_in_secret(cls, value: SecretStr | None) -> SecretStr | None:
        """Codes are in these messages: they travel sealed, except on this machine."""
        parts = urlsplit(value.get_secret_value()) if value else None
        is_here = parts is not None and parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
        if parts is not None and not is_here and (parts.scheme != "https" or not parts.hostname):
            raise ValueError("it must begin with https://")
        return value

    @property
    def embedded(self) -> bool:
        """Whether the product runs a PostgreSQL of its own."""
        return self.database_url is None

    @property
    def smtp(self) -> SecretStr | None:
        """The mail server: given, or in development the sink of this instance. Without one, letters wait."""
        if self.given_smtp is None and self.environment == "development":
            return SecretStr(f"smtp://127.0.0.1:{self.mail_port}")
        return self.given_smtp

    @property
    def keeps_mail(self) -> bool:
        """Whether this instance catches its own mail, so that nothing leaves the machine."""
        return self.given_smtp is None and self.environment == "development"

    @property
    def has_own_sign_on(self) -> bool:
        """Whether this instance runs a provider of its own, with the demo's people. Never in production."""
        return self.environment == "development" and not self.sign_on

    @property
    def sign_on_providers(self) -> dict[str, SignOnProvider]:
        """The providers on the sign-in page, by name."""
        if not self.has_own_sign_on:
            return self.sign_on
        secret = hmac.new(self.secret_key.get_secret_value().encode(), b"local sign-on", "sha256").hexdigest()
        return {
            "local": SignOnProvider(
                label="the demo's sign-on", issuer=f"http://127.0.0.1:{self.oidc_port}", client_id="wholesale-os",
                client_secret=SecretStr(secret),
            )
        }  # fmt: skip

    @property
    def secret_key(self) -> SecretStr:
        """The key that signs cookies and derives passwords: given, or made once in the data folder."""
        return self.given_secret_key or SecretStr(_kept_secret(self.home / "secret"))

    def folder(self, name: str) -> Path:
        """A folder of the data folder, made when it is missing."""
        folder = self.home / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise Unusable(f"The data folder {self.home} cannot be written: {problem.strerror}.") from problem
        return folder


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process.

    Raises: Unusable, naming the first variable that cannot be used.
    """
    try:
        return Settings()
    except ValidationError as problem:
        raise Unusable(_sentence(problem)) from None
    except SettingsError:
        raise Unusable("WHOLESALE_SIGN_ON is no JSON; the README shows what it looks like.") from None


def child_environment(more: Mapping[str, str] | None = None, *, without_prefix: str = "") -> dict[str, str]:
    """The environment for a process that we start: ours, telemetry off, and what is added."""
    kept = {key: value for key, value in os.environ.items() if not (without_prefix and key.startswith(without_prefix))}
    return kept | SILENT | dict(more or {})


def given(name: str) -> str | None:
    """One variable that has no place in Settings because it belongs to the machine, such as PATH or CI."""
    return os.environ.get(name)


def put_into_environment(values: Mapping[str, str]) -> None:
    """Set variables for this process and its children, for libraries that read nothing else."""
    os.environ.update(values)


def _sentence(problem: ValidationError) -> str:
    first = problem.errors()[0]
    name = str(first["loc"][0])
    shown = name if name.isupper() else f"WHOLESALE_{name.upper()}"
    reason = first["msg"][0].lower() + first["msg"][1:]
    if name == "sms":  # a password may stand in it
        return f"WHOLESALE_SMS cannot be used: {first['msg']}."
    if name == "sign_on":  # what stands in it is secret
        return f"WHOLESALE_SIGN_ON cannot be used: {'.'.join(map(str, first['loc'][1:]))}: {reason}."
    return f"{shown} is set to {first['input']!r}, which cannot be used: {reason}."


def _kept_secret(path: Path) -> str:
    """Read the secret, or make it. Two processes that make it at once agree on the one linked first."""
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(48))
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_text().strip()
    except OSError as problem:
        raise Unusable(f"The secret key {path} cannot be kept: {problem.strerror}.") from problem
