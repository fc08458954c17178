"""Kits in the real runtime: server, two clients, three users and a real job."""

import itertools
import os
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor

import ceremony
from programs import Place, flarekit
from scenario import STEPS, Scenario

AT_ONCE = 2
"""More federations at once than this, and waiting times on a small machine grow too long."""

USUAL = (("grpc", "tls"), ("grpc", "mtls"), ("tcp", "tls"), ("http", "tls"))


def connections():
    """The combinations to try: the usual four, or all nine with FLAREKIT_INTEROP_ALL=1."""
    if os.environ.get("FLAREKIT_INTEROP_ALL") == "1":
        return tuple(itertools.product(ceremony.SCHEMES, ceremony.SECURITIES))
    return USUAL


class Runtime(unittest.TestCase):
    """One test a step of each federation; the federations run before, two at a time."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="interop-", ignore_cleanup_errors=True)
        cls.addClassCleanup(folder.cleanup)
        program, place = flarekit(), Place(folder.name)
        cls.scenarios = {
            (scheme, security): Scenario(
                Place(place / f"{scheme}-{security}"), program, scheme, security
            )
            for scheme, security in connections()
        }
        with ThreadPoolExecutor(AT_ONCE) as pool:
            try:
                list(pool.map(Scenario.run, cls.scenarios.values()))
            except BaseException:
                for scenario in cls.scenarios.values():
                    scenario.abandon()
                raise

    def check(self, connection, step):
        """Reports what became of a step."""
        scenario = self.scenarios[connection]
        if step not in scenario.outcomes:
            failed = list(scenario.outcomes)[-1]
            self.fail(f"not reached, because the step before failed: {failed}")
        seconds, failure = scenario.outcomes[step]
        if failure:
            self.fail(failure)
        note = scenario.notes.get(step)
        self.note = f"{seconds:.0f} s" + (f"; {note}" if note else "")


def add_tests():
    """One method for each connection and step."""
    for connection, (number, step) in itertools.product(connections(), enumerate(STEPS, 1)):

        def test(self, connection=connection, step=step):
            self.check(connection, step)

        test.__doc__ = f"{'+'.join(connection)}: {getattr(Scenario, step).__doc__}"
        setattr(Runtime, f"test_{'_'.join(connection)}_{number}_{step}", test)


add_tests()

if __name__ == "__main__":
    unittest.main()
