"""The box's own test, run inside it: attempts to get out. What it was given is JSON; it names those that succeeded."""

# ruff: noqa: B023, SIM115 (short attempts, each thrown away)
import json
import os
import resource
import signal
import socket
import sys

given = json.loads(sys.stdin.read())
said = {}


def leak(name, attempt):
    try:
        said[name] = bool(attempt())
    except (OSError, MemoryError, ValueError):
        said[name] = False


def write(path):
    with open(path, "a") as file:
        file.write("x")
    return True


def connect():
    with socket.create_connection(("127.0.0.1", given["port"]), timeout=1):
        return True


def environments():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                yield file.read()
        except OSError:
            pass


def status(key):
    with open("/proc/self/status") as file:
        return next(line.split()[1] for line in file if line.startswith(key + ":"))


for path in given["files"]:
    leak("could write " + path, lambda: write(path))
    leak("could make a file in " + os.path.dirname(path), lambda: write(path + ".new"))
leak("could read " + given["secret"], lambda: open(given["secret"]).read())
leak("reached the network of this machine", connect)
leak("saw a network device", lambda: [n for _, n in socket.if_nameindex() if n != "lo"])
leak("saw a process outside", lambda: len([p for p in os.listdir("/proc") if p.isdigit()]) > 4)
leak("could signal a process outside", lambda: os.kill(given["pid"], 0) is None if given["pid"] > 50 else False)
leak(
    "shared a namespace",
    lambda: [n for n in given["spaces"] if os.readlink("/proc/self/ns/" + n) == given["spaces"][n]],
)
leak("was root", lambda: os.getuid() == 0)
leak(
    "had a privilege",
    lambda: int(status("CapEff"), 16) or int(status("CapBnd"), 16) if given["root"] else int(status("CapEff"), 16),
)
leak("could gain privileges", lambda: status("NoNewPrivs") != "1")
leak("ran without a filter of system calls", lambda: status("Seccomp") != "2")
leak("could make memory of nobody", lambda: os.memfd_create("x") >= 0)
leak("saw an environment variable of yours", lambda: any(b"BP_PROBE_SECRET" in found for found in environments()))
leak("had more memory than allowed", lambda: bytearray(given["data"]))
leak(
    "could fill the disk",
    lambda: [open(f"/tmp/{i}", "wb").write(bytes(2**20)) for i in range(given["scratch"] // 2**20 + 2)],
)
for kind, most in given["limits"].items():
    leak("had no limit " + kind, lambda: not 0 <= resource.getrlimit(getattr(resource, kind))[1] <= most)


def forks():
    started = 0
    try:
        for _ in range(given["processes"] + 20):
            if os.fork() == 0:
                os.read(hold, 1)
                os._exit(0)
            started += 1
    finally:
        os.close(release)
    return started > given["processes"]


hold, release = os.pipe()
signal.signal(signal.SIGCHLD, signal.SIG_IGN)


def child_forks():
    return forks()


leak("could start any number of processes", child_forks)
json.dump([name for name, bad in said.items() if bad], sys.stdout)
