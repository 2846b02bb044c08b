"""Zones go by the names of the time zone database."""

from __future__ import annotations

import pytest

from tailrace.logs.zones import check_zone
from tailrace.model.errors import TailraceError


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/New_York"])
def test_a_zone_is_known_by_its_name(name):
    check_zone(name)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Europe", "+01:00", "a\0b"])
def test_another_name_is_refused_in_a_sentence(name):
    with pytest.raises(TailraceError, match="is no time zone"):
        check_zone(name)
