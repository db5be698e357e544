"""The response to each request, over a real connection."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest

from maskseg_cli.addresses import hide_passwords
from maskseg_cli.camera.controls import Controls
from maskseg_cli.camera.feed import LiveFeed
from maskseg_cli.serve import Server, guess_brake, start_server
from maskseg_cli.serve.api import file_name
from tests.serve.watching import STATUS, ask, ask_json, picture


class View:
    def __init__(self) -> None:
        self.feed, self.controls = LiveFeed(), Controls(min_score=0.5)


@pytest.fixture
def view() -> View:
    return View()


@pytest.fixture
def server(view: View) -> Iterator[Server]:
    with start_server(view.feed, view.controls, port=0) as served:
        yield served


@pytest.mark.parametrize(
    ("path", "kind", "holds"),
    [
        ("/", "text/html", b"<title>maskseg live</title>"),
        ("/page.css", "text/css", b"prefers-color-scheme"),
        ("/page.js", "text/javascript", b"import"),
        ("/mjpeg.js", "text/javascript", b"export"),
        ("/icon.svg", "image/svg+xml", b"<svg"),
    ],
)
def test_the_page(server: Server, path: str, kind: str, holds: bytes) -> None:
    status, headers, body = ask(server, path)
    assert status == 200
    assert headers.get_content_type() == kind
    assert holds in body
    assert b"http://" not in body.replace(b"http://www.w3.org/", b""), "a resource from elsewhere"
    assert b"https://" not in body
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    head, _, nothing = ask(server, path, method="HEAD")
    assert (head, nothing) == (200, b"")


def test_the_status(server: Server, view: View) -> None:
    assert ask_json(server, "/status.json")["picture"] == 0
    view.feed.publish(picture(1), STATUS)
    assert ask_json(server, "/status.json") == {
        "picture": 1,
        "fps": 12.34,
        "latency": 0.0567,
        "counts": {"person": 2, "dog": 1},
        "frames": 0,
        "dropped": 7,
        "recording": None,
        "recorded": 0,
        "camera": "connected",
        "message": "Hello.",
        "viewers": 0,
        "recording_wanted": False,
        "paused": False,
        "min_score": 0.5,
        "drawing": {"masks": True, "contours": True, "boxes": True, "captions": True},
    }


def test_controls(server: Server, view: View) -> None:
    answer = ask_json(server, "/controls", {"masks": False, "captions": False, "min_score": 0.25, "paused": True})
    assert answer["drawing"] == {"masks": False, "contours": True, "boxes": True, "captions": False}
    assert (answer["min_score"], answer["paused"]) == (0.25, True)
    assert not view.controls.drawing.masks
    assert view.controls.drawing.boxes
    assert (view.controls.min_score, view.controls.paused) == (0.25, True)
    assert ask_json(server, "/controls", {"paused": False, "min_score": 1})["min_score"] == 1
    assert not view.controls.paused


def test_recording_and_snapshot(server: Server, view: View) -> None:
    assert ask_json(server, "/recording", {"on": True})["recording_wanted"]
    assert view.controls.recording_wanted
    assert not ask_json(server, "/recording", {"on": False})["recording_wanted"]
    assert not view.controls.recording_wanted
    assert not view.controls.take_snapshot_request()
    ask_json(server, "/snapshot", {})
    assert view.controls.take_snapshot_request()


@pytest.mark.parametrize(
    ("path", "changes"),
    [
        ("/controls", {"masks": 1}),
        ("/controls", {"masks": "false"}),
        ("/controls", {"paused": None}),
        ("/controls", {"min_score": 1.5}),
        ("/controls", {"min_score": -0.1}),
        ("/controls", {"min_score": True}),
        ("/controls", {"min_score": "0.5"}),
        ("/controls", {"min_score": float("nan")}),
        ("/controls", {"masks": False, "alpha": 0.5}),
        ("/controls", {"masks": False, "min_score": 2}),
        ("/controls", [1]),
        ("/controls", "masks"),
        ("/recording", {}),
        ("/recording", {"on": 1}),
        ("/recording", {"on": True, "file": "/etc/passwd"}),
        ("/snapshot", {"file": "x"}),
    ],
)
def test_invalid_changes_have_no_effect(server: Server, view: View, path: str, changes: Any) -> None:
    status, _, body = ask(server, path, changes)
    assert status == 400
    assert json.loads(body)["error"].endswith(".")
    assert view.controls.drawing.masks
    assert (view.controls.min_score, view.controls.paused, view.controls.recording_wanted) == (0.5, False, False)
    assert not view.controls.take_snapshot_request()


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"masks": false', b"[" * 9000, b" " * 10_001])
def test_broken_bodies(server: Server, body: bytes) -> None:
    status, _, _ = ask(server, "/controls", method="POST", body=body, headers={"Content-Type": "application/json"})
    assert status == 400
    assert ask_json(server, "/status.json")["drawing"]["masks"]


def test_forms_of_other_pages_have_no_effect(server: Server, view: View) -> None:
    body = b'{"on": true}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        status, _, _ = ask(server, "/recording", method="POST", body=body, headers={"Content-Type": kind})
        assert status == 415
    foreign = {"Origin": "http://example.com", "Content-Type": "application/json"}
    assert ask(server, "/recording", method="POST", body=body, headers=foreign)[0] == 403
    assert not view.controls.recording_wanted


def test_foreign_domains_are_refused(server: Server) -> None:
    for path in ("/", "/status.json", "/stream.mjpg", "/snapshot.jpg", "/page.js"):
        status, _, body = ask(server, path, headers={"Host": "evil.example"})
        assert status == 403
        assert "not known to be this computer" in json.loads(body)["error"]


def test_unknown_paths(server: Server) -> None:
    for path in ("/nothing", "/../server.py", "/%2e%2e/server.py", "/page/page.css", "/token.html"):
        assert ask(server, path)[0] == 404
    assert ask(server, "/status.json", {})[0] == 404, "it cannot be posted"
    assert ask(server, "/controls")[0] == 404, "it cannot be fetched"
    assert ask(server, "/", method="DELETE")[0] == 501


def test_the_newest_picture_as_a_file(server: Server, view: View) -> None:
    status, headers, _ = ask(server, "/snapshot.jpg")
    assert (status, headers["Retry-After"]) == (503, "1")
    view.feed.publish(picture(1), STATUS)
    view.feed.publish(picture(3, 2000, 3000), STATUS)
    status, headers, body = ask(server, "/snapshot.jpg")
    assert status == 200
    assert headers.get_content_type() == "image/jpeg"
    assert headers["Content-Disposition"].startswith('inline; filename="maskseg-2')
    image = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
    assert image.shape == (2000, 3000, 3)
    assert np.abs(image.astype(int) - picture(3, 2000, 3000)).mean() < 1, "right colours"


def test_names_have_no_folders_and_addresses_no_passwords() -> None:
    assert file_name("/home/me/clips/a b.mp4") == "a b.mp4"
    sentence = "rtsp://me:secret@10.0.0.2:554/live?x=a@b does not answer"
    assert hide_passwords(sentence) == "rtsp://10.0.0.2:554/live?x=a@b does not answer"
    assert hide_passwords("Saved as a@b.jpg.") == "Saved as a@b.jpg."


@pytest.mark.parametrize("path", ["/", "/stream.mjpg", "/snapshot.jpg", "/status.json", "/nothing"])
def test_a_token_is_required(view: View, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setattr(guess_brake, "PAUSE", 0.0)
    view.feed.publish(picture(1), STATUS)
    with start_server(view.feed, view.controls, port=0, token="sesame") as server:
        status, headers, body = ask(server, path)
        assert status == 401
        assert headers["WWW-Authenticate"].startswith("Bearer")
        assert b"sesame" not in body
        assert ask(server, f"{path}?token=open")[0] == 403
        assert ask(server, "/controls", {"masks": False})[0] == 401
        assert ask(server, "/controls?token=open", {"masks": False})[0] == 403
        assert view.controls.drawing.masks
        assert ask(server, "/page.css")[0] == 200
        assert not ask_json(server, "/controls?token=sesame", {"masks": False})["drawing"]["masks"]


def test_the_cookie_replaces_the_token(view: View) -> None:
    with start_server(view.feed, view.controls, port=0, token="a&b c") as server:
        assert server.url.endswith("/?token=a%26b%20c")
        status, headers, _ = ask(server, "/?token=a%26b%20c")
        assert (status, headers["Location"]) == (303, "./")
        cookie = {"Cookie": headers["Set-Cookie"].partition(";")[0]}
        assert ask(server, "/", headers=cookie)[0] == 200
        assert ask_json(server, "/recording", {"on": True}, headers=cookie)["recording_wanted"]
        assert ask_json(server, "/status.json", headers={"Authorization": "Bearer a&b c"})["recording_wanted"]


def test_a_page_of_others_may_show_the_picture_by_an_address_with_the_token(
    view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guess_brake, "PAUSE", 0.0)
    view.feed.publish(picture(1), STATUS)
    other = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    with start_server(view.feed, view.controls, port=0, token="sesame") as server:
        status, headers, _ = ask(server, "/snapshot.jpg?token=sesame", headers=other)
        assert (status, headers["Cross-Origin-Resource-Policy"]) == (200, "cross-origin")
        for path in ("/snapshot.jpg", "/snapshot.jpg?token=open", "/status.json?token=sesame", "/?token=sesame"):
            status, headers, _ = ask(server, path, headers=other)
            assert (status, headers["Cross-Origin-Resource-Policy"]) == (403, "same-origin")
        assert ask(server, "/controls?token=sesame", {"masks": False}, headers=other)[0] == 403
    assert view.controls.drawing.masks
