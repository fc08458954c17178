"""Runs the test files and prints a line for each test, ending with the totals."""

import os
import signal
import sys
import time
import unittest

FILES = (
    "test_handoffs",
    "test_requests",
    "test_kits",
    "test_builders",
    "test_yaml",
    "test_pem",
    "test_long_name",
    "test_runtime",
)


class Lines(unittest.TestResult):
    """A line a test as it ends; what went wrong follows at once."""

    def __init__(self):
        super().__init__()
        self.passed = self.failed = 0

    def startTest(self, test):
        super().startTest(test)
        self.started = time.monotonic()

    def addSuccess(self, test):
        self.passed += 1
        note = getattr(test, "note", None)
        self.line("ok", test, note)

    def addFailure(self, test, error):
        self.failed += 1
        self.line("FAILED", test, None, str(error[1]))

    def addError(self, test, error):
        self.failed += 1
        self.line("FAILED", test, None, self._exc_info_to_string(error, test))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.line("skipped", test, reason)

    def line(self, verdict, test, note, details=""):
        """Prints the verdict, what was tested and why, if there is more to say."""
        words = test.shortDescription() or str(test)
        print(f"{verdict:7} {words}" + (f" ({note})" if note else ""), flush=True)
        for detail in details.rstrip().splitlines():
            print(f"        | {detail}", flush=True)


def main(names):
    """Runs the named test files, or all; returns the exit status."""
    # Ended from outside, the tests still end the processes that they started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # The modes in a kit must not depend on who runs this.
    os.umask(0o022)
    result = Lines()
    for name in names or FILES:
        started = time.monotonic()
        tests = unittest.defaultTestLoader.loadTestsFromName(name)
        print(f"\n{name}: {tests.countTestCases()} tests", flush=True)
        tests.run(result)
        print(f"{name}: {time.monotonic() - started:.1f} s", flush=True)
    print(f"\n{result.passed} passed, {result.failed} failed, {len(result.skipped)} skipped")
    return 1 if result.failed else 0


if __name__ == "__main__":
    sys.exit(main([name.removesuffix(".py") for name in sys.argv[1:]]))
