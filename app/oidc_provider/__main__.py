"""The provider as `wholesale up` starts it in development: on the loopback, with the people of the demo."""

from __future__ import annotations

import hashlib

import uvicorn

from app.oidc_provider import Account, Client, provider_app
from domain.kernel import log
from domain.kernel.settings import Unusable, settings


def demo_accounts() -> list[Account]:
    """The demo's people; none while the demo is not in this database."""
    from app.accounts import accounts
    from app.demo.market import is_empty

    if is_empty():
        return []
    return [Account(hashlib.sha256(email.encode()).hexdigest()[:24], email, who) for who, email in accounts()]


def main() -> None:
    """Serve until stopped. Raises: Unusable, anywhere but in development."""
    known = settings()
    if not known.has_own_sign_on:
        raise Unusable("The sign-on without passwords runs in development only.")
    log.setup("sign-on")
    ours = known.sign_on_providers["local"]
    back = f"{known.public_url}/auth/oidc/local/callback"
    client = Client(ours.client_id, ours.client_secret.get_secret_value(), frozenset({back}))
    app = provider_app(ours.issuer, client, demo_accounts)
    uvicorn.run(app, host="127.0.0.1", port=known.oidc_port, log_level="warning", server_header=False)


if __name__ == "__main__":
    main()
