from __future__ import annotations

import pytest

from shared.domain.errors import AddressNotAllowed
from shared.outbound.addresses import read_url


def test_a_url_comes_apart() -> None:
    url = read_url("HTTPS://Hooks.Example.COM:8443/a/b?c=d#e")

    assert (url.scheme, url.host, url.port, url.path) == ("https", "hooks.example.com", 8443, "/a/b?c=d")
    assert url.target == "hooks.example.com:8443"
    assert url.host_header == "hooks.example.com:8443"


@pytest.mark.parametrize(
    ("text", "target", "path"),
    [
        ("http://example.com", "example.com:80", "/"),
        ("https://example.com", "example.com:443", "/"),
        ("https://example.com:/x", "example.com:443", "/x"),
        ("https://example.com?a=b", "example.com:443", "/?a=b"),
        ("https://example.com#only", "example.com:443", "/"),
        ("https://example.com./x", "example.com:443", "/x"),
        ("https://my_host.example.com", "my_host.example.com:443", "/"),
        ("http://93.184.216.34", "93.184.216.34:80", "/"),
        ("http://93.184.216.34./", "93.184.216.34:80", "/"),
        ("http://[2606:4700:0:0::1111]:8080/", "[2606:4700::1111]:8080", "/"),
        ("https://bücher.example/ü?q=ü", "xn--bcher-kva.example:443", "/%C3%BC?q=%C3%BC"),
        ("https://example.com/a%2Fb?x[]=1&y={z}", "example.com:443", "/a%2Fb?x[]=1&y=%7Bz%7D"),
        ("https://example.com/a@b:c//d", "example.com:443", "/a@b:c//d"),
        ("https://xn--bcher-kva.example", "xn--bcher-kva.example:443", "/"),
        ("https://127。0。0。1", "127.0.0.1:443", "/"),
        ("https://①②⑦.0.0.1", "127.0.0.1:443", "/"),
        ("https://loc\u00adalhost", "localhost:443", "/"),
    ],
)
def test_every_form_of_a_url_has_one_reading(text: str, target: str, path: str) -> None:
    url = read_url(text)

    assert (url.target, url.path) == (target, path)


def test_the_usual_port_is_not_named_to_the_server() -> None:
    assert read_url("https://example.com:443/").host_header == "example.com"
    assert read_url("http://[2606:4700::1111]/").host_header == "[2606:4700::1111]"
    assert read_url("http://example.com:443/").host_header == "example.com:443"


def test_secrets_of_a_url_are_not_shown() -> None:
    assert "s3cret" not in repr(read_url("https://example.com/s3cret?token=s3cret"))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("example.com/hook", id="no scheme"),
        pytest.param("//example.com/hook", id="no scheme but slashes"),
        pytest.param("ftp://example.com/", id="another scheme"),
        pytest.param("http\u017f://example.com/", id="a scheme in other letters"),
        pytest.param("file:///etc/passwd", id="a file"),
        pytest.param("gopher://example.com/", id="gopher"),
        pytest.param("http+unix://%2Fvar%2Frun%2Fdocker.sock/", id="a Unix socket"),
        pytest.param("https:/example.com", id="one slash"),
        pytest.param("https:example.com", id="no slash"),
        pytest.param("https://", id="no host"),
        pytest.param("https:///hook", id="no host but a path"),
        pytest.param("https://:443/", id="no host but a port"),
        pytest.param("https://.", id="only a dot"),
        pytest.param("https://user@example.com/", id="user"),
        pytest.param("https://user:word@example.com/", id="user and password"),
        pytest.param("https://example.com@127.0.0.1/", id="a host as user"),
        pytest.param("https://example.com:0/", id="port 0"),
        pytest.param("https://example.com:65536/", id="port too large"),
        pytest.param("https://example.com:8o/", id="no number as port"),
        pytest.param("https://example.com:-1/", id="negative port"),
        pytest.param("https://example.com:٨٠/", id="port in other digits"),
        pytest.param("https://example.com:80:80/", id="two ports"),
        pytest.param("https://exa mple.com/", id="space"),
        pytest.param(" https://example.com/", id="space before"),
        pytest.param("https://example.com/ ", id="space after"),
        pytest.param("https://example.com/a b", id="space in the path"),
        pytest.param("https://example.com/\r\nX: y", id="line ends"),
        pytest.param("https://example.com/\t", id="tab"),
        pytest.param("https://example.com/\0", id="NUL"),
        pytest.param("https://example.com\u2028/", id="line separator"),
        pytest.param("https://example.com/\x85", id="C1 control"),
        pytest.param("https://example.com\\@127.0.0.1/", id="backslash"),
        pytest.param("https://example.com/\ud800", id="half a character"),
        pytest.param("https://\ud800.com/", id="half a character as host"),
        pytest.param("https://%31%32%37.0.0.1/", id="encoded host"),
        pytest.param("https://exa$mple.com/", id="dollar"),
        pytest.param("https://-example.com/", id="hyphen before"),
        pytest.param("https://example-.com/", id="hyphen after"),
        pytest.param("https://a..b/", id="empty part"),
        pytest.param("https://example.com../", id="two dots after"),
        pytest.param("https://" + "a" * 64 + ".com/", id="part too long"),
        pytest.param("https://" + "a." * 127 + "com/", id="name too long"),
        pytest.param("https://example.com/" + "a" * 2048, id="too long"),
        pytest.param("http://2130706433/", id="IPv4 as one number"),
        pytest.param("http://0x7f000001/", id="IPv4 as one hexadecimal number"),
        pytest.param("http://0x7f.1/", id="IPv4 in hexadecimal"),
        pytest.param("http://0177.0.0.1/", id="IPv4 in octal"),
        pytest.param("http://127.1/", id="IPv4 in two parts"),
        pytest.param("http://127.0.0.1.5/", id="IPv4 in five parts"),
        pytest.param("http://256.0.0.1/", id="IPv4 out of range"),
        pytest.param("http://127.0.0.0x1/", id="IPv4 with a hexadecimal end"),
        pytest.param("http://foo.0x/", id="an empty hexadecimal number"),
        pytest.param("http://\uff11\uff12\uff17.\uff11/", id="IPv4 in two parts, wide"),
        pytest.param("http://[::1%25eth0]/", id="zone"),
        pytest.param("http://[fe80::1%eth0]/", id="bare zone"),
        pytest.param("http://[::1/", id="open bracket"),
        pytest.param("http://[::1]example.com/", id="name after the bracket"),
        pytest.param("http://[127.0.0.1]/", id="IPv4 in brackets"),
        pytest.param("http://[v1.x]/", id="an address of the future"),
        pytest.param("http://::1/", id="IPv6 without brackets"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(AddressNotAllowed):
        read_url(text)


def test_a_refusal_does_not_repeat_the_address() -> None:
    with pytest.raises(AddressNotAllowed) as refusal:
        read_url("https://user:s3cret@example.com/s3cret")

    assert "s3cret" not in refusal.value.detail
