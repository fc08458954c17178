"""A federation of real NVFlare processes on the loopback, started by its kits' own scripts."""

import json
import os
import selectors
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil

import ceremony
import kits
import programs

SERVER = "localhost"
SITES = ("site-1", "site-2")
STRANGER = "site-3"
LEAD, ORG_ADMIN, MEMBER = "lead@lab.org", "admin@hospital-alpha.org", "member@lab.org"
LAB = "lab"
PARTICIPANTS = {
    SERVER: ("server", ceremony.ORG),
    SITES[0]: ("client", ceremony.ORG),
    SITES[1]: ("client", ceremony.ORG),
    LEAD: ("lead", LAB),
    ORG_ADMIN: ("org_admin", ceremony.ORG),
    MEMBER: ("member", LAB),
}
"""Who takes part. The organisation's admin may operate the sites, which are of the same one."""


class NoAnswer(AssertionError):
    """The server did not answer in time."""


class Refused(Exception):
    """The FLARE API answered with an error."""

    def __init__(self, error, message):
        super().__init__(f"{error}: {message}")
        self.error = error


class Federation:
    """Kits in a directory of their own, and the processes that run from them."""

    def __init__(self, place, program, scheme, security, server=SERVER):
        self.place, self.program, self.server = place, program, server
        self.security = security
        self.port, admin_port = free_ports(2)
        self.profile = place.write(
            "profile.yaml", ceremony.profile(scheme, security, server, self.port, admin_port)
        )
        self.kits, self.sessions, self.driver = {}, set(), None

    def provision(self):
        """Makes every kit, and one of a stranger: same project and server, another root."""
        for name, (cert_type, org) in PARTICIPANTS.items():
            self.kits[name] = self.make_kit("own", name, cert_type, org)
        self.kits[STRANGER] = self.make_kit("foreign", STRANGER, "client", ceremony.ORG)
        self.move_storage()

    def make_kit(self, root, name, cert_type, org, **properties):
        """The four steps for one participant, under the root of this label."""
        ca = self.place / f"ca-{root}"
        if not ca.exists():
            self.program.init(self.place, self.profile, ca)
        definition = self.place.write(
            f"{name}.yaml", ceremony.participant(cert_type, name, org, **properties)
        )
        folder, signed = self.place / f"requests/{name}", self.place / f"{name}.signed.zip"
        folder.parent.mkdir(exist_ok=True)
        self.program.request(self.place, definition, folder)
        request_zip = folder / f"{name}.request.zip"
        self.program.approve(self.place, request_zip, ca, self.profile, signed)
        workspace = self.place / f"workspace-{root}"
        pin = kits.fingerprint(kits.certificate(ca / "rootCA.pem"))
        self.program.package(self.place, signed, workspace, folder, pin)
        return ceremony.kit_folder(workspace, name)

    def move_storage(self):
        """Gives the server its own job and snapshot store, as a site's admin would."""
        local = self.kits[self.server] / "local"
        text = (local / "resources.json.default").read_text()
        moved = text.replace("/tmp/nvflare/", f"{self.place / 'storage'}/")
        assert moved != text, "the server's resources no longer name /tmp/nvflare"
        (local / "resources.json").write_text(moved)

    def start(self, name):
        """Runs the kit's `startup/start.sh`, which returns while the site runs on."""
        with open(self.place / f"{name}.out", "ab") as output:
            started = subprocess.Popen(
                [str(self.kits[name] / "startup/start.sh")],
                cwd=self.place.path,
                env=programs.clean_environment(self.place.home),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.sessions.add(started.pid)
        status = started.wait(timeout=20)
        assert status == 0, f"start.sh of {name} ended with {status}"

    def stop(self, name):
        """Runs the kit's `startup/stop_fl.sh` and says yes."""
        done = subprocess.run(
            [str(self.kits[name] / "startup/stop_fl.sh")],
            input="y",
            env=programs.clean_environment(self.place.home),
            capture_output=True,
            text=True,
            timeout=20,
        )
        assert done.returncode == 0, f"stop_fl.sh of {name}: {done.stdout}{done.stderr}"

    def api(self, user, call, *arguments, seconds=60):
        """Does one call of the FLARE API as `user`; raises Refused when it is refused."""
        if self.driver is None:
            self.driver = Driver(self.place)
        request = {"kit": str(self.kits[user]), "user": user, "call": call, "arguments": arguments}
        answer = self.driver.ask(request, seconds)
        if "error" in answer:
            raise Refused(answer["error"], answer["message"])
        return answer["value"]

    def order(self, user, call, *arguments, seconds):
        """An order that ends the server which answers it, so that the answer may be lost on its way.

        Whether it was carried out is for the caller to see.
        """
        try:
            self.api(user, call, *arguments, seconds=seconds)
        except NoAnswer:
            self.driver.close()
            self.driver = None
        except Refused as refusal:
            if refusal.error == "AuthorizationError":
                raise

    def clients(self, user=ORG_ADMIN):
        """The clients that the server lists, or none while it does not answer."""
        try:
            return self.api(user, "status")["clients"]
        except Refused:
            return {}

    def listens(self):
        """True once the server's port accepts connections."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def log(self, name):
        """The text of a site's log."""
        file = self.kits[name] / "log.txt"
        return file.read_text(errors="replace") if file.exists() else ""

    def running(self, name=""):
        """The processes of this federation, or those of one kit."""
        mark = str(self.kits[name]) if name else str(self.place.path)
        found = []
        for process in psutil.process_iter():
            try:
                in_session = not name and os.getsid(process.pid) in self.sessions
                if in_session or any(mark in word for word in process.cmdline()):
                    found.append(process)
            except (psutil.Error, ProcessLookupError):
                continue
        return [process for process in found if not self.is_driver(process)]

    def is_driver(self, process):
        """True for our own process that speaks the FLARE API."""
        return self.driver is not None and process.pid == self.driver.pid

    def tails(self, lines=12, width=180):
        """The ends of every site's output, to explain a failure."""
        parts = []
        for name in self.kits:
            file = self.place / f"{name}.out"
            if file.exists():
                end = file.read_text(errors="replace").splitlines()[-lines:]
                parts += [f"--- {file.name}", *(line[:width] for line in end)]
        return "\n".join(parts)

    def close(self):
        """Ends what still runs, process by process."""
        if self.driver is not None:
            self.driver.close()
        for _ in range(3):
            for process in self.running():
                try:
                    process.kill()
                except psutil.Error:
                    continue
            time.sleep(0.2)


class Driver:
    """The process that speaks the FLARE API (`api_driver.py`)."""

    def __init__(self, place):
        self.errors = open(place / "api.err", "ab")
        self.process = subprocess.Popen(
            [sys.executable, str(programs.HERE / "api_driver.py")],
            cwd=place.path,
            env=programs.clean_environment(place.home),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            bufsize=1,
        )
        self.pid = self.process.pid

    def ask(self, request, seconds):
        """Sends a request and waits for its answer, no longer than `seconds`."""
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if not selector.select(seconds):
                raise NoAnswer(f"no answer to {request['call']} within {seconds} s")
        line = self.process.stdout.readline()
        assert line, "the process that speaks the FLARE API ended"
        return json.loads(line)

    def close(self):
        """Ends the process."""
        self.process.kill()
        self.process.wait(timeout=10)
        for stream in (self.process.stdin, self.process.stdout, self.errors):
            stream.close()


def free_ports(count):
    """Ports of the loopback that nobody listens on now, all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in sockets]
    for listener in sockets:
        listener.close()
    return ports


def wait_until(condition, seconds, what, interval=0.5):
    """Waits until `condition()` is true and returns its value, or fails naming `what`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(interval)


def write_job(folder, sites):
    """A NumPy training job of NVFlare's own components, which every kit's allow list admits."""
    root = Path(folder)
    server = {
        "format_version": 2,
        "workflows": [
            {
                "id": "scatter_and_gather",
                "path": "nvflare.app_common.workflows.scatter_and_gather.ScatterAndGather",
                "args": {
                    "min_clients": len(sites),
                    "num_rounds": 2,
                    "wait_time_after_min_received": 0,
                    "aggregator_id": "aggregator",
                    "persistor_id": "persistor",
                    "shareable_generator_id": "shareable_generator",
                    "train_task_name": "train",
                },
            }
        ],
        "components": [
            {"id": "persistor", "path": "nvflare.app_common.np.np_model_persistor.NPModelPersistor"},
            {
                "id": "shareable_generator",
                "path": "nvflare.app_common.shareablegenerators.full_model_shareable_generator"
                ".FullModelShareableGenerator",
            },
            {
                "id": "aggregator",
                "path": "nvflare.app_common.aggregators.intime_accumulate_model_aggregator"
                ".InTimeAccumulateWeightedAggregator",
                "args": {"expected_data_kind": "WEIGHTS"},
            },
        ],
    }
    trainer = {"path": "nvflare.app_common.np.np_trainer.NPTrainer", "args": {"delta": 1}}
    client = {"format_version": 2, "executors": [{"tasks": ["train"], "executor": trainer}]}
    meta = {
        "name": "numpy",
        "resource_spec": {},
        "min_clients": len(sites),
        "mandatory_clients": list(sites),
        "deploy_map": {"app": ["@ALL"]},
    }
    config = root / "app" / "config"
    config.mkdir(parents=True)
    (root / "meta.json").write_text(json.dumps(meta, indent=2))
    (config / "config_fed_server.json").write_text(json.dumps(server, indent=2))
    (config / "config_fed_client.json").write_text(json.dumps(client, indent=2))
    return root
