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

# Runs in a process of its own, which is small: what the one that spawns has in memory counts for
# the one that is spawned (getrusage(2), ru_maxrss). Spawned, not forked: the copying of Python's own
# pages would count, too.
METER = """
import json, os, sys, time
folder, environment, commands = json.load(sys.stdin)
os.chdir(folder)
nothing = os.open(os.devnull, os.O_RDWR)
runs = []
for command in commands:
    answer = os.open("answer", os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    to = [(os.POSIX_SPAWN_DUP2, nothing, 0), (os.POSIX_SPAWN_DUP2, answer, 1)]
    start = time.perf_counter()
    child = os.posix_spawn(command[0], command, environment, file_actions=to)
    _, status, usage = os.wait4(child, 0)
    wall = 1000 * (time.perf_counter() - start)
    spent = usage.ru_utime + usage.ru_stime
    runs.append((os.waitstatus_to_exitcode(status), (wall, 1000 * spent, usage.ru_maxrss / 1024)))
    os.close(answer)
    if runs[-1][0] != runs[0][0]:
        break
print(json.dumps(runs))
"""
# The calls that wait for the disk.
DURABLE = ("fsync", "fdatasync", "syncfs", "sync_file_range")


class Cost(NamedTuple):
    """Wall and processor time in milliseconds, peak memory in MiB."""

    wall: float
    processor: float
    memory: float


def measured(folder, environment, commands):
    """Runs commands one after the other, up to the first whose exit status is another than that of
    those before. The last exit status, the costs of all, and what was said on stdout (by the last)
    and on stderr."""
    commands = [[str(word) for word in command] for command in commands]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", METER],
        input=json.dumps([str(folder), environment, commands]), capture_output=True, text=True,
        check=True,
    )
    runs = json.loads(done.stdout)
    answer = (Path(folder) / "answer").read_text()
    return runs[-1][0], [Cost(*cost) for _, cost in runs], answer, done.stderr


class Machine:
    """A folder in which commands run, with a HOME of its own."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "home").mkdir(parents=True, exist_ok=True)
        self.environment = {"HOME": str(folder / "home"), "PATH": os.environ["PATH"]}

    def run(self, program, *arguments):
        """The cost of one command."""
        return self.run_all([[program, *arguments]])[0]

    def run_all(self, commands):
        """The costs of commands, one right after the other."""
        status, costs, answer, complaint = measured(self.folder, self.environment, commands)
        if status:
            command = " ".join(map(str, commands[len(costs) - 1]))
            sys.exit(f"bench: {command}: {status}\n{answer}{complaint}")
        return costs

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


def arithmetic(rounds, smoke, folder, *options):
    """The medians of crates/flarekit/benches/arithmetic.rs, in microseconds."""
    profile = ["--profile", "dev"] if smoke else []
    done = subprocess.run(
        ["cargo", "bench", "--locked", "-q", "-p", "flarekit", "--bench", "arithmetic", *profile,
         "--", "--rounds", str(rounds), *options],
        cwd=PROJECT, env=os.environ | {"TMPDIR": str(folder)}, check=True, capture_output=True,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def reference():
    """The reference's programs, which interop/run installs."""
    if not (VENV / "nvflare").exists():
        sys.exit("bench: there is no reference to compare with; run interop/run first")
    return VENV
