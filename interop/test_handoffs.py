"""Every mix of the two programs over init, request, approve and package ends in a valid kit."""

import itertools
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ceremony
import kits
from programs import Place, Reference, flarekit, measured

TYPES = ("client", "server", "lead")
LETTERS = {"flarekit": "F", "reference": "R"}


class Handoffs(unittest.TestCase):
    """One test a chain; the chains run before, two at a time, and share their first steps."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="interop-handoffs-")
        cls.addClassCleanup(folder.cleanup)
        cls.place = Place(folder.name)
        reference = Reference()
        cls.addClassCleanup(reference.close)
        cls.programs = {"F": flarekit(), "R": reference}
        cls.profile = cls.place.write("project_profile.yaml", ceremony.profile())
        cls.outcomes = {}
        with ThreadPoolExecutor(2) as pool:
            for step, widths in ((cls.init, 1), (cls.request, 1), (cls.approve, 3), (cls.package, 4)):
                types = TYPES if step != cls.init else ("",)
                jobs = list(itertools.product(types, *["FR"] * widths))
                list(pool.map(lambda job, step=step: cls.attempt(step, job), jobs))

    @classmethod
    def attempt(cls, step, job):
        """Runs one step of one chain and keeps what became of it."""
        seconds, failure = measured(lambda: step(*job))
        cls.outcomes[(step.__name__, *job)] = (seconds, failure)

    @classmethod
    def init(cls, _, program):
        cls.programs[program].init(cls.place, cls.profile, cls.place / f"ca-{program}")

    @classmethod
    def request(cls, cert_type, program):
        definition = cls.place.write(f"{cert_type}.yaml", ceremony.participant(cert_type))
        folder = cls.place / f"request-{cert_type}-{program}"
        cls.programs[program].request(cls.place, definition, folder)

    @classmethod
    def approve(cls, cert_type, init, request, program):
        """Each approver has a copy of the CA and a home, so that none is in another's way: a CA
        remembers whom it approved, and a new ledger takes over what is recorded in the home."""
        chain = f"{cert_type}-{init}{request}{program}"
        approver = Place(cls.place / f"approver-{chain}")
        ca = ceremony.copy_of(cls.place / f"ca-{init}", approver / "ca")
        name = ceremony.NAMES[cert_type]
        request_zip = cls.place / f"request-{cert_type}-{request}" / f"{name}.request.zip"
        signed_zip = cls.place / f"{chain}.signed.zip"
        cls.programs[program].approve(approver, request_zip, ca, cls.profile, signed_zip)

    @classmethod
    def package(cls, cert_type, init, request, approve, program):
        """The request folder is copied, as if it were on the participant's own machine."""
        chain = f"{cert_type}-{init}{request}{approve}"
        original = cls.place / f"request-{cert_type}-{request}"
        folder = ceremony.copy_of(original, cls.place / f"request-{chain}{program}")
        root = kits.certificate(cls.place / f"ca-{init}" / "rootCA.pem")
        workspace = cls.place / f"workspace-{chain}{program}"
        cls.programs[program].package(
            cls.place, cls.place / f"{chain}.signed.zip", workspace, folder, kits.fingerprint(root)
        )
        name = ceremony.NAMES[cert_type]
        kit = ceremony.kit_folder(workspace, name)
        kits.check_kit(kit, cert_type, name, ceremony.ORG, root)
        others = [path.name for path in Path(kit).parent.iterdir() if path.name != name]
        assert not others, f"prod_00 also holds {others}"

    def check(self, cert_type, chain):
        """Reports the first step of the chain that failed."""
        init, request, approve, _ = chain
        steps = (
            ("init", "", init),
            ("request", cert_type, request),
            ("approve", cert_type, init, request, approve),
            ("package", cert_type, *chain),
        )
        for step in steps:
            _, failure = self.outcomes[step]
            if failure:
                raise self.failureException(f"{step[0]}: {failure}") from failure


def add_tests():
    """One method for each kind of participant and each of the 16 mixes."""
    words = {letter: name for name, letter in LETTERS.items()}
    for cert_type, chain in itertools.product(TYPES, itertools.product("FR", repeat=4)):

        def test(self, cert_type=cert_type, chain=chain):
            self.check(cert_type, chain)

        steps = ", ".join(
            f"{step} {words[letter]}"
            for step, letter in zip(("init", "request", "approve", "package"), chain)
        )
        test.__doc__ = f"{cert_type}: {steps}"
        setattr(Handoffs, f"test_{cert_type}_{''.join(chain)}", test)


add_tests()

if __name__ == "__main__":
    unittest.main()
