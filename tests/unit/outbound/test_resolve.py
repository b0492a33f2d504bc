from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from shared.domain.errors import AddressNotAllowed
from shared.outbound.addresses import check_url, parse_networks, resolve
from shared.outbound.errors import NoAnswer
from shared.outbound.lookup import MAX_LOOKUPS, Lookup, look_up

PUBLIC = "93.184.216.34"


def leading_to(*addresses: str) -> Lookup:
    return lambda host, port: addresses


def leading_nowhere(host: str, port: int) -> tuple[str, ...]:
    raise socket.gaierror(socket.EAI_NONAME, "unknown")


def never_asked(host: str, port: int) -> tuple[str, ...]:
    raise AssertionError(host)


@pytest.fixture
def hanging() -> Iterator[Lookup]:
    """Answers when the test is over."""
    over = threading.Event()

    def hang(host: str, port: int) -> tuple[str, ...]:
        over.wait()
        return (PUBLIC,)

    yield hang
    over.set()
    for thread in lookups():
        thread.join()


def lookups() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "lookup"]


def test_a_public_name_gives_all_its_addresses() -> None:
    assert resolve("example.com", 443, (), 1, leading_to(PUBLIC, "2606:4700::1")) == (PUBLIC, "2606:4700::1")


def test_a_name_with_one_inner_address_is_refused_altogether() -> None:
    with pytest.raises(AddressNotAllowed):
        resolve("example.com", 443, (), 1, leading_to(PUBLIC, "10.0.0.1"))


def test_a_name_may_lead_where_the_operator_allows() -> None:
    allowed = parse_networks(["10.0.0.0/24"])

    assert resolve("example.com", 443, allowed, 1, leading_to(PUBLIC, "10.0.0.1")) == (PUBLIC, "10.0.0.1")


def test_an_address_is_judged_without_asking_the_resolver() -> None:
    assert resolve(PUBLIC, 443, (), 1, never_asked) == (PUBLIC,)
    with pytest.raises(AddressNotAllowed):
        resolve("127.0.0.1", 443, (), 1, never_asked)


def test_a_name_of_this_machine_is_refused() -> None:
    with pytest.raises(AddressNotAllowed):
        resolve("localhost", 80, (), 10)


def test_the_system_knows_this_machine() -> None:
    assert set(look_up("localhost", 80)) <= {"127.0.0.1", "::1"}


@pytest.mark.parametrize("lookup", [leading_nowhere, leading_to()])
def test_a_name_without_addresses_says_so(lookup: Lookup) -> None:
    with pytest.raises(NoAnswer) as failure:
        resolve("example.com", 443, (), 1, lookup)

    assert failure.value.reason == "no_such_host"


def test_a_resolver_that_hangs_is_left_alone(hanging: Lookup) -> None:
    with pytest.raises(NoAnswer) as failure:
        resolve("example.com", 443, (), 0.01, hanging)

    assert failure.value.reason == "timeout"


def test_a_resolver_that_hangs_keeps_only_so_many_threads(hanging: Lookup) -> None:
    for _ in range(MAX_LOOKUPS + 5):
        with pytest.raises(NoAnswer):
            resolve("example.com", 443, (), 0.01, hanging)

    assert len(lookups()) == MAX_LOOKUPS


def test_after_failures_there_is_room_for_more() -> None:
    for _ in range(MAX_LOOKUPS + 5):
        with pytest.raises(NoAnswer):
            resolve("example.com", 443, (), 1, leading_nowhere)

    assert resolve("example.com", 443, (), 1, leading_to(PUBLIC)) == (PUBLIC,)


def test_a_url_that_leads_inside_is_refused_when_it_is_given() -> None:
    for url in ("http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest/meta-data", "ftp://example.com"):
        with pytest.raises(AddressNotAllowed):
            check_url(url, (), lookup=never_asked)
    with pytest.raises(AddressNotAllowed):
        check_url("https://example.com/", (), lookup=leading_to("192.168.0.1"))


def test_a_url_whose_name_does_not_resolve_yet_is_accepted(hanging: Lookup) -> None:
    check_url("https://example.com/", (), lookup=leading_nowhere)
    check_url("https://example.com/", (), 0.01, lookup=hanging)
    check_url("https://example.com/", (), lookup=leading_to(PUBLIC))
