"""Evidence of headers: a request's own headers tell it apart, and an old edge's policy is a disagreement."""

from __future__ import annotations

from launchready.evidence.convergence import agreed_http
from launchready.evidence.types import Cause, Evidence, HttpProbe, HttpResult

URL = "https://acme.example/"


def answer(policy: str, probe: HttpProbe | None = None) -> HttpResult:
    return HttpResult(probe or HttpProbe(URL), None, 200, (("content-security-policy", policy),))


def test_two_origins_at_one_address_are_two_pieces_of_evidence() -> None:
    plain, first, second = (
        HttpProbe(URL, headers=headers)
        for headers in ((), (("origin", "https://a.example"),), (("Origin", "https://b.example"),))
    )
    assert plain.id == f"http:GET:{URL}"
    assert len({plain.id, first.id, second.id}) == 3
    evidence = Evidence({probe.id: (answer(probe.id, probe),) for probe in (plain, first, second)})
    assert evidence.http(URL, headers=first.headers).probe == first
    assert evidence.http(URL).probe == plain


def test_the_policy_of_an_edge_that_lags_behind_is_a_disagreement() -> None:
    result = agreed_http(
        [answer("default-src 'self'"), answer("default-src *"), answer("default-src 'self'")]
    )
    assert result.cause is Cause.DISAGREE
    assert "default-src *" in result.detail


def test_fresh_nonces_are_none() -> None:
    one, two = answer("script-src 'nonce-YQ=='"), answer("script-src 'nonce-Yg=='")
    assert agreed_http([one, two, one]).cause is None
