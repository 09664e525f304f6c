"""Access tokens: what holds, and everything that must not."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest

from fynix_server.errors import NotAuthenticated
from fynix_server.tokens import TokenSigner, hash_token, new_refresh_token
from tests.people import Api, MovableClock

SECRET = "a-secret-that-only-this-file-uses-0123456789"
OTHER_SECRET = "another-secret-that-signs-nothing-here-98765"


@pytest.fixture
def signer(clock: MovableClock) -> TokenSigner:
    return TokenSigner(SECRET, 30, clock)


def _claims(clock: MovableClock, **changes: Any) -> dict[str, Any]:
    now = int(clock().timestamp())
    claims = {"sub": str(uuid4()), "sid": str(uuid4()), "iat": now, "exp": now + 600, **changes}
    return {name: value for name, value in claims.items() if value is not ...}


def _unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    parts = (json.dumps(part).encode() for part in (header, claims))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def _assert_refused(signer: TokenSigner, token: str, code: str = "not_authenticated") -> None:
    # Twice, because a refusal must not be remembered as a success.
    for _ in range(2):
        with pytest.raises(NotAuthenticated) as refused:
            signer.verify(token)
        assert refused.value.code == code


def test_a_token_says_who_it_is_and_for_how_long(signer: TokenSigner, clock: MovableClock) -> None:
    user_id, session_id = uuid4(), uuid4()

    claims = signer.verify(signer.access_token(user_id, session_id))

    assert (claims.user_id, claims.session_id) == (user_id, session_id)
    assert timedelta(minutes=29) < claims.expires_at - clock() <= timedelta(minutes=30)


def test_a_token_holds_the_four_claims_and_nothing_to_be_trusted_by_mistake(
    signer: TokenSigner,
) -> None:
    payload = jwt.decode(signer.access_token(uuid4(), uuid4()), SECRET, algorithms=["HS256"])

    assert set(payload) == {"sub", "sid", "exp", "iat"}


def test_a_token_ends_by_the_given_clock_also_when_it_was_verified_before(
    signer: TokenSigner, clock: MovableClock
) -> None:
    token = signer.access_token(uuid4(), uuid4())
    signer.verify(token)

    clock.advance(30 * 60 + 1)

    _assert_refused(signer, token, "token_expired")


def test_a_token_without_signature_is_refused(signer: TokenSigner, clock: MovableClock) -> None:
    for algorithm in ("none", "None", "NONE", "nOnE", ""):
        unsigned = _unsigned({"alg": algorithm, "typ": "JWT"}, _claims(clock))
        _assert_refused(signer, unsigned + ".")
        _assert_refused(signer, unsigned)


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_is_refused_even_with_our_key(
    signer: TokenSigner, clock: MovableClock, algorithm: str
) -> None:
    # PyJWT warns that the key is short for these; that is not what is tried here.
    token = _signed_by_hand({"alg": algorithm}, _claims(clock), algorithm)

    _assert_refused(signer, token)


def _signed_by_hand(header: dict[str, Any], claims: dict[str, Any], algorithm: str) -> str:
    signed = _unsigned(header, claims)
    digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
    signature = hmac.new(SECRET.encode(), signed.encode(), digest).digest()
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def test_the_hand_made_signatures_of_these_tests_are_good(
    signer: TokenSigner, clock: MovableClock
) -> None:
    # Otherwise the refusals here would prove nothing.
    assert signer.verify(_signed_by_hand({"alg": "HS256"}, _claims(clock), "HS256"))


def test_a_token_signed_with_another_key_is_refused(
    signer: TokenSigner, clock: MovableClock
) -> None:
    _assert_refused(signer, jwt.encode(_claims(clock), OTHER_SECRET, algorithm="HS256"))


def test_a_token_whose_claims_were_changed_is_refused(signer: TokenSigner) -> None:
    header, _, signature = signer.access_token(uuid4(), uuid4()).split(".")
    _, claims, _ = signer.access_token(uuid4(), uuid4()).split(".")

    _assert_refused(signer, f"{header}.{claims}.{signature}")


@pytest.mark.parametrize("claim", ["sub", "sid", "exp", "iat"])
def test_a_token_that_lacks_a_claim_is_refused(
    signer: TokenSigner, clock: MovableClock, claim: str
) -> None:
    claims = _claims(clock, **{claim: ...})

    _assert_refused(signer, jwt.encode(claims, SECRET, algorithm="HS256"))


@pytest.mark.parametrize(
    "changes",
    [
        {"sub": "not-a-uuid"},
        {"sub": ""},
        {"sid": "not-a-uuid"},
        {"sid": 7},
        {"exp": "tomorrow"},
        {"exp": True},
        {"exp": None},
        {"exp": 4102444800.5},
        {"exp": 10**30},
        {"aud": "somebody else"},
    ],
)
def test_a_well_signed_token_with_odd_claims_is_refused_and_breaks_nothing(
    signer: TokenSigner, clock: MovableClock, changes: dict[str, Any]
) -> None:
    _assert_refused(signer, jwt.encode(_claims(clock, **changes), SECRET, algorithm="HS256"))


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b.c", "tökén.ä.ö", "\ud800.a.b", "a" * 100_000, "eyJ.eyJ." + "x" * 3000],
)
def test_what_is_no_token_at_all_is_refused(signer: TokenSigner, token: str) -> None:
    _assert_refused(signer, token)


def test_verified_tokens_are_remembered_within_a_bound(
    signer: TokenSigner, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fynix_server.tokens._CACHED_TOKENS", 3)
    tokens = [signer.access_token(uuid4(), uuid4()) for _ in range(5)]

    first = [signer.verify(token) for token in tokens]

    assert len(signer._verified) == 3
    assert [signer.verify(token) for token in tokens] == first


def test_refresh_tokens_are_long_random_and_stored_as_a_hash() -> None:
    tokens = {new_refresh_token() for _ in range(100)}

    assert len(tokens) == 100
    assert all(len(base64.urlsafe_b64decode(token + "=")) == 32 for token in tokens)
    assert all(len(hash_token(token)) == 64 for token in tokens)


async def test_the_server_refuses_forged_tokens_with_the_error_shape(api: Api) -> None:
    alice = await api.register("alice")
    bob = await api.register("bob")
    claims = _claims(api.clock, sub=str(bob.user_id), sid=str(bob.session_id))
    forged = [
        _unsigned({"alg": "none", "typ": "JWT"}, claims) + ".",
        jwt.encode(claims, OTHER_SECRET, algorithm="HS256"),
        jwt.encode(claims, OTHER_SECRET * 2, algorithm="HS512"),
        alice.access_token[:-4] + "AAAA",
    ]

    for token in forged:
        answer = await api.client.get("/api/users/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert {"detail", "status_code", "timestamp", "code", "request_id"} <= set(answer.json())
        assert token not in answer.text


async def test_a_token_cannot_borrow_another_persons_session(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    # Even if somebody had the key: who a session belongs to, the database knows.
    mixed = api.resources.tokens.access_token(alice.user_id, bob.session_id)

    answer = await api.client.get("/api/users/me", headers={"Authorization": f"Bearer {mixed}"})

    assert answer.status_code == 401


async def test_a_token_of_a_session_that_never_was_is_refused(api: Api) -> None:
    alice = await api.register("alice")
    orphan = api.resources.tokens.access_token(alice.user_id, UUID(int=7))

    answer = await api.client.get("/api/users/me", headers={"Authorization": f"Bearer {orphan}"})

    assert (answer.status_code, answer.json()["code"]) == (401, "session_revoked")


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Basic YWxpY2U6eA==", "Token x", "Bearer a b"]
)
async def test_without_a_bearer_token_everything_closed_answers_401(
    api: Api, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}

    for method, path in (("GET", "/api/users/me"), ("POST", "/api/auth/logout")):
        answer = await api.client.request(method, path, headers=headers)
        assert answer.status_code == 401


async def test_the_scheme_is_read_in_any_case(api: Api) -> None:
    alice = await api.register("alice")

    answer = await api.client.get(
        "/api/users/me", headers={"Authorization": f"bearer {alice.access_token}"}
    )

    assert answer.status_code == 200
