"""What the kernel refuses a boxed process: a filter of system calls, made by libseccomp.

Limits of the memory of a process do not see memory that belongs to no process (memfd, System V), that is shared, or that
the kernel keeps for it (what waits in a socket, locks, watches). The calls that take much of it are refused. Where
programs that mean no harm make such a call in passing, it does nothing and says that it went well.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import socket
import tempfile
from collections.abc import Iterable
from ctypes.util import find_library
from typing import BinaryIO

ALLOW = 0x7FFF0000
REFUSE = 0x00050000  # plus the error number that the caller sees
NOT_EQUAL, EQUAL, MASKED_EQUAL = 1, 4, 7  # enum scmp_compare

MEMORY_OF_NOBODY = [
    "memfd_create",
    "memfd_secret",
    "shmget",
    "shmat",
    "msgget",
    "semget",
    "mq_open",
    "vmsplice",  # a pipe that was given one page of a huge one keeps all of it
    "inotify_init",
    "inotify_init1",
    "landlock_create_ruleset",
]
WAYS_OUT = [
    "unshare",
    "setns",
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "move_mount",
    "open_tree",
    "fsopen",
    "fsmount",
    "fsconfig",
    "mount_setattr",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "pidfd_getfd",
    "kcmp",
    "bpf",
    "userfaultfd",
    "perf_event_open",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "keyctl",
    "add_key",
    "request_key",
    "open_by_handle_at",
    "name_to_handle_at",
    "personality",
    "quotactl",
    "acct",
    "swapon",
    "reboot",
    "kexec_load",
    "init_module",
    "finit_module",
    "fanotify_init",
]
NEW_USER_NAMESPACE = 0x10000000
MAP_SHARED, MAP_ANONYMOUS, MAP_GROWSDOWN = 0x01, 0x20, 0x100
KIND_OF_SOCKET = 0xF  # the type without its flags
# A list of locks for each file, as long as a process likes; a box has no rival that it would have to lock out.
LOCKS = (fcntl.F_SETLK, fcntl.F_SETLKW, fcntl.F_OFD_SETLK, fcntl.F_OFD_SETLKW)
LARGER_PIPE, LEASE, NOTICE = 1031, 1024, 1026


class _Comparison(ctypes.Structure):
    _fields_ = (("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


def _library():
    name = find_library("seccomp")
    if name is None:
        raise FileNotFoundError("libseccomp is not installed: apt-get install libseccomp2")
    library = ctypes.CDLL(name)
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_init.argtypes = [ctypes.c_uint32]
    library.seccomp_rule_add_array.argtypes = [
        ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.POINTER(_Comparison)]  # fmt: skip
    library.seccomp_export_bpf.argtypes = [ctypes.c_void_p, ctypes.c_int]
    library.seccomp_release.argtypes = [ctypes.c_void_p]
    return library


def rules() -> Iterable[tuple[str, int, list[tuple[int, int, int, int]]]]:
    """(system call, error it gets, comparisons of its arguments that must all hold)."""
    for name in MEMORY_OF_NOBODY + WAYS_OUT:
        yield name, errno.EPERM, []
    yield "clone", errno.EPERM, [(0, MASKED_EQUAL, NEW_USER_NAMESPACE, NEW_USER_NAMESPACE)]
    yield "clone3", errno.ENOSYS, []  # its flags cannot be read by a filter; the C library then takes clone
    yield "mmap", errno.EPERM, [(3, MASKED_EQUAL, MAP_SHARED | MAP_ANONYMOUS, MAP_SHARED | MAP_ANONYMOUS)]
    yield "mmap", errno.EPERM, [(3, MASKED_EQUAL, MAP_GROWSDOWN, MAP_GROWSDOWN)]
    for command in LOCKS:
        yield "fcntl", 0, [(1, EQUAL, command, 0)]
    for command in (LARGER_PIPE, LEASE, NOTICE):
        yield "fcntl", errno.EPERM, [(1, EQUAL, command, 0)]
    # Sockets are for the talk of a box's own processes. Each is counted from outside (memory.py) with the buffer that
    # it has by itself, so nobody asks for larger ones; and in a datagram socket many senders' buffers can wait.
    yield "setsockopt", 0, []
    yield "socket", errno.EAFNOSUPPORT, [(0, NOT_EQUAL, socket.AF_UNIX, 0)]
    for call in ("socket", "socketpair"):
        for kind in (socket.SOCK_DGRAM, socket.SOCK_SEQPACKET, socket.SOCK_RAW):
            yield call, errno.EPROTONOSUPPORT, [(1, MASKED_EQUAL, KIND_OF_SOCKET, kind)]


def filter_file() -> BinaryIO:
    """An open file with the filter, to hand to bubblewrap by its number."""
    library = _library()
    context = library.seccomp_init(ALLOW)
    try:
        for name, error, compare in rules():
            number = library.seccomp_syscall_resolve_name(name.encode())
            if number < 0:  # not a call of this processor, or younger than the library
                continue
            array = (_Comparison * len(compare))(*(_Comparison(*c) for c in compare))
            done = library.seccomp_rule_add_array(context, REFUSE | error, number, len(compare), array)
            if done != 0:
                raise OSError(-done, f"libseccomp takes no rule for {name}")
        file = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
        if library.seccomp_export_bpf(context, file.fileno()) != 0:
            raise OSError("libseccomp could not write its filter")
        file.seek(0)
        return file
    finally:
        library.seccomp_release(context)
