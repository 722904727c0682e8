"""A filter on system calls that a process puts on itself, and can't take off again."""

import ctypes
import errno
import os
import platform
import struct

DENIED = {  # name: number on x86_64, on aarch64; None where the call doesn't exist
    # The network, and every other way to talk to processes outside
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201), "accept": (43, 202),
    "accept4": (288, 242), "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195), "semget": (64, 190),
    "semop": (65, 193), "semtimedop": (220, 192), "semctl": (66, 191), "msgget": (68, 186),
    "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187), "mq_open": (240, 180),
    "mq_unlink": (241, 181), "mq_timedsend": (242, 182), "mq_timedreceive": (243, 183),
    "mq_notify": (244, 184), "mq_getsetattr": (245, 185),
    # Other processes: looking into them, signalling them, stealing what they opened
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "process_mrelease": (448, 448), "kcmp": (312, 272),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "kill": (62, 129),
    "tkill": (200, 130), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "migrate_pages": (256, 238), "move_pages": (279, 239), "setpriority": (141, 140),
    "sched_setscheduler": (144, 119), "sched_setparam": (142, 118), "sched_setattr": (314, 274),
    "ioprio_set": (251, 30),
    # New processes and programs, and leaving the group that is killed as one
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281),
    "setsid": (112, 157), "setpgid": (109, 154),
    # Namespaces, mounts, other users
    "setns": (308, 268), "unshare": (272, 97), "chroot": (161, 51), "pivot_root": (155, 41),
    "mount": (165, 40), "umount2": (166, 39), "move_mount": (429, 429), "open_tree": (428, 428),
    "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    "mknod": (133, None), "mknodat": (259, 33), "setuid": (105, 146), "setgid": (106, 144),
    "setreuid": (113, 145), "setregid": (114, 143), "setresuid": (117, 147), "setresgid": (119, 149),
    "setgroups": (116, 159), "setfsuid": (122, 151), "setfsgid": (123, 152), "capset": (126, 91),
    # Memory that no limit of the process counts
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "userfaultfd": (323, 282),
    # The kernel itself
    "bpf": (321, 280), "perf_event_open": (298, 241), "keyctl": (250, 219), "add_key": (248, 217),
    "request_key": (249, 218), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "io_setup": (206, 0), "io_submit": (209, 2), "personality": (135, 92),
    "fanotify_init": (300, 262), "lookup_dcookie": (212, 18), "vhangup": (153, 58), "swapon": (167, 224),
    "swapoff": (168, 225), "quotactl": (179, 60), "quotactl_fd": (443, 443), "acct": (163, 89),
    "reboot": (169, 142), "sethostname": (170, 161), "setdomainname": (171, 162), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "adjtimex": (159, 171), "clock_adjtime": (305, 266), "syslog": (103, 116),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "iopl": (172, None), "ioperm": (173, None),
    "modify_ldt": (154, None), "uselib": (134, None), "ustat": (136, None), "sysfs": (139, None),
    "_sysctl": (156, None), "nfsservctl": (180, 42),
}  # fmt: skip
MACHINES = {  # audit's name of the machine; clone, prlimit64 and ioctl there
    "x86_64": (0xC000003E, 56, 302, 16),
    "aarch64": (0xC00000B7, 220, 261, 29),
}
CLONE3, LAST_KNOWN, OTHER_NUMBERS = 435, 462, 0x40000000
CLONE_THREAD, FEED_TERMINAL = 0x00010000, (0x5412, 0x541C)

LOAD, EQUAL, GREATER, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x25, 0x35, 0x45, 0x06
ALLOW, REFUSE, ABSENT, KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS, 0x80000000
NUMBER, MACHINE, FIRST_ARGUMENT, SECOND_ARGUMENT = 0, 4, 16, 24

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2


def step(code: int, value: int, *, hit: int = 0, miss: int = 0) -> bytes:
    """One instruction of the filter; hit and miss say how many to skip."""
    return struct.pack("HBBI", code, hit, miss, value)


def program(machine: str) -> bytes:
    """The filter: refuses what is listed, what is newer than the list, and other spaces of numbers."""
    audit_name, clone, prlimit, ioctl = MACHINES[machine]
    column = list(MACHINES).index(machine)
    steps = [
        step(LOAD, MACHINE),
        step(EQUAL, audit_name, hit=1),
        step(RETURN, KILL),
        step(LOAD, NUMBER),
        step(AT_LEAST, OTHER_NUMBERS, miss=1),
        step(RETURN, KILL),
        step(GREATER, LAST_KNOWN, miss=1),
        step(RETURN, ABSENT),
        step(EQUAL, CLONE3, miss=1),
        step(RETURN, ABSENT),  # the C library then uses clone, whose flags a filter can see
    ]
    for numbers in DENIED.values():
        if (number := numbers[column]) is not None:
            steps += [step(EQUAL, number, miss=1), step(RETURN, REFUSE)]
    steps += [
        # a new thread, not a new process
        step(EQUAL, clone, miss=4),
        step(LOAD, FIRST_ARGUMENT),
        step(ANY_BIT, CLONE_THREAD, hit=1),
        step(RETURN, REFUSE),
        step(RETURN, ALLOW),
        # one's own limits, not another's
        step(EQUAL, prlimit, miss=4),
        step(LOAD, FIRST_ARGUMENT),
        step(EQUAL, 0, hit=1),
        step(RETURN, REFUSE),
        step(RETURN, ALLOW),
        step(EQUAL, ioctl, miss=3),
        step(LOAD, SECOND_ARGUMENT),
        step(EQUAL, FEED_TERMINAL[0], hit=2),
        step(EQUAL, FEED_TERMINAL[1], hit=1),
        step(RETURN, ALLOW),
        step(RETURN, REFUSE),
    ]
    return b"".join(steps)


def install() -> None:
    """Put the filter on this process and all its threads to come; raises OSError where that fails."""
    machine = platform.machine()
    if machine not in MACHINES:
        raise OSError(errno.ENOTSUP, f"no filter of system calls for {machine}")
    code = program(machine)
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.c_char_p(header), 0, 0):
        raise OSError(ctypes.get_errno(), f"seccomp: {os.strerror(ctypes.get_errno())}")
