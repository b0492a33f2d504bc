"""A filter of system calls: an analyser reads files and computes, and the kernel refuses it the rest.

The network namespace empties the network but leaves unix sockets, such as that of an embedded Postgres, within
reach by path; and many containers permit no namespace at all. The filter needs no permission of anyone.

It refuses rather than kills, because libraries try in passing what they can do without: importing TensorFlow
makes a socket to see whether there is IPv6, and starts `uname` to name the processor.
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterable
from dataclasses import dataclass

PR_SET_NO_NEW_PRIVS = 38  # linux/prctl.h
SECCOMP_SET_MODE_FILTER = 1  # linux/seccomp.h
SECCOMP_FILTER_FLAG_TSYNC = 1  # linux/seccomp.h: threads that run already are held by it too
CLONE_THREAD = 0x00010000  # linux/sched.h
TIOCSTI = 0x5412  # asm-generic/ioctls.h: types into the terminal that the worker was started from
X32 = 0x40000000  # asm/unistd.h: from here on the same calls again, under other numbers

# linux/bpf_common.h: load a word; jump if equal, if at least, if any of the bits; return.
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
# linux/seccomp.h: where the number, the machine and the lower half of the first and second argument lie.
_NUMBER, _MACHINE, _ARGUMENTS = 0, 4, (16, 24)

Instruction = tuple[int, int, int, int]
"""A classic BPF instruction: its code, how many to skip if true and if false, and a constant."""

_ALLOW: Instruction = (_RETURN, 0, 0, 0x7FFF0000)
_REFUSE: Instruction = (_RETURN, 0, 0, 0x00050000 | errno.EPERM)
_UNKNOWN: Instruction = (_RETURN, 0, 0, 0x00050000 | errno.ENOSYS)

NUMBERS: dict[str, tuple[int, int | None]] = {
    # Nothing is reached but the inherited pair, which is read and written like a file. A new pair would do
    # harm too: a datagram socket of one may send to any path.
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    # Asks the kernel to do any of this out of the filter's sight.
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    # No other program, and no other process: it would be out of reach of the limits and of the worker's kill.
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, None),
    "vfork": (58, None),
    # Hands off other processes: those of the same user are the worker, its secrets, and strangers' recordings.
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "kill": (62, 129),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    # The kernel's own workshop: where ways out of sandboxes are found, and what a worker run by root could break.
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "fanotify_init": (300, 262),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "syslog": (103, 116),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "iopl": (172, None),
    "ioperm": (173, None),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    # Refused in part, or named for installing the filter.
    "clone": (56, 220),
    "clone3": (435, 435),
    "tgkill": (234, 131),
    "prlimit64": (302, 261),
    "ioctl": (16, 29),
    "seccomp": (317, 277),
}
"""Numbers of system calls on x86_64 (asm/unistd_64.h) and aarch64 (asm-generic/unistd.h)."""

IN_PART = frozenset({"clone", "clone3", "tgkill", "prlimit64", "ioctl", "seccomp"})
DENIED = tuple(name for name in NUMBERS if name not in IN_PART)


@dataclass(frozen=True, slots=True)
class Machine:
    audit: int
    """linux/audit.h: AUDIT_ARCH_…"""
    column: int

    def number(self, name: str) -> int | None:
        return NUMBERS[name][self.column]


MACHINES = {"x86_64": Machine(0xC000003E, 0), "aarch64": Machine(0xC00000B7, 1)}


class _Program(ctypes.Structure):
    """linux/filter.h: struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def deny_system_calls(denied: Iterable[str] = DENIED) -> bool:
    """Install the filter for all threads of this process, for good; False where the system knows no such thing."""
    machine = MACHINES.get(os.uname().machine)
    if machine is None:
        return False
    code = b"".join(_packed(instruction) for instruction in program(machine, os.getpid(), denied))
    filter_ = _Program(len(code) // 8, code)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_NO_NEW_PRIVS, *map(ctypes.c_ulong, (1, 0, 0, 0)))
    how = map(ctypes.c_ulong, (SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC))
    return bool(libc.syscall(ctypes.c_long(machine.number("seccomp") or 0), *how, ctypes.byref(filter_)) == 0)


def program(machine: Machine, pid: int, denied: Iterable[str] = DENIED) -> list[Instruction]:
    """The filter for one process.

    Threads may be started, processes not. `clone3` hides from filters what it starts; told that there is none,
    the C library takes `clone`. A process may signal itself, as `abort` does, and set limits of its own only.
    """
    refused = [number for name in denied if (number := machine.number(name)) is not None]
    return [
        (_LOAD, 0, 0, _MACHINE),
        (_EQUAL, 1, 0, machine.audit),
        _REFUSE,
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, X32),
        _REFUSE,
        *(step for number in refused for step in ((_EQUAL, 0, 1, number), _REFUSE)),
        (_EQUAL, 0, 1, machine.number("clone3") or 0),
        _UNKNOWN,
        *_if(machine.number("clone"), 0, (_ANY_BIT, CLONE_THREAD), _ALLOW, _REFUSE),
        *_if(machine.number("tgkill"), 0, (_EQUAL, pid), _ALLOW, _REFUSE),
        *_if(machine.number("prlimit64"), 0, (_EQUAL, 0), _ALLOW, _REFUSE),
        *_if(machine.number("ioctl"), 1, (_EQUAL, TIOCSTI), _REFUSE, _ALLOW),
        _ALLOW,
    ]


def _if(
    number: int | None, argument: int, test: tuple[int, int], then: Instruction, otherwise: Instruction
) -> list[Instruction]:
    """What to do about one system call, by one of its arguments."""
    code, constant = test
    look = (_LOAD, 0, 0, _ARGUMENTS[argument])
    return [(_EQUAL, 0, 4, number or 0), look, (code, 0, 1, constant), then, otherwise]


def _packed(instruction: Instruction) -> bytes:
    """linux/filter.h: struct sock_filter, eight bytes."""
    code, if_true, if_false, constant = instruction
    return code.to_bytes(2, "little") + bytes((if_true, if_false)) + constant.to_bytes(4, "little")
