"""Runs a command without the system calls that a container runtime's default profile (RuntimeDefault) withholds from a
container that has no capability: `python3 seccomp.py COMMAND…`.

The runtimes' profiles list what is allowed. What is listed here is the other half: all that they leave out and this kernel
may have. https://github.com/containerd/containerd/blob/main/contrib/seccomp/seccomp_default.go
"""

import ctypes
import errno
import os
import platform
import struct
import sys

# Numbers of x86-64, asm/unistd_64.h.
WITHHELD = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "bpf": 321, "perf_event_open": 298,
    "userfaultfd": 323, "keyctl": 250, "add_key": 248, "request_key": 249, "mount": 165, "umount2": 166, "pivot_root": 155,
    "unshare": 272, "setns": 308, "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsmount": 432, "mount_setattr": 442,
    "kexec_load": 246, "kexec_file_load": 320, "init_module": 175, "finit_module": 313, "delete_module": 176,
    "reboot": 169, "swapon": 167, "swapoff": 168, "sethostname": 170, "setdomainname": 171, "settimeofday": 164,
    "clock_settime": 227, "acct": 163, "quotactl": 179, "open_by_handle_at": 304, "name_to_handle_at": 303,
    "fanotify_init": 300, "lookup_dcookie": 212, "syslog": 103, "vhangup": 153, "iopl": 172, "ioperm": 173, "mbind": 237,
    "set_mempolicy": 238, "get_mempolicy": 239, "move_pages": 279, "migrate_pages": 256, "kcmp": 312, "personality": 135,
    "chroot": 161, "nfsservctl": 180, "uselib": 134, "ustat": 136, "sysfs": 139, "vserver": 236, "_sysctl": 156,
}  # fmt: skip
MISSING = {"clone3": 435}  # it could hide flags: glibc falls back to clone

LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO, KILL = 0x7FFF0000, 0x00050000, 0x80000000
NUMBER_AT, ARCHITECTURE_AT, X86_64 = 0, 4, 0xC000003E
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2


def program():
    """The filter, in the classic BPF of the kernel."""
    lines = [(LOAD, 0, 0, ARCHITECTURE_AT), (EQUAL, 1, 0, X86_64), (RETURN, 0, 0, KILL), (LOAD, 0, 0, NUMBER_AT)]
    for numbers, code in ((WITHHELD, errno.EPERM), (MISSING, errno.ENOSYS)):
        for number in numbers.values():
            lines += [(EQUAL, 0, 1, number), (RETURN, 0, 0, ERRNO | code)]
    lines.append((RETURN, 0, 0, ALLOW))
    return b"".join(struct.pack("HBBI", *line) for line in lines), len(lines)


def confine():
    """Of this process and all that it becomes."""
    code, length = program()
    buffer = ctypes.create_string_buffer(code)
    head = struct.pack("HP", length, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    for call in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, head, 0, 0)):
        if libc.prctl(*call) != 0:
            raise OSError(ctypes.get_errno(), f"prctl {call[0]}")


if __name__ == "__main__":
    if platform.machine() != "x86_64":
        sys.exit("the numbers here are those of x86-64")
    confine()
    os.execvp(sys.argv[1], sys.argv[1:])
