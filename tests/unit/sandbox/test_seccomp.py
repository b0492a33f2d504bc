"""What the filter answers, on both machines: the program is run here as the kernel would."""

from __future__ import annotations

import errno
from collections.abc import Sequence

import pytest

from worker.sandbox.seccomp import CLONE_THREAD, DENIED, MACHINES, NUMBERS, TIOCSTI, X32, Machine, program

PID = 4711
ALLOWED, REFUSED, UNKNOWN = 0, errno.EPERM, errno.ENOSYS
HARMLESS = {"x86_64": {"read": 0, "mmap": 9, "futex": 202}, "aarch64": {"read": 63, "mmap": 222, "futex": 98}}


def verdict(machine: Machine, number: int, arguments: Sequence[int] = (0, 0), audit: int | None = None) -> int:
    """The error number that a system call gets, or 0."""
    words = {0: number, 4: audit or machine.audit, 16: arguments[0] & 0xFFFFFFFF, 24: arguments[1] & 0xFFFFFFFF}
    steps = program(machine, PID)
    word, at = 0, 0
    while True:
        code, if_true, if_false, constant = steps[at]
        if code == 0x06:
            assert constant in {0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS}
            return 0 if constant == 0x7FFF0000 else constant & 0xFFFF
        at += 1
        if code == 0x20:
            word = words[constant]
        else:
            holds = {0x15: word == constant, 0x35: word >= constant, 0x45: bool(word & constant)}[code]
            at += if_true if holds else if_false


@pytest.fixture(params=MACHINES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def machine(name: str) -> Machine:
    return MACHINES[name]


def number(machine: Machine, call: str) -> int:
    found = machine.number(call)
    assert found is not None
    return found


def test_what_an_analyser_needs_is_allowed(name: str, machine: Machine) -> None:
    assert {verdict(machine, known) for known in HARMLESS[name].values()} == {ALLOWED}


def test_every_denied_call_is_refused(machine: Machine) -> None:
    there = [known for call in DENIED if (known := machine.number(call)) is not None]
    assert len(there) > 60
    assert {verdict(machine, known) for known in there} == {REFUSED}


def test_no_number_stands_for_two_calls(machine: Machine) -> None:
    numbers = [known for call in NUMBERS if (known := machine.number(call)) is not None]
    assert len(numbers) == len(set(numbers))


def test_threads_are_allowed_and_processes_are_not(machine: Machine) -> None:
    clone = number(machine, "clone")
    assert verdict(machine, clone, (CLONE_THREAD | 0x100, 0)) == ALLOWED
    assert verdict(machine, clone, (17, 0)) == REFUSED
    assert verdict(machine, number(machine, "clone3")) == UNKNOWN


def test_only_the_own_process_can_be_signalled_and_limited(machine: Machine) -> None:
    tgkill, prlimit = number(machine, "tgkill"), number(machine, "prlimit64")
    assert (verdict(machine, tgkill, (PID, PID)), verdict(machine, tgkill, (1, 1))) == (ALLOWED, REFUSED)
    assert (verdict(machine, prlimit, (0, 7)), verdict(machine, prlimit, (1, 7))) == (ALLOWED, REFUSED)


def test_nothing_can_be_typed_into_a_terminal(machine: Machine) -> None:
    ioctl = number(machine, "ioctl")
    assert (verdict(machine, ioctl, (0, 0x5401)), verdict(machine, ioctl, (0, TIOCSTI))) == (ALLOWED, REFUSED)
    assert verdict(machine, ioctl, (0, TIOCSTI | 1 << 32)) == REFUSED, "the kernel cuts the request to 32 bits"


def test_calls_of_another_machine_are_refused(machine: Machine) -> None:
    i386 = 0x40000003
    assert verdict(machine, 3, audit=i386) == REFUSED


def test_the_second_set_of_numbers_is_refused(machine: Machine) -> None:
    assert verdict(machine, X32 | 41) == verdict(machine, X32) == REFUSED
