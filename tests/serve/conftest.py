"""Fixtures for tests of the page in real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from maskseg_cli.serve import Server, start_server
from tests.browser import wait_for
from tests.serve.reading import text
from tests.serve.watching import LiveView

if TYPE_CHECKING:
    from selenium.webdriver import Chrome


@pytest.fixture
def view() -> Iterator[LiveView]:
    with LiveView(fps=20) as live:
        yield live


@pytest.fixture
def server(view: LiveView) -> Iterator[Server]:
    with start_server(view.feed, view.controls, port=0) as served:
        yield served


@pytest.fixture
def page(browser: Chrome, server: Server) -> Chrome:
    """The page, with its first picture and status shown."""
    browser.get(server.url)
    wait_for(lambda: text(browser, "#state") == "Live" and text(browser, "#fps") == "12.3", "the live page")
    return browser
