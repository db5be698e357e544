"""Access control: tokens, cookies, and requests of other web pages."""

from __future__ import annotations

import time
from email.message import Message

import pytest

from maskseg_cli.errors import UsageError
from maskseg_cli.serve import access
from maskseg_cli.serve.access import Access, TokenCheck


def headers(**fields: str) -> Message:
    message = Message()
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    return message


@pytest.fixture
def short_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "_DELAY", 0.01)


def test_without_a_token_every_request_is_allowed() -> None:
    assert Access("127.0.0.1", 8000).check_token(None, headers()) is TokenCheck.VALID


@pytest.mark.usefixtures("short_delay")
@pytest.mark.parametrize("token", ["sesame", "a b+c&d;e", "Zürich ✓"])
def test_the_token(token: str) -> None:
    rules = Access("0.0.0.0", 8000, token)
    assert rules.check_token(None, headers()) is TokenCheck.MISSING
    assert rules.check_token(token, headers()) is TokenCheck.VALID
    assert rules.check_token(token + " ", headers()) is TokenCheck.WRONG
    assert rules.check_token("", headers()) is TokenCheck.WRONG
    sent = token.encode().decode("latin-1")  # as the server decodes headers
    assert rules.check_token(None, headers(Authorization=f"Bearer {sent}")) is TokenCheck.VALID
    assert rules.check_token(None, headers(Authorization="Bearer other")) is TokenCheck.WRONG


@pytest.mark.usefixtures("short_delay")
def test_the_cookie() -> None:
    rules = Access("0.0.0.0", 8000, "sesame")
    set_cookie = rules.set_cookie()
    assert "HttpOnly" in set_cookie
    assert "SameSite=Lax" in set_cookie
    assert "sesame" not in set_cookie
    cookie = set_cookie.partition(";")[0]
    assert rules.check_token(None, headers(Cookie=f"other=1; {cookie}; more=2")) is TokenCheck.VALID
    assert rules.check_token(None, headers(Cookie=f"{cookie}x")) is TokenCheck.WRONG
    assert rules.check_token(None, headers(Cookie="other=1; broken")) is TokenCheck.MISSING
    assert Access("0.0.0.0", 8001, "sesame").check_token(None, headers(Cookie=cookie)) is TokenCheck.MISSING
    assert Access("0.0.0.0", 8000, "changed").check_token(None, headers(Cookie=cookie)) is TokenCheck.WRONG


def test_guessing_is_slow() -> None:
    rules = Access("0.0.0.0", 8000, "sesame")
    start = time.monotonic()
    rules.check_token("guess", headers())
    assert time.monotonic() - start > 0.4


@pytest.mark.parametrize("token", ["", "  "])
def test_a_token_is_not_empty(token: str) -> None:
    with pytest.raises(UsageError, match="token is empty"):
        Access("0.0.0.0", 8000, token)


def test_this_page_and_programs_are_allowed() -> None:
    rules = Access("127.0.0.1", 8000)
    own = {"Host": "127.0.0.1:8000", "Origin": "http://127.0.0.1:8000", "Sec_Fetch_Site": "same-origin"}
    assert rules.foreign_origin(headers(**own), changes=True) is None
    assert rules.foreign_origin(headers(Host="localhost:8000"), changes=True) is None
    # A link in another page may be followed.
    followed = headers(Host="localhost:8000", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate")
    assert rules.foreign_origin(followed, changes=False) is None


@pytest.mark.parametrize("origin", ["http://example.com", "http://127.0.0.1:9000", "null", "file://"])
def test_other_pages_cannot_change_anything(origin: str) -> None:
    for token in (None, "sesame"):
        rules = Access("127.0.0.1", 8000, token)
        assert rules.foreign_origin(headers(Host="127.0.0.1:8000", Origin=origin), changes=True)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_pages_cannot_show_the_picture(site: str) -> None:
    rules = Access("127.0.0.1", 8000)
    asked = headers(Host="127.0.0.1:8000", Sec_Fetch_Site=site, Sec_Fetch_Mode="no-cors")
    assert rules.foreign_origin(asked, changes=False)
    assert rules.foreign_origin(headers(Host="localhost", Sec_Fetch_Site=site, Sec_Fetch_Mode="navigate"), changes=True)


def test_dns_rebinding_is_refused() -> None:
    rebound = headers(Host="evil.example:8000", Origin="http://evil.example:8000", Sec_Fetch_Site="same-origin")
    sentence = Access("127.0.0.1", 8000).foreign_origin(rebound, changes=False)
    assert sentence is not None
    assert sentence.startswith("evil.example:8000 is not known to be this computer")
    # With a token any name will do: a proxy's, for example. The foreign page does not have the cookie.
    proxied = headers(Host="cam.example", Origin="https://cam.example", Sec_Fetch_Site="same-origin")
    assert Access("127.0.0.1", 8000, "sesame").foreign_origin(proxied, changes=True) is None


def test_a_proxy_may_put_another_name_into_the_request() -> None:
    for token in (None, "sesame"):
        rules = Access("127.0.0.1", 8000, token)
        proxied = {"Host": "127.0.0.1:8000", "Origin": "https://cam.example"}
        assert rules.foreign_origin(headers(**proxied, Sec_Fetch_Site="same-origin"), changes=True) is None
        assert rules.foreign_origin(headers(**proxied, X_Forwarded_Host="cam.example"), changes=True) is None
        assert rules.foreign_origin(headers(**proxied), changes=True)
        assert rules.foreign_origin(headers(**proxied, X_Forwarded_Host="other.example"), changes=True)
        assert rules.foreign_origin(headers(**proxied, Sec_Fetch_Site="cross-site"), changes=True)


@pytest.mark.usefixtures("short_delay")
def test_only_the_token_in_the_address_lets_other_pages_show_the_picture() -> None:
    rules = Access("0.0.0.0", 8000, "sesame")
    cookie = headers(Cookie=rules.set_cookie().partition(";")[0])
    assert rules.may_embed("sesame", headers())
    assert not rules.may_embed("other", headers())
    assert not rules.may_embed(None, cookie)
    assert not Access("127.0.0.1", 8000).may_embed("sesame", headers())
