"""Which addresses are public, with microsoft-antissrf's table as the oracle."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from AntiSSRF import IPAddressRanges
from hypothesis import given
from hypothesis import strategies as st

from workflows.fetch.addresses import is_public

FORBIDDEN = [ip_network(text) for text in IPAddressRanges.recommended_latest]


def oracle(address: IPv4Address | IPv6Address) -> bool:
    """Whether the oracle lets it pass."""
    return not any(address in network for network in FORBIDDEN)


@pytest.mark.parametrize("text", ["8.8.8.8", "93.184.216.34", "100.128.0.1", "172.32.0.1", "2606:2800:220:1::1", "2a00:1450:4001::200e"])
def test_an_address_of_the_internet_is_public(text: str) -> None:
    assert is_public(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com",
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "168.63.129.16",
        "169.254.169.254",
        "172.31.255.255",
        "192.0.0.192",
        "192.168.1.1",
        "198.19.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2620:4f:8000::1",
        "2606:2800:220:1:0:5efe:7f00:1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%1",
        "2606:2800:220:1::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_an_address_that_leads_inside_is_not_public(text: str) -> None:
    assert not is_public(text)


@pytest.mark.parametrize("network", FORBIDDEN, ids=str)
def test_every_block_of_the_oracle_is_refused_from_its_first_address_to_its_last(network: str) -> None:
    block = ip_network(network)

    assert not is_public(str(block[0]))
    assert not is_public(str(block[block.num_addresses // 2]))
    assert not is_public(str(block[-1]))


@given(st.integers(0, 2**32 - 1))
def test_any_ipv4_address_is_judged_as_the_oracle_judges_it(number: int) -> None:
    address = IPv4Address(number)

    assert is_public(str(address)) == oracle(address)


@given(st.integers(0, 2**128 - 1) | st.integers(0, 2**125 - 1).map(lambda low: 1 << 125 | low))
def test_no_ipv6_address_is_public_that_the_oracle_refuses(number: int) -> None:
    address = ip_address(number if number > 2**32 else number + 2**32)

    assert oracle(address) or not is_public(str(address))
