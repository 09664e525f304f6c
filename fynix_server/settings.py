"""Every setting, read from the environment once and then frozen. Nothing else reads it."""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import platformdirs
from pydantic import (
    BeforeValidator,
    Field,
    PositiveInt,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from fynix_server import service_urls
from fynix_server.kept_secret import kept_secret

MIN_SECRET_LENGTH = 32
_MAKE_KEY = "import secrets; print(secrets.token_urlsafe(48))"
_WORDS = ("env", "log_level", "log_format", "registration", "rate_limits", "spam", "ws_query_token")


class SettingsError(Exception):
    """A setting that cannot be used. The text names the setting, what is wrong and the mend."""


class RateLimit(str):
    """`count/seconds`: so many in any window of so many seconds."""

    @property
    def max_count(self) -> int:
        return int(self.split("/")[0])

    @property
    def window_seconds(self) -> int:
        return int(self.split("/")[1])


def _rate_limit(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"[1-9]\d{0,8}/[1-9]\d{0,6}", value):
        return RateLimit(value)
    raise ValueError("must be COUNT/SECONDS, such as 30/60")


Limit = Annotated[Any, BeforeValidator(_rate_limit)]


class Settings(BaseSettings):
    """The server's settings. Those that the mission names keep their plain names."""

    model_config = SettingsConfigDict(
        env_prefix="FYNIX_",
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        # The texts of pydantic's errors repeat the input, and these inputs are secrets.
        hide_input_in_errors=True,
    )

    database_url: str | None = Field(
        None,
        validation_alias="DATABASE_URL",
        description="postgresql+asyncpg://… or sqlite+aiosqlite:///…; default: in the data folder.",
    )
    redis_url: str = Field(
        "fakeredis://",
        validation_alias="REDIS_URL",
        description="redis://…, rediss://… or unix://…; fakeredis:// is one process on its own.",
    )
    jwt_secret_key: SecretStr | None = Field(
        None,
        validation_alias="JWT_SECRET_KEY",
        description="At least 32 characters. Default, locally only: one kept in the data folder.",
    )
    jwt_expire_minutes: PositiveInt = Field(
        30,
        validation_alias="JWT_EXPIRE_MINUTES",
        le=60 * 24 * 7,
        description="How long an access token holds.",
    )
    frontend_origin: service_urls.Origins | None = Field(
        None,
        validation_alias="FRONTEND_ORIGIN",
        description="Origins that browsers may call from, separated by commas.",
    )
    env: Literal["development", "production"] = Field(
        "development",
        description="production refuses generated secrets and SQLite's demo people.",
    )
    data_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("fynix")),
        description="Where SQLite, the generated secret and private servers keep their files.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    workers: PositiveInt = Field(
        1, le=64, description="Processes; more than one needs Postgres and Redis."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least level logged."
    )
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="auto: coloured lines on a terminal, JSON elsewhere."
    )
    registration: Literal["open", "closed"] = Field(
        "open", description="closed: only `fynix user create` makes accounts."
    )
    refresh_token_days: PositiveInt = Field(
        30, le=365, description="How long a login lasts unused."
    )
    password_hash_memory_kib: int = Field(
        65536, ge=8192, description="Argon2id memory for one hash, in KiB."
    )
    password_hash_passes: PositiveInt = Field(
        3, le=20, description="Argon2id passes over that memory."
    )
    trusted_proxies: int = Field(
        0,
        ge=0,
        le=5,
        description="How many proxies in front append to X-Forwarded-For.",
    )
    metrics_address: service_urls.MetricsAddress | None = Field(
        None,
        description="HOST:PORT for /metrics alone; it then leaves the public address.",
    )
    database_pool_size: PositiveInt = Field(5, le=200, description="Connections per process.")
    database_timeout_seconds: PositiveInt = Field(
        10, description="Longest wait for the database before 503."
    )
    rate_limits: Literal["on", "off"] = Field(
        "on", description="off: for tests and trusted networks."
    )
    rate_limit_messages: Limit = Field(RateLimit("30/60"), description="Messages a person sends.")
    rate_limit_api: Limit = Field(RateLimit("600/60"), description="Other requests of a person.")
    rate_limit_login: Limit = Field(RateLimit("20/60"), description="Logins per address and name.")
    rate_limit_ws_connect: Limit = Field(RateLimit("60/60"), description="Sockets a person opens.")
    rate_limit_typing: Limit = Field(RateLimit("120/60"), description="Typing frames of a person.")
    rate_limit_report: Limit = Field(RateLimit("20/3600"), description="Reports a person makes.")
    rate_limit_export: Limit = Field(RateLimit("3/86400"), description="Exports of one's own data.")
    ws_connections_per_user: PositiveInt = Field(
        10, description="Past this the oldest is closed (4012)."
    )
    ws_heartbeat_seconds: PositiveInt = Field(25, description="How often sockets are pinged.")
    ws_frames_per_second: PositiveInt = Field(50, description="Frames a socket may send (4008).")
    ws_outbox_frames: PositiveInt = Field(
        256, description="Frames that wait for a slow reader (4010)."
    )
    ws_outbox_bytes: PositiveInt = Field(
        2**20, description="Bytes that wait for a slow reader (4010)."
    )
    ws_write_timeout_seconds: PositiveInt = Field(10, description="Longest single write (4010).")
    ws_query_token: Literal["on", "off"] = Field(
        "on", description="off: refuse ?token=, which proxies may log."
    )
    message_queue_size: PositiveInt = Field(
        10_000, description="Sends that may wait for a commit; past it 503."
    )
    receipt_rows_max_participants: PositiveInt = Field(
        100, description="Larger groups keep read markers only, no receipt rows."
    )
    spam: Literal["off", "observe", "act"] = Field(
        "observe", description="observe: judge people by the spam score, and do nothing to them."
    )
    shutdown_seconds: int = Field(10, ge=0, le=300, description="How long leaving may take.")

    @field_validator(*_WORDS, mode="before")
    @classmethod
    def _fold_case(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @field_validator(
        "data_dir",
        "database_url",
        "redis_url",
        "jwt_secret_key",
        "frontend_origin",
        "metrics_address",
        mode="before",
    )
    @classmethod
    def _empty_is_unset(cls, value: Any, info: Any) -> Any:
        # Compose files pass `${NAME:-}`, which sets a variable to nothing.
        field = cls.model_fields[info.field_name]
        return field.get_default(call_default_factory=True) if value == "" else value

    @model_validator(mode="after")
    def _is_usable(self) -> Self:
        service_urls.check_database_url(self.database_url)
        service_urls.check_redis_url(self.redis_url)
        if self.is_fakeredis and self.workers > 1:
            raise ValueError(
                "REDIS_URL: fakeredis:// lives in one process; set a redis:// URL or workers to 1"
            )
        if self.workers > 1 and self.metrics_address is not None:
            raise ValueError("FYNIX_METRICS_ADDRESS: one process alone can have it, not several")
        if self.workers > 1 and self.is_sqlite:
            raise ValueError(
                "DATABASE_URL: several workers need Postgres; set a postgresql+asyncpg:// URL"
            )
        self._check_secret()
        return self

    def _check_secret(self) -> None:
        how = f"make one with `python -c '{_MAKE_KEY}'`"
        key = self.jwt_secret_key
        if key is None and (self.env == "production" or not self.is_sqlite):
            raise ValueError(f"JWT_SECRET_KEY: must be set with Postgres or in production; {how}")
        if key is not None and len(key.get_secret_value()) < MIN_SECRET_LENGTH:
            raise ValueError(f"JWT_SECRET_KEY: shorter than {MIN_SECRET_LENGTH} characters; {how}")

    @property
    def is_sqlite(self) -> bool:
        return self.database_url is None or self.database_url.startswith("sqlite")

    @property
    def is_fakeredis(self) -> bool:
        return self.redis_url.startswith("fakeredis:")

    @property
    def resolved_database_url(self) -> str:
        """The database, with the async driver filled in where the URL leaves it out."""
        if self.database_url is None:
            return f"sqlite+aiosqlite:///{self.data_dir / 'fynix.db'}"
        scheme, rest = self.database_url.split(":", 1)
        return f"{service_urls.DRIVERS.get(scheme, scheme)}:{rest}"

    @property
    def allowed_origins(self) -> frozenset[str]:
        return service_urls.origins_of(self.frontend_origin or "")

    def secret_key(self) -> str:
        """The key that signs tokens; made and kept in a 0600 file on first local use.

        Raises: SettingsError (the file or folder cannot be used).
        """
        if self.jwt_secret_key is not None:
            return self.jwt_secret_key.get_secret_value()
        path = self.make_data_dir() / "jwt_secret"
        try:
            key = kept_secret(path)
        except OSError as error:
            raise SettingsError(f"JWT_SECRET_KEY: cannot use {path} ({error.strerror})") from error
        if len(key) < MIN_SECRET_LENGTH:
            raise SettingsError(f"JWT_SECRET_KEY: {path} is damaged; delete it to make a new key")
        return key

    def make_data_dir(self) -> Path:
        """The data folder, made if missing, readable by its owner alone.

        Raises: SettingsError.
        """
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise SettingsError(
                f"FYNIX_DATA_DIR: cannot make {self.data_dir} ({error.strerror}); "
                "choose a folder that you may write to"
            ) from error
        if not os.access(self.data_dir, os.W_OK):
            raise SettingsError(
                f"FYNIX_DATA_DIR: {self.data_dir} is read-only; choose another folder"
            )
        return self.data_dir


def load_settings(**overrides: Any) -> Settings:
    """The settings from the environment, `overrides` (by field name) on top.

    Raises: SettingsError, with a line for each setting that cannot be used.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        lines = []
        for problem in error.errors(include_input=False, include_url=False):
            where = ".".join(str(part) for part in problem["loc"])
            text = problem["msg"].removeprefix("Value error, ")
            lines.append(f"{environment_name(where)}: {text}" if where else text)
        raise SettingsError("\n".join(lines)) from None


def environment_name(field: str) -> str:
    """The variable that sets `field`: the mission's own name, or FYNIX_ and the field."""
    info = Settings.model_fields.get(field)
    if info is None:
        return field
    alias = info.validation_alias
    return alias if isinstance(alias, str) else f"FYNIX_{field.upper()}"
