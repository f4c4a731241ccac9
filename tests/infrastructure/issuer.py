"""An OIDC issuer on this machine: a real HTTP server with its configuration and keys, and tokens signed by them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

Key = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey

AUDIENCE = "seatledger"
CONFIGURATION, KEYS = "/.well-known/openid-configuration", "/keys"


def rsa_key() -> RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def ec_key() -> EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def ed_key() -> Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


class LocalIssuer:
    """What the server publishes, changeable while it runs, and how often each path was asked for."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.keys: dict[str, Key] = {}
        self.documents: dict[str, Any] = {CONFIGURATION: {"issuer": url, "jwks_uri": url + KEYS}}
        self.broken = False
        self.asked: list[str] = []

    def publish(self, **keys: Key) -> None:
        """These keys, by id, and no others."""
        self.keys = keys
        self.documents[KEYS] = {"keys": [public_jwk(kid, key) for kid, key in keys.items()]}

    def claims(self, **more: Any) -> dict[str, Any]:
        """Those of a good token of the distributor; None leaves one out."""
        standard = {"iss": self.url, "aud": AUDIENCE, "sub": "ada", "exp": time.time() + 300,
                    "seatledger_role": "distributor"}  # fmt: skip
        return {name: value for name, value in (standard | more).items() if value is not None}

    def token(self, kid: str = "one", algorithm: str = "RS256", **claims: Any) -> str:
        return jwt.encode(self.claims(**claims), self.keys[kid], algorithm, {"kid": kid})


def public_jwk(kid: str, key: Key) -> Mapping[str, Any]:
    """A public key as an issuer publishes it, without saying for which of its algorithms it is."""
    if isinstance(key, RSAPrivateKey):
        text = RSAAlgorithm.to_jwk(key.public_key())
    elif isinstance(key, EllipticCurvePrivateKey):
        text = ECAlgorithm.to_jwk(key.public_key())
    else:
        text = OKPAlgorithm.to_jwk(key.public_key())
    return {**json.loads(text), "kid": kid, "use": "sig"}


@contextmanager
def local_issuer() -> Iterator[LocalIssuer]:
    """A server for the time of the block, with one RSA key "one"."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            document = None if found.broken else found.documents.get(self.path)
            body = json.dumps(document).encode()
            self.send_response(503 if found.broken else 404 if document is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = LocalIssuer(f"http://127.0.0.1:{server.server_port}")
    found.publish(one=rsa_key())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
