from __future__ import annotations

import dataclasses
import math
import re
from typing import Any

import pytest

from vatel_rt.errors import ConfigurationError
from vatel_rt.realtime.options import ConnectionOptions


def test_every_default_is_valid_and_documented() -> None:
    options = ConnectionOptions()
    assert options.compression is False
    assert options.max_frame == 2**24
    explained = re.findall(r"^ +(\w+): ", ConnectionOptions.__doc__ or "", re.MULTILINE)
    assert {field.name for field in dataclasses.fields(options)} <= set(explained)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[
            (name, value)
            for name in ("open_timeout", "close_timeout", "ping_timeout")
            for value in (0, -1, math.inf, math.nan, "1", True, None)
        ],
        *[(name, value) for name in ("ping_interval", "idle_timeout") for value in (0, "1", -2.0)],
        *[("attempts", value) for value in (0, -1, 1.5, True, None)],
        *[("max_frame", value) for value in (0, 1023, 1e6, None)],
        *[("proxy", value) for value in (False, 1, b"http://h")],
        ("compression", "deflate"),
        ("ssl", True),
        ("socket_factory", "socket"),
    ],
)
def test_invalid_values_are_refused(name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=name):
        ConnectionOptions(**{name: value})


@pytest.mark.parametrize(
    "headers",
    [
        {"X-A": "s3cret\r\nX-B: c"},
        {"X-A": "s3cret\n"},
        {"X-A": "s3cret\0"},
        {"X-A": "s3cret\u00fc"},
        {"X-A": b"s3cret"},
        {"X-A": 3},
        {"X-A\r\nX-B": "s3cret"},
        {"X A": "s3cret"},
        {"X-A\n": "s3cret"},
        {"": "s3cret"},
        {3: "s3cret"},
        {"Host": "s3cret"},
        {"connection": "s3cret"},
        {"Sec-WebSocket-Key": "s3cret"},
        [("X-A", "s3cret")],
    ],
)
def test_invalid_headers_are_refused_without_showing_values(headers: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        ConnectionOptions(headers=headers)
    assert "s3cret" not in str(caught.value)


def test_secrets_are_hidden_and_headers_are_copied() -> None:
    headers = {"Authorization": "Bearer s3cret"}
    options = ConnectionOptions(headers=headers, proxy="http://u:s3cret@h:1")
    assert "s3cret" not in repr(options)
    headers["X"] = "\r\n"
    assert options.headers == {"Authorization": "Bearer s3cret"}
