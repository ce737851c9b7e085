"""Writes what docker-compose.yml wants as secrets, at random; what is there already stays."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    postgres = keep(folder / "postgres_password", secrets.token_urlsafe(24))
    database = f"postgresql+psycopg://gatepost:{postgres}@postgres:5432/gatepost"
    rabbitmq = secrets.token_urlsafe(24)
    amqp = keep(folder / "gatepost_amqp_url", f"amqp://gatepost:{rabbitmq}@rabbitmq:5672/%2F")
    rabbitmq = amqp.split(":")[2].split("@")[0]
    keep(folder / "gatepost_database_url", database)
    keep(folder / "gatepost_smtp_url", "smtp://sandbox:9025")
    keep(folder / "gatepost_secret_key", secrets.token_urlsafe(48))
    keep(folder / "rabbitmq_definitions", json.dumps(definitions(rabbitmq), indent=1))
    print(
        f"secrets are in {os.path.relpath(folder)}/; change gatepost_smtp_url to your mail server"
    )


def keep(file: Path, content: str) -> str:
    """The folder is closed to others; the files are open, for the users that containers run as."""
    if not file.exists():
        file.write_text(content)
        file.chmod(0o644)
    return file.read_text()


def definitions(password: str) -> dict[str, object]:
    """RabbitMQ's user, virtual host and policies. It keeps a salted hash, not the password."""
    salt = secrets.token_bytes(4)
    digest = base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
    policies = json.loads((ROOT / "deploy/rabbitmq/policies.json").read_text())
    return {
        "users": [
            {
                "name": "gatepost",
                "password_hash": digest,
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": [],
            }
        ],
        "vhosts": [{"name": "/"}],
        "permissions": [
            {"user": "gatepost", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}
        ],
        **policies,
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else ROOT / "secrets")
