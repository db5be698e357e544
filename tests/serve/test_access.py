"""Who is let in: tokens, cookies, and pages of strangers."""

from __future__ import annotations

import time
from email.message import Message

import pytest

from maskseg_cli.errors import UsageError
from maskseg_cli.serve import access
from maskseg_cli.serve.access import Access, Answer


def headers(**fields: str) -> Message:
    message = Message()
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    return message


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "_BRAKE", 0.01)


def test_without_a_token_everybody_is_welcome() -> None:
    assert Access("127.0.0.1", 8000).token_of(None, headers()) is Answer.WELCOME


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("token", ["sesame", "a b+c&d;e", "Zürich ✓"])
def test_the_token(token: str) -> None:
    door = Access("0.0.0.0", 8000, token)
    assert door.token_of(None, headers()) is Answer.MISSING
    assert door.token_of(token, headers()) is Answer.WELCOME
    assert door.token_of(token + " ", headers()) is Answer.WRONG
    assert door.token_of("", headers()) is Answer.WRONG
    sent = token.encode().decode("latin-1")  # as the server reads what comes over the wire
    assert door.token_of(None, headers(Authorization=f"Bearer {sent}")) is Answer.WELCOME
    assert door.token_of(None, headers(Authorization="Bearer other")) is Answer.WRONG


@pytest.mark.usefixtures("hasty")
def test_the_cookie() -> None:
    door = Access("0.0.0.0", 8000, "sesame")
    set_cookie = door.set_cookie()
    assert "HttpOnly" in set_cookie
    assert "SameSite=Lax" in set_cookie
    assert "sesame" not in set_cookie
    cookie = set_cookie.partition(";")[0]
    assert door.token_of(None, headers(Cookie=f"other=1; {cookie}; more=2")) is Answer.WELCOME
    assert door.token_of(None, headers(Cookie=f"{cookie}x")) is Answer.WRONG
    assert door.token_of(None, headers(Cookie="other=1; broken")) is Answer.MISSING
    assert Access("0.0.0.0", 8001, "sesame").token_of(None, headers(Cookie=cookie)) is Answer.MISSING
    assert Access("0.0.0.0", 8000, "changed").token_of(None, headers(Cookie=cookie)) is Answer.WRONG


def test_guessing_is_slow() -> None:
    door = Access("0.0.0.0", 8000, "sesame")
    start = time.monotonic()
    door.token_of("guess", headers())
    assert time.monotonic() - start > 0.4


@pytest.mark.parametrize("token", ["", "  "])
def test_a_token_is_not_empty(token: str) -> None:
    with pytest.raises(UsageError, match="token is empty"):
        Access("0.0.0.0", 8000, token)


def test_this_page_and_plain_programs_are_no_strangers() -> None:
    door = Access("127.0.0.1", 8000)
    own = {"Host": "127.0.0.1:8000", "Origin": "http://127.0.0.1:8000", "Sec_Fetch_Site": "same-origin"}
    assert door.stranger(headers(**own), changes=True) is None
    assert door.stranger(headers(Host="localhost:8000"), changes=True) is None
    # A link in another page may be followed.
    followed = headers(Host="localhost:8000", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate")
    assert door.stranger(followed, changes=False) is None


@pytest.mark.parametrize("origin", ["http://example.com", "http://127.0.0.1:9000", "null", "file://"])
def test_other_pages_change_nothing(origin: str) -> None:
    for token in (None, "sesame"):
        door = Access("127.0.0.1", 8000, token)
        assert door.stranger(headers(Host="127.0.0.1:8000", Origin=origin), changes=True)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_pages_show_nothing(site: str) -> None:
    door = Access("127.0.0.1", 8000)
    asked = headers(Host="127.0.0.1:8000", Sec_Fetch_Site=site, Sec_Fetch_Mode="no-cors")
    assert door.stranger(asked, changes=False)
    assert door.stranger(headers(Host="localhost", Sec_Fetch_Site=site, Sec_Fetch_Mode="navigate"), changes=True)


def test_a_foreign_name_that_points_here_is_refused() -> None:
    rebound = headers(Host="evil.example:8000", Origin="http://evil.example:8000", Sec_Fetch_Site="same-origin")
    sentence = Access("127.0.0.1", 8000).stranger(rebound, changes=False)
    assert sentence is not None
    assert sentence.startswith("evil.example:8000 is not known to be this computer")
    # With a token any name will do: a proxy's, for example. The foreign page does not have the cookie.
    proxied = headers(Host="cam.example", Origin="https://cam.example", Sec_Fetch_Site="same-origin")
    assert Access("127.0.0.1", 8000, "sesame").stranger(proxied, changes=True) is None
