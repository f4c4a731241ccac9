"""Tokens of an OIDC issuer, against a real server on this machine that publishes its keys."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.web import oidc
from shared.web.errors import Unauthorized, Unavailable
from shared.web.oidc import Issuer
from tests.infrastructure.issuer import (
    AUDIENCE,
    CONFIGURATION,
    KEYS,
    LocalIssuer,
    ec_key,
    ed_key,
    local_issuer,
    rsa_key,
)


@pytest.fixture
def published() -> Iterator[LocalIssuer]:
    with local_issuer() as found:
        yield found


def issuer(published: LocalIssuer, **options: Any) -> Issuer:
    return Issuer(published.url, AUDIENCE, **{"again_s": 0.0, **options})


def claims(checking: Issuer, token: str) -> Any:
    return asyncio.run(checking.claims(token))


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "PS256"])
def test_a_good_token_gives_its_claims(published: LocalIssuer, algorithm: str) -> None:
    found = claims(issuer(published), published.token(algorithm=algorithm, seatledger_reseller="res-1"))
    assert (found["sub"], found["seatledger_role"], found["seatledger_reseller"]) == ("ada", "distributor", "res-1")


def test_elliptic_keys_and_the_address_of_the_keys_given(published: LocalIssuer) -> None:
    published.publish(curve=ec_key(), edwards=ed_key())
    checking = issuer(published, jwks_url=published.url + KEYS)
    assert claims(checking, published.token("curve", "ES256"))["sub"] == "ada"
    assert claims(checking, published.token("edwards", "EdDSA"))["sub"] == "ada"
    assert published.asked == [KEYS]


def test_a_token_without_a_key_id_is_checked_by_the_only_key(published: LocalIssuer) -> None:
    token = jwt.encode(published.claims(), published.keys["one"], "RS256")
    assert claims(issuer(published), token)["sub"] == "ada"
    published.publish(one=published.keys["one"], two=rsa_key())
    with pytest.raises(Unauthorized):
        claims(issuer(published), token)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"exp": 1_500_000_000}, "expired"),
        ({"exp": None}, "not one of the issuer"),
        ({"nbf": 4_000_000_000}, "not one of the issuer"),
        ({"aud": "another"}, "not one of the issuer"),
        ({"aud": None}, "not one of the issuer"),
        ({"iss": "https://elsewhere.example"}, "not one of the issuer"),
        ({"sub": None}, "not one of the issuer"),
    ],
    ids=str,
)
def test_claims_that_are_not_good_are_refused(published: LocalIssuer, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(Unauthorized, match=said):
        claims(issuer(published), published.token(**wrong))


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        "ä.ö.ü",
        f"{part({'alg': 'RS256'})}.{part({})}.",
        "." * 100,
        f"{base64.urlsafe_b64encode(b'[' * 30000).decode()}.e30.x",
    ],
)
def test_what_is_no_token_is_refused(published: LocalIssuer, token: str) -> None:
    with pytest.raises(Unauthorized):
        claims(issuer(published), token)


def test_no_signature_is_no_token(published: LocalIssuer) -> None:
    for algorithm in ("none", "None", "NONE"):
        head = {"alg": algorithm, "kid": "one", "typ": "JWT"}
        with pytest.raises(Unauthorized):
            claims(issuer(published), f"{part(head)}.{part(published.claims())}.")


def test_the_public_key_is_no_secret_to_sign_with(published: LocalIssuer) -> None:
    public = published.keys["one"].public_key()
    secrets = [public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
               json.dumps(published.documents[KEYS]["keys"][0]).encode()]  # fmt: skip
    for secret in secrets:
        # By hand: no library signs so.
        signed = f"{part({'alg': 'HS256', 'kid': 'one'})}.{part(published.claims())}"
        signature = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
        token = f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
        with pytest.raises(Unauthorized):
            claims(issuer(published), token)


def test_anothers_key_under_a_known_id_is_refused(published: LocalIssuer) -> None:
    token = jwt.encode(published.claims(), rsa_key(), "RS256", {"kid": "one"})
    with pytest.raises(Unauthorized):
        claims(issuer(published), token)
    with pytest.raises(Unauthorized):
        claims(issuer(published), jwt.encode(published.claims(), ec_key(), "ES256", {"kid": "one"}))


def test_keys_for_encryption_and_keys_that_cannot_be_used_sign_nothing(published: LocalIssuer) -> None:
    token = published.token()
    published.documents[KEYS]["keys"][0]["use"] = "enc"
    with pytest.raises(Unauthorized):
        claims(issuer(published), token)
    published.documents[KEYS]["keys"] = [{"kid": "one", "kty": "oct", "k": "c2VjcmV0"}]
    with pytest.raises(Unauthorized):
        claims(issuer(published), token)


def test_keys_are_kept_and_a_new_one_is_found(published: LocalIssuer) -> None:
    async def scenario() -> None:
        checking = issuer(published)
        for _ in range(3):
            await checking.claims(published.token())
        assert published.asked == [CONFIGURATION, KEYS]
        published.publish(one=published.keys["one"], two=rsa_key())
        await checking.claims(published.token("two"))
        assert published.asked.count(KEYS) == 2

    asyncio.run(scenario())


def test_a_key_that_is_withdrawn_counts_until_the_keys_are_fetched_again(
    published: LocalIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(oidc, "time", SimpleNamespace(monotonic=lambda: now))

    async def scenario() -> None:
        nonlocal now
        checking, old = issuer(published, keep_s=300.0), published.token()
        await checking.claims(old)
        published.publish(two=rsa_key())
        now += 299
        await checking.claims(old)
        now += 2
        with pytest.raises(Unauthorized):
            await checking.claims(old)

    asyncio.run(scenario())


def test_tokens_with_unknown_keys_do_not_have_the_issuer_asked_each_time(published: LocalIssuer) -> None:
    async def scenario() -> None:
        checking = issuer(published, again_s=60.0)
        await checking.claims(published.token())
        strange = [jwt.encode(published.claims(), rsa_key(), "RS256", {"kid": f"no-{n}"}) for n in range(3)]
        for outcome in await asyncio.gather(*map(checking.claims, strange), return_exceptions=True):
            assert isinstance(outcome, Unauthorized)
        assert published.asked.count(KEYS) == 1

    asyncio.run(scenario())


def test_many_at_once_have_the_keys_fetched_once(published: LocalIssuer) -> None:
    async def scenario() -> None:
        checking = issuer(published, again_s=5.0)
        await asyncio.gather(*(checking.claims(published.token()) for _ in range(20)))

    asyncio.run(scenario())
    assert published.asked == [CONFIGURATION, KEYS]


def test_an_issuer_that_does_not_answer_is_no_fault_of_the_token(published: LocalIssuer) -> None:
    async def scenario() -> None:
        checking = issuer(published)
        published.broken = True
        with pytest.raises(Unavailable, match="does not answer"):
            await checking.claims(published.token())
        published.broken = False
        assert (await checking.claims(published.token()))["sub"] == "ada"

    asyncio.run(scenario())
    nobody = Issuer("http://127.0.0.1:1", AUDIENCE)
    with pytest.raises(Unavailable):
        claims(nobody, published.token())


@pytest.mark.parametrize(
    "configuration",
    [{"issuer": "https://elsewhere.example", "jwks_uri": "x"}, {"jwks_uri": "x"}, [], {"issuer": None}, "x"],
    ids=str,
)
def test_a_configuration_that_is_not_the_issuers_is_not_used(published: LocalIssuer, configuration: Any) -> None:
    published.documents[CONFIGURATION] = configuration
    with pytest.raises(Unavailable):
        claims(issuer(published), published.token())


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://127.0.0.1/keys", ""])
def test_keys_are_fetched_from_the_web_alone(published: LocalIssuer, address: str) -> None:
    published.documents[CONFIGURATION]["jwks_uri"] = address
    with pytest.raises(Unavailable):
        claims(issuer(published), published.token())
