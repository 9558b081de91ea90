"""A small OpenID Connect provider for development and tests: it knows the demo's people and asks for no password.

Authorisation code with PKCE only, tokens signed with a key that lives as long as the process. `wholesale up` starts it
on the loopback in development; in production it refuses to start.
"""

from app.oidc_provider.server import Account, Client, Signer, provider_app

__all__ = ["Account", "Client", "Signer", "provider_app"]
