"""Tables with shaded cells."""

from __future__ import annotations

import re

from maskseg_cli.pages.matrix import matrix_table


def test_shades_follow_the_values_and_texts_are_escaped() -> None:
    hostile = "<script>\x1b[2J\"'"
    table = matrix_table(
        ["cat", hostile], [hostile, "dog"], [[("5", 1), ("", 0)], [("1", 0.5), ("9", 7)]], "marked", marked=[(0, 0)]
    )
    assert re.findall(r"rgba\(0,114,178,([\d.]+)\)", table) == ["0.60", "0.35", "0.60"]
    assert table.count("class=own") == 1
    assert "<script>" not in table
    assert "\x1b" not in table
    assert table.count("<td") == 4
