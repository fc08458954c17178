"""What the measurements share: the programs, and what one run of one of them cost."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", PROJECT / "target"))
EXAMPLE = PROJECT / "examples/hospital"
PROFILE = ("--profile", "project_profile.yaml")
VENV = PROJECT / "target/interop/venv/bin"

# Runs in a process of its own, which is small: what the one that forks has in memory counts for
# the one that is forked (getrusage(2), ru_maxrss).
METER = """
import json, os, sys, time
rounds, folder, environment, command = json.load(sys.stdin)
os.chdir(folder)
nothing = os.open(os.devnull, os.O_RDWR)
runs = []
for last in reversed(range(rounds)):
    answer = os.open("answer", os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    start = time.perf_counter()
    child = os.fork()
    if not child:
        os.dup2(nothing, 0), os.dup2(answer, 1)
        os.execve(command[0], command, environment)
    _, status, usage = os.wait4(child, 0)
    spent = usage.ru_utime + usage.ru_stime
    runs.append((1000 * (time.perf_counter() - start), 1000 * spent, usage.ru_maxrss / 1024))
    os.close(answer)
print(json.dumps([os.waitstatus_to_exitcode(status), runs]))
"""
# The calls that wait for the disk.
DURABLE = ("fsync", "fdatasync", "syncfs", "sync_file_range")


class Cost(NamedTuple):
    """Wall and processor time in milliseconds, peak memory in MiB."""

    wall: float
    processor: float
    memory: float


def measured(folder, environment, command, rounds=1):
    """The exit status, the costs, and what was said on stdout (of the last run) and on stderr."""
    order = [rounds, str(folder), environment, [str(word) for word in command]]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", METER],
        input=json.dumps(order), capture_output=True, text=True, check=True,
    )
    status, runs = json.loads(done.stdout)
    answer = (Path(folder) / "answer").read_text()
    return status, [Cost(*run) for run in runs], answer, done.stderr


class Machine:
    """A folder in which commands run, with a HOME of its own."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "home").mkdir(parents=True, exist_ok=True)
        self.environment = {"HOME": str(folder / "home"), "PATH": os.environ["PATH"]}

    def run(self, program, *arguments, statuses=(0,)):
        """The cost of one command."""
        command = [program, *arguments]
        status, costs, answer, complaint = measured(self.folder, self.environment, command)
        if status not in statuses:
            command = " ".join(map(str, command))
            sys.exit(f"bench: {command}: {status}\n{answer}{complaint}")
        return costs[0]

    def durable_writes(self, program, *arguments):
        """How often a command waits for the disk; None where there is no strace."""
        if not shutil.which("strace"):
            return None
        done = subprocess.run(
            ["strace", "-f", "-qq", "-e", f"trace={','.join(DURABLE)}", "-e", "signal=none",
             str(program), *map(str, arguments)],
            cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=True,
        )
        return sum(f"{call}(" in line for line in done.stderr.splitlines() for call in DURABLE)


def build(smoke):
    """The program to be measured: the release build, for a smoke test the debug build."""
    profile = [] if smoke else ["--release"]
    command = ["cargo", "build", "--locked", "-q", "-p", "flarekit-cli", *profile]
    subprocess.run(command, cwd=PROJECT, check=True)
    return TARGET / ("debug" if smoke else "release") / "flarekit"


def arithmetic(rounds, smoke, folder):
    """The medians of crates/flarekit/benches/arithmetic.rs, in microseconds."""
    profile = ["--profile", "dev"] if smoke else []
    done = subprocess.run(
        ["cargo", "bench", "--locked", "-q", "-p", "flarekit", "--bench", "arithmetic", *profile,
         "--", "--rounds", str(rounds)],
        cwd=PROJECT, env=os.environ | {"TMPDIR": str(folder)}, check=True, capture_output=True,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def reference():
    """The reference's programs, which interop/run installs."""
    if not (VENV / "nvflare").exists():
        sys.exit("bench: there is no reference to compare with; run interop/run first")
    return VENV
