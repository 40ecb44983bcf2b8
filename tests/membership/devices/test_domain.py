"""What is told of a device and a place."""

import pytest

from membership.devices.domain import coarse_place, device_of, device_words

_PHONE = "Mozilla/5.0 (Linux; Android 14; 22081212C) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126"


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (f"{_PHONE} Mobile Safari/537.36", "Chrome/Android"),
        (f"{_PHONE} MicroMessenger/8.0.49", "wechat/Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari/iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/126.0.0.0 Safari/537.36 Edg/126.0", "Edge/Windows"),
        ("curl/8.5", "/"),
        ("", "/"),
    ],
)
def test_a_device_is_known_by_its_kind_only(user_agent: str, device: str) -> None:
    assert device_of(user_agent) == device
    assert "14" not in device_of(user_agent)


def test_a_device_in_words() -> None:
    assert device_words("wechat/Android") == "微信 · Android"
    assert device_words("/") == "未知设备"


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("203.0.113.77", "203.0.113.*"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("", ""),
        ("no address", ""),
    ],
)
def test_a_place_is_coarse(address: str, place: str) -> None:
    assert coarse_place(address) == place
