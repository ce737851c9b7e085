"""Settings of the notifier, read once: the environment does not change under a running program."""

from email.headerregistry import Address
from email.utils import parseaddr
from functools import cached_property, lru_cache
from typing import Final
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from gatepost.runtime.settings import PREFIX, Settings
from gatepost_notifier.webhook_settings import WebhookSettings

SCHEMES: Final = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}  # with their usual ports


class NotifierSettings(WebhookSettings):
    """Where mails go and whose they are; how posting is tried: ``GATEPOST_NOTIFIER_*``."""

    # The URL may hold a password, and so may whatever was written in its place.
    model_config = SettingsConfigDict(env_prefix=PREFIX, hide_input_in_errors=True)

    smtp_url: SecretStr | None = Field(
        default=None,
        description="smtp://user:password@host:port, smtps:// or smtp+starttls://; "
        "unset: mails are written and kept, none is posted",
    )
    mail_from: str = Field(
        default="Gatepost <gatepost@localhost>", description="the sender of every mail"
    )
    decision_link_days: float = Field(
        default=14.0, gt=0, le=365, description="how long the links in mails to approvers are good"
    )
    notifier_attempts: int = Field(
        default=12, ge=1, description="tries of a mail the server puts off, before it has failed"
    )
    notifier_first_wait: float = Field(
        default=5.0, gt=0, description="seconds before the second try; doubles, with jitter"
    )
    notifier_longest_wait: float = Field(
        default=900.0, gt=0, description="seconds between tries of one mail, at most"
    )
    notifier_window: float = Field(
        default=15.0, gt=0, description="seconds of a lease in which mails may be begun"
    )
    notifier_smtp_timeout: float = Field(
        default=20.0, gt=0, description="seconds to connect, and again for each mail"
    )

    @field_validator("smtp_url")
    @classmethod
    def _is_a_mail_server(cls, url: SecretStr | None) -> SecretStr | None:
        if url is None or not url.get_secret_value():
            return None
        try:
            parts = urlsplit(url.get_secret_value())
            known = parts.scheme in SCHEMES and parts.hostname and (parts.port or True)
        except ValueError:
            known = False
        if not known:
            raise ValueError("it must read smtp://host:port, smtps://... or smtp+starttls://...")
        return url

    @field_validator("mail_from")
    @classmethod
    def _has_an_address(cls, sender: str) -> str:
        name, address = parseaddr(sender)
        try:
            Address(name, addr_spec=address)
        except (ValueError, IndexError):
            address = ""
        if "@" not in address or not sender.isprintable():
            raise ValueError('it must read "Name <name@host>"')
        return sender

    @cached_property
    def sender(self) -> Address:
        """The sender, taken apart."""
        name, address = parseaddr(self.mail_from)
        return Address(name, addr_spec=address)

    @cached_property
    def server(self) -> dict[str, str | int | bool | None] | None:
        """How the mail server is reached, in aiosmtplib's words; None where there is none."""
        if self.smtp_url is None:
            return None
        parts = urlsplit(self.smtp_url.get_secret_value())
        return {
            "hostname": parts.hostname,
            "port": parts.port or SCHEMES[parts.scheme],
            "username": unquote(parts.username) if parts.username else None,
            "password": unquote(parts.password) if parts.password else None,
            "use_tls": parts.scheme == "smtps",
            "start_tls": parts.scheme == "smtp+starttls",
        }


@lru_cache
def notifier_settings() -> NotifierSettings:
    """The settings of this process."""
    return NotifierSettings()


@lru_cache
def public_url() -> str:
    """Where people reach the console, without a slash at its end."""
    return Settings().public_url.rstrip("/")


@lru_cache
def secret_key() -> str:
    """What codes are derived from; the console has the same."""
    key = Settings().secret_key
    return key.get_secret_value() if key else ""
