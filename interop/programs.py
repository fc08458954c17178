"""The two programs that are compared: flarekit and the reference, behind one interface."""

import json
import os
import queue
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent

COMMAND_SECONDS = 60
"""A single command that takes longer than this has hung."""


class CommandFailed(AssertionError):
    """A command ended otherwise than the test expected."""


class Result:
    """What a command did: its exit status and both streams."""

    def __init__(self, program, argv, status, stdout, stderr):
        self.program, self.argv, self.status = program, list(argv), status
        self.stdout, self.stderr = stdout, stderr

    @property
    def data(self):
        """The `data` object of the JSON envelope on standard output."""
        return self.envelope["data"]

    @property
    def envelope(self):
        """The whole JSON envelope on standard output."""
        try:
            return json.loads(self.stdout)
        except ValueError:
            raise CommandFailed(f"standard output is not one JSON object\n{self}") from None

    def __str__(self):
        command = " ".join([self.program, *map(str, self.argv)])
        return f"$ {command}\nexit status {self.status}\n{self.stdout}{self.stderr}".rstrip()


class Program:
    """A program that understands `cert …` and `package …`."""

    name = ""
    python_path = None
    """Where Python looks for builders."""

    def execute(self, argv, cwd, home):
        """Runs the program; returns (status, stdout, stderr)."""
        raise NotImplementedError

    def run(self, *argv, cwd, home, expect=0):
        """Runs `argv` with JSON output and checks the exit status (`expect=None`: any)."""
        argv = [str(word) for word in (*argv, "--format", "json")]
        result = Result(self.name, argv, *self.execute(argv, str(cwd), str(home)))
        if expect is not None and result.status != expect:
            raise CommandFailed(f"expected exit status {expect}\n{result}")
        return result

    def init(self, place, profile, ca, **options):
        """`cert init`."""
        return self._leaf(place, ("cert", "init", "--profile", profile, "-o", ca), options)

    def request(self, place, definition, out, **options):
        """`cert request`."""
        return self._leaf(place, ("cert", "request", "-p", definition, "--out", out), options)

    def approve(self, place, request_zip, ca, profile, out, **options):
        """`cert approve`."""
        words = ("cert", "approve", request_zip, "-c", ca, "--profile", profile, "--out", out)
        return self._leaf(place, words, options)

    def package(self, place, signed_zip, workspace, request_dir, fingerprint, **options):
        """`package`, with the fingerprint pinned as the documentation recommends."""
        words = ("package", signed_zip, "-w", workspace, "--request-dir", request_dir)
        return self._leaf(place, (*words, "--fingerprint", fingerprint), options)

    def _leaf(self, place, words, options):
        flags = []
        for key, value in options.items():
            flags += ["--" + key.replace("_", "-"), value]
        return self.run(*words, *flags, cwd=place.path, home=place.home)


class Flarekit(Program):
    """The program under test: one new process a command, as users run it."""

    name = "flarekit"

    def __init__(self, binary):
        self.binary = str(binary)
        # Not so when the reference plays both parts.
        self.verifies = "flarekit" in self.execute(["--version"], ".", ".")[1]

    def verify(self, place, kit, *options, expect=0):
        """`verify` of a kit, the reference's too; None where the program has no such command."""
        if not self.verifies:
            return None
        return self.run("verify", kit, *options, cwd=place.path, home=place.home, expect=expect)

    def execute(self, argv, cwd, home):
        environment = clean_environment(home)
        if self.python_path:
            environment.update(PYTHONPATH=self.python_path, PYTHONDONTWRITEBYTECODE="1")
        done = subprocess.run(
            [self.binary, *argv],
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=COMMAND_SECONDS,
        )
        return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


class Reference(Program):
    """NVFlare itself, in worker processes that have already imported it."""

    name = "reference"

    def __init__(self, workers=2):
        self._idle = queue.Queue()
        self._all = []
        for _ in range(workers):
            self._idle.put(None)

    def execute(self, argv, cwd, home):
        worker = self._idle.get()
        try:
            worker = worker or self._start()
            request = {"argv": argv, "cwd": cwd, "home": home, "python_path": self.python_path}
            worker.stdin.write(json.dumps(request) + "\n")
            worker.stdin.flush()
            line = worker.stdout.readline()
        finally:
            self._idle.put(worker)
        if not line:
            raise CommandFailed(f"the reference's worker ended while running {argv}")
        answer = json.loads(line)
        return answer["status"], answer["stdout"], answer["stderr"]

    def close(self):
        """Ends the workers."""
        for worker in self._all:
            worker.stdin.close()
            worker.wait(timeout=10)
            worker.stdout.close()

    def _start(self):
        worker = subprocess.Popen(
            [sys.executable, str(HERE / "reference_worker.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=clean_environment(os.environ.get("HOME", "/")),
            text=True,
        )
        self._all.append(worker)
        return worker


def clean_environment(home):
    """The environment of every program: this Python first on the PATH, another HOME, no more."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8"}


class Place:
    """A directory with a HOME of its own, where one test works."""

    def __init__(self, path):
        self.path = Path(path)
        self.home = self.path / "home"
        self.home.mkdir(parents=True)

    def write(self, name, text):
        """Writes a file here and returns its path."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def __truediv__(self, name):
        return self.path / name


def flarekit():
    """The program under test, named by FLAREKIT_BIN."""
    return Flarekit(os.environ["FLAREKIT_BIN"])


def measured(call):
    """Calls `call`; returns its seconds and the exception it raised, if any."""
    started = time.monotonic()
    try:
        call()
        failure = None
    except Exception as error:
        failure = error
    return time.monotonic() - started, failure
