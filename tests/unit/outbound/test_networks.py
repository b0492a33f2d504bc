from __future__ import annotations

import pytest

from shared.outbound.addresses import is_public, parse_networks


@pytest.mark.parametrize("address", ["8.8.8.8", "172.32.0.1", "100.128.0.1", "198.20.0.1", "2606:4700:4700::1111"])
def test_what_everybody_can_reach_is_public(address: str) -> None:
    assert is_public(address, ())


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("10.1.2.3", id="private, ten"),
        pytest.param("172.16.0.1", id="private, twelve bits"),
        pytest.param("192.168.1.1", id="private, sixteen bits"),
        pytest.param("127.0.0.1", id="loopback"),
        pytest.param("127.255.255.254", id="the far end of loopback"),
        pytest.param("169.254.169.254", id="link-local, metadata of most clouds"),
        pytest.param("168.63.129.16", id="metadata of Azure"),
        pytest.param("192.0.0.192", id="metadata of Oracle, protocol assignments"),
        pytest.param("192.0.0.9", id="protocol assignments that Python calls global"),
        pytest.param("100.100.100.200", id="carrier-grade NAT, metadata of Alibaba"),
        pytest.param("0.0.0.0", id="unspecified"),
        pytest.param("0.1.2.3", id="this network"),
        pytest.param("192.0.2.1", id="documentation 1"),
        pytest.param("198.51.100.1", id="documentation 2"),
        pytest.param("203.0.113.1", id="documentation 3"),
        pytest.param("198.18.0.1", id="benchmarking"),
        pytest.param("192.88.99.1", id="relay of 6to4"),
        pytest.param("224.0.0.1", id="multicast"),
        pytest.param("239.255.255.250", id="multicast of the site"),
        pytest.param("240.0.0.1", id="reserved"),
        pytest.param("255.255.255.255", id="broadcast"),
        pytest.param("::", id="unspecified, six"),
        pytest.param("::1", id="loopback, six"),
        pytest.param("::127.0.0.1", id="IPv4-compatible"),
        pytest.param("::8.8.8.8", id="IPv4-compatible and public"),
        pytest.param("::ffff:127.0.0.1", id="IPv4-mapped"),
        pytest.param("::ffff:8.8.8.8", id="IPv4-mapped and public"),
        pytest.param("::ffff:0:8.8.8.8", id="IPv4-translated"),
        pytest.param("64:ff9b::8.8.8.8", id="NAT64"),
        pytest.param("64:ff9b::10.0.0.1", id="NAT64 of a private one"),
        pytest.param("64:ff9b:1::1", id="NAT64 of the site"),
        pytest.param("2002:7f00:1::1", id="6to4"),
        pytest.param("2001:0:4136:e378::1", id="Teredo"),
        pytest.param("2001:2::1", id="benchmarking, six"),
        pytest.param("2001:20::1", id="ORCHID"),
        pytest.param("2001:1::1", id="port control anycast"),
        pytest.param("2001:db8::1", id="documentation, six"),
        pytest.param("3fff::1", id="newer documentation, six"),
        pytest.param("5f00::1", id="segment routing"),
        pytest.param("100::1", id="discard"),
        pytest.param("fc00::1", id="unique-local"),
        pytest.param("fd00:ec2::254", id="unique-local, metadata of AWS"),
        pytest.param("fe80::1", id="link-local, six"),
        pytest.param("fec0::1", id="site-local"),
        pytest.param("ff02::1", id="multicast, six"),
        pytest.param("ff0e::1", id="multicast of the world"),
        pytest.param("fe80::1%eth0", id="scoped"),
        pytest.param("2606:4700:4700::1111%1", id="scoped and public"),
        pytest.param("localhost", id="a name"),
        pytest.param("0x7f.1", id="an odd spelling"),
        pytest.param("8.8.8.08", id="leading zeros"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_only_some_can_reach_is_not_public(address: str) -> None:
    assert not is_public(address, ())


def test_the_operator_can_allow_networks() -> None:
    allowed = parse_networks(["10.1.0.0/16", " fd00::/8 ", "127.0.0.1"])

    assert is_public("10.1.2.3", allowed)
    assert is_public("fd00::7", allowed)
    assert is_public("127.0.0.1", allowed)
    assert not is_public("10.2.0.1", allowed)
    assert not is_public("127.0.0.2", allowed)


def test_a_mapped_address_is_allowed_as_the_one_within() -> None:
    assert is_public("::ffff:10.1.2.3", parse_networks(["10.1.0.0/16"]))
    assert not is_public("::ffff:10.1.2.3", parse_networks(["::/0"]))


def test_an_allowed_network_does_not_allow_a_zone() -> None:
    assert not is_public("fe80::1%eth0", parse_networks(["fe80::/10"]))


@pytest.mark.parametrize("text", ["10.0.0.1/8", "10.0.0.0/33", "intranet", ""])
def test_what_is_no_network_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=f"'{text}' is not a network"):
        parse_networks(["10.0.0.0/8", text])
