"""What a federation must be able to do, as steps in order."""

import time

import numpy

from federation import (
    LEAD,
    MEMBER,
    ORG_ADMIN,
    SERVER,
    SITES,
    STRANGER,
    Federation,
    Refused,
    wait_until,
    write_job,
)

REGISTERED = "Successfully registered"
"""What a client's log says of each registration."""


class Scenario:
    """The steps of one federation; a failed step names its logs and those behind it are skipped."""

    def __init__(self, place, program, scheme, security):
        self.place = place
        self.federation = Federation(place, program, scheme, security)
        self.outcomes, self.notes, self.job = {}, {}, None
        self.abandoned = False

    def run(self):
        """Runs every step; keeps (seconds, failure text or None) of each in `outcomes`."""
        try:
            for step in () if self.abandoned else STEPS:
                started = time.monotonic()
                try:
                    self.notes[step] = getattr(self, step)()
                    failure = None
                except Exception as error:
                    failure = f"{type(error).__name__}: {error}\n{self.federation.tails()}"
                self.outcomes[step] = (time.monotonic() - started, failure)
                if failure or self.abandoned:
                    break
        finally:
            self.federation.close()

    def abandon(self):
        """Ends the processes from outside, when the whole run is interrupted."""
        self.abandoned = True
        self.federation.close()

    def clients_register(self):
        """both clients register, started by startup/start.sh"""
        self.federation.provision()
        self.federation.start(SERVER)
        # A client that finds no server waits longer and longer before it asks again.
        wait_until(self.federation.listens, 60, "the server's port")
        for name in (*SITES, STRANGER):
            self.federation.start(name)
        wait_until(lambda: set(SITES) <= set(self.federation.clients()), 60, "registration")

    def verify_tells_who_is_let_in(self):
        """verify --connect passes for every kit, and names the other root of the stranger's"""
        federation = self.federation
        for name, kit in federation.kits.items():
            if name != STRANGER:
                federation.program.verify(self.place, kit, "--connect")
        encrypted = federation.security != "clear"
        expect = 1 if encrypted else 0
        kit = federation.kits[STRANGER]
        told = federation.program.verify(self.place, kit, "--connect", expect=expect)
        if told and encrypted:
            assert told.envelope["reason"] == "SERVER_OTHER_ROOT", told

    def member_may_only_look(self):
        """the member sees the status but may not submit"""
        self.must_not_submit(MEMBER)

    def org_admin_may_not_submit(self):
        """the org_admin sees the status but may not submit"""
        self.must_not_submit(ORG_ADMIN)

    def lead_runs_a_job(self):
        """the lead's NumPy job finishes and its model is right"""
        folder = write_job(self.place / "job", SITES)
        self.job = self.federation.api(LEAD, "submit", str(folder))
        status = self.federation.api(LEAD, "wait", self.job, 120, seconds=150)
        assert status == "FINISHED:COMPLETED", status
        result = self.federation.api(LEAD, "result", self.job, str(self.place / "result"))
        found = list((self.place / "result").rglob("server.npy"))
        assert len(found) == 1, f"{len(found)} models in {result}"
        model = numpy.load(found[0])
        # Two rounds, each adding 1 to NPModelPersistor's initial 1…9.
        assert numpy.array_equal(model, numpy.arange(3, 12).reshape(3, 3)), model
        log = (found[0].parents[1] / "log.txt").read_text(errors="replace")
        end = [line for line in log.splitlines() if "ServerRunner" in line]
        return f"job {self.job} {status}: {(end or ['(no line in the log)'])[-1]}"

    def stranger_is_refused(self):
        """a client kit of another root, running all the while, never registers"""
        assert self.federation.running(STRANGER), "the stranger is not even running"
        assert REGISTERED not in self.federation.log(STRANGER), "the stranger registered"
        clients = self.federation.clients()
        assert set(clients) == set(SITES), clients
        assert f"client {STRANGER} registered" not in self.federation.log(SERVER)
        self.federation.stop(STRANGER)

    def stop_script_stops(self):
        """stop_fl.sh ends a client and its supervision, and clears their files"""
        site = SITES[0]
        self.federation.stop(site)
        wait_until(lambda: not self.federation.running(site), 40, f"the end of {site}")
        left = sorted(file.name for file in self.federation.kits[site].glob("*.fl"))
        assert not left, f"{left} left behind"

    def started_again_registers(self):
        """the stopped client starts again and registers anew"""
        site = SITES[0]
        before = self.federation.log(site).count(REGISTERED)
        self.federation.start(site)
        again = lambda: self.federation.log(site).count(REGISTERED) > before
        wait_until(again, 40, f"{site} registering again")

    def restart_all(self):
        """the org_admin restarts server and clients through the FLARE API"""
        before = {name: self.pid(name) for name in (SERVER, *SITES)}
        self.federation.order(ORG_ADMIN, "restart", "all", [], 60, seconds=75)
        wait_until(lambda: set(SITES) <= set(self.federation.clients()), 60, "registration")
        kept = [name for name, pid in before.items() if self.pid(name) == pid]
        assert not kept, f"not restarted: {kept}"

    def shutdown_all(self):
        """the org_admin shuts all down through the FLARE API; no process is left"""
        self.federation.order(ORG_ADMIN, "shutdown", "all", 60, seconds=75)
        wait_until(lambda: not self.federation.running(), 40, "the end of every process")
        left = {
            name: file.name
            for name, kit in self.federation.kits.items()
            for file in kit.glob("*.fl")
        }
        assert not left, f"{left} left behind"

    def must_not_submit(self, user):
        """The user can log in and look, and submitting a job is refused as not authorized."""
        assert set(SITES) <= set(self.federation.clients(user)), f"{user} sees no clients"
        try:
            job = self.federation.api(user, "submit", str(self.place / "job"))
        except Refused as refusal:
            assert refusal.error == "AuthorizationError", refusal
            return str(refusal)
        raise AssertionError(f"{user} could submit {job}")

    def pid(self, name):
        """The process id that the kit's pid.fl names."""
        file = self.federation.kits[name] / "pid.fl"
        return file.read_text().strip() if file.exists() else ""


STEPS = (
    "clients_register",
    "verify_tells_who_is_let_in",
    "lead_runs_a_job",
    "member_may_only_look",
    "org_admin_may_not_submit",
    "stranger_is_refused",
    "stop_script_stops",
    "started_again_registers",
    "restart_all",
    "shutdown_all",
)
"""In this order: each needs those before it."""
