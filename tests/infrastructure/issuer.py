"""An OIDC issuer on this machine: a real HTTP server with its configuration and keys, and tokens signed by them.

It signs people in too, by authorization code with PKCE, as RFC 6749 and 7636 want it: whoever comes is `claims`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

Key = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey

AUDIENCE = "seatledger"
CONFIGURATION, KEYS = "/.well-known/openid-configuration", "/keys"
AUTHORIZE, TOKEN = "/authorize", "/token"
CLIENT, SECRET = "console", "the secret of the console"


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
        self.documents: dict[str, Any] = {
            CONFIGURATION: {
                "issuer": url, "jwks_uri": url + KEYS, "authorization_endpoint": url + AUTHORIZE,
                "token_endpoint": url + TOKEN,
            },
        }  # fmt: skip
        # What was asked for with each code that was given out, and what is different in the tokens for it.
        self.codes: dict[str, dict[str, str]] = {}
        self.access_claims: dict[str, Any] = {}
        self.id_claims: dict[str, Any] = {}
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

    def authorized(self, query: str) -> str:
        """Where a browser goes on that was sent here to sign in: back with a code."""
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        code = secrets.token_urlsafe()
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.url})}"

    def exchanged(self, authorization: str, form: dict[str, str]) -> dict[str, Any] | None:
        """The tokens for a code, once; None where anything of it is not as it was asked for."""
        asked = self.codes.pop(form.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            asked is None
            or authorization != f"Basic {basic}"
            or asked["code_challenge_method"] != "S256"
            or asked["code_challenge"] != challenge.decode().rstrip("=")
            or asked["redirect_uri"] != form.get("redirect_uri")
        ):
            return None
        access = self.token(**self.access_claims)
        identity = self.token(**{"aud": CLIENT, "nonce": asked["nonce"], **self.id_claims})
        return {"access_token": access, "id_token": identity, "token_type": "Bearer", "expires_in": 300}


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
            if not found.broken and self.path.startswith(AUTHORIZE + "?"):
                self.send_response(302)
                self.send_header("Location", found.authorized(urlsplit(self.path).query))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            document = None if found.broken else found.documents.get(self.path)
            body = json.dumps(document).encode()
            self.send_response(503 if found.broken else 404 if document is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            given = {name: values[0] for name, values in form.items()}
            tokens = found.exchanged(self.headers.get("Authorization", ""), given)
            body = json.dumps(tokens or {"error": "invalid_grant"}).encode()
            self.send_response(200 if tokens else 400)
            self.send_header("Content-Type", "application/json")
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
