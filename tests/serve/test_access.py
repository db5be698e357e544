"""Access control: tokens, cookies, and requests of other web pages."""

from __future__ import annotations

from email.message import Message

import pytest

from maskseg_cli.errors import UsageError
from maskseg_cli.serve import guess_brake
from maskseg_cli.serve.access import Access, TokenCheck
from maskseg_cli.serve.guess_brake import Guess, GuessBrake


def headers(**fields: str) -> Message:
    message = Message()
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    return message


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guess_brake, "PAUSE", 0.0)


def test_without_a_token_every_request_is_allowed() -> None:
    assert Access("127.0.0.1", 8000).check_token(None, headers()) is TokenCheck.VALID


@pytest.mark.usefixtures("quick")
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


@pytest.mark.usefixtures("quick")
def test_the_cookie() -> None:
    rules = Access("0.0.0.0", 8000, "sesame", b"secret")
    set_cookie = rules.set_cookie()
    assert "HttpOnly" in set_cookie
    assert "SameSite=Lax" in set_cookie
    assert "sesame" not in set_cookie
    cookie = set_cookie.partition(";")[0]
    assert rules.check_token(None, headers(Cookie=f"other=1; {cookie}; more=2")) is TokenCheck.VALID
    assert rules.check_token(None, headers(Cookie=f"{cookie}x")) is TokenCheck.WRONG
    assert rules.check_token(None, headers(Cookie="other=1; broken")) is TokenCheck.MISSING
    assert Access("0.0.0.0", 8001, "sesame", b"secret").check_token(None, headers(Cookie=cookie)) is TokenCheck.MISSING
    assert Access("0.0.0.0", 8000, "sesame", b"secret").check_token(None, headers(Cookie=cookie)) is TokenCheck.VALID
    assert Access("0.0.0.0", 8000, "sesame", b"other").check_token(None, headers(Cookie=cookie)) is TokenCheck.WRONG
    assert Access("0.0.0.0", 8000, "changed", b"secret").check_token(None, headers(Cookie=cookie)) is TokenCheck.WRONG


def test_after_wrong_tokens_the_right_one_comes_too_soon_and_the_cookie_does_not() -> None:
    rules = Access("0.0.0.0", 8000, "sesame")
    cookie = headers(Cookie=rules.set_cookie().partition(";")[0])
    for _ in range(3):
        assert rules.check_token("guess", headers(), "10.0.0.1") is TokenCheck.WRONG
    assert rules.check_token("sesame", headers(), "10.0.0.1") is TokenCheck.TOO_SOON
    assert rules.check_token("sesame", headers(), "10.0.0.2") is TokenCheck.VALID
    assert rules.check_token("guess", cookie, "10.0.0.1") is TokenCheck.VALID
    assert not rules.may_embed("guess", cookie, "10.0.0.3")


class Guesses:
    """A brake with a clock that tests move."""

    def __init__(self) -> None:
        self.now = 0.0
        self.compared = 0
        self.brake = GuessBrake(lambda: self.now)

    def __call__(self, address: str, right: bool = False) -> Guess:
        def compare() -> bool:
            self.compared += 1
            return right

        return self.brake.try_token(address, compare)


def test_one_computer_guesses_once_a_second_with_any_number_of_connections() -> None:
    guesses = Guesses()
    for number in range(1000):
        guesses.now = number / 100
        guesses(f"2001:db8::{number:x}")  # all in one network of 64 bits
    assert guesses.compared == 3 + 9
    assert guesses("2001:db8::1", right=True) is Guess.TOO_SOON
    guesses.now += 1.1
    assert guesses("2001:db8::1", right=True) is Guess.RIGHT
    assert guesses("2001:db8::1", right=True) is Guess.RIGHT  # no pause after the right one


def test_many_computers_guess_five_times_a_second_in_all_and_a_known_one_gets_in() -> None:
    guesses = Guesses()
    assert guesses("10.1.0.1", right=True) is Guess.RIGHT
    guesses.compared = 0
    for number in range(1000):
        guesses.now = 1 + number / 1000
        guesses(f"10.0.{number % 250}.{number // 250}")
    assert guesses.compared == 5
    assert guesses("10.2.0.1", right=True) is Guess.TOO_SOON
    assert guesses("10.1.0.1", right=True) is Guess.RIGHT


def test_the_brake_remembers_a_limited_number_of_computers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guess_brake, "_REMEMBERED", 50)
    guesses = Guesses()
    for number in range(500):
        guesses.now += 0.3
        guesses(f"10.0.{number // 250}.{number % 250}")
        guesses(f"10.9.{number // 250}.{number % 250}", right=True)
    assert len(guesses.brake._paid_until) <= 50
    assert len(guesses.brake._known) <= 50


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


@pytest.mark.usefixtures("quick")
def test_only_the_token_in_the_address_lets_other_pages_show_the_picture() -> None:
    rules = Access("0.0.0.0", 8000, "sesame")
    cookie = headers(Cookie=rules.set_cookie().partition(";")[0])
    assert rules.may_embed("sesame", headers())
    assert not rules.may_embed("other", headers())
    assert not rules.may_embed(None, cookie)
    assert not Access("127.0.0.1", 8000).may_embed("sesame", headers())
