"""Cases that are worked off two at a time before the tests that report them."""

import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor

from programs import Place, Reference, flarekit

WORKERS = 2


class Prepared(unittest.TestCase):
    """A test class whose cases are functions of the class, each with a directory of its own."""

    cases = {}
    """Case name -> (description, arguments of `work`)."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="interop-")
        cls.addClassCleanup(folder.cleanup)
        cls.place = Place(folder.name)
        cls.reference = Reference(WORKERS)
        cls.addClassCleanup(cls.reference.close)
        cls.flarekit = flarekit()
        cls.prepare()
        with ThreadPoolExecutor(WORKERS) as pool:
            results = pool.map(cls.attempt, cls.cases)
            cls.failures = dict(zip(cls.cases, results))

    @classmethod
    def prepare(cls):
        """What all cases share."""

    @classmethod
    def work(cls, place, *arguments):
        """One case; raises AssertionError with every difference it found."""
        raise NotImplementedError

    @classmethod
    def attempt(cls, name):
        """Runs one case and returns its exception, if any."""
        try:
            cls.work(Place(cls.place / name), *cls.cases[name][1])
        except Exception as failure:
            return failure
        return None

    @classmethod
    def add(cls, name, description, *arguments):
        """Adds a case and the test that reports it."""
        cls.cases[name] = (description, arguments)

        def test(self):
            failure = self.failures[name]
            if isinstance(failure, AssertionError):
                raise self.failureException(str(failure))
            if failure:
                raise failure

        test.__doc__ = description
        setattr(cls, f"test_{name}", test)


def differences(title, ours, theirs):
    """Lines that say where two mappings differ, key by key."""
    lines = []
    for key in sorted(set(ours) | set(theirs)):
        left, right = ours.get(key, "(absent)"), theirs.get(key, "(absent)")
        if left != right:
            lines += [f"{title} {key}:", f"  flarekit:  {left}", f"  reference: {right}"]
    return lines


def flattened(value, path=""):
    """A JSON value as {path: scalar}, so that a difference shows where it is."""
    if isinstance(value, dict) and value:
        pairs = value.items()
    elif isinstance(value, list) and value:
        pairs = enumerate(value)
    else:
        return {path or "/": (type(value).__name__, value)}
    leaves = {}
    for key, inner in pairs:
        leaves.update(flattened(inner, f"{path}/{key}"))
    return leaves
