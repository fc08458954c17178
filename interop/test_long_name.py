"""A server whose name is longer than a certificate's CN can be (64), in the real runtime.

The reference approves such a server and then refuses to package it; flarekit's kits agree on the
name's first 64 characters.
"""

import tempfile
import unittest

import ceremony
from federation import SITES, Federation, wait_until
from programs import Place, flarekit

NAME = ".".join(f"hospital-server-{number:02}" for number in range(6)) + ".example.org"


class LongName(unittest.TestCase):
    """The name cannot be looked up here, so the site connects by another of the server's names."""

    def test_a_site_registers(self):
        """a site registers with a server whose name has 125 characters"""
        self.assertEqual(len(NAME), 125)
        with tempfile.TemporaryDirectory(prefix="interop-", ignore_cleanup_errors=True) as folder:
            federation = Federation(Place(folder), flarekit(), "grpc", "tls", NAME)
            try:
                self.register(federation)
            except Exception as error:
                raise AssertionError(f"{error}\n{federation.tails()}") from error
            finally:
                federation.close()

    def register(self, federation):
        """Starts the server and a site, and waits for the site."""
        site, org = SITES[0], ceremony.ORG
        kits = federation.kits
        kits[NAME] = federation.make_kit("own", NAME, "server", org, host_names=["localhost"])
        kits[site] = federation.make_kit("own", site, "client", org, connect_to="localhost")
        federation.move_storage()
        federation.start(NAME)
        wait_until(federation.listens, 60, "the server's port")
        federation.start(site)
        registered = lambda: "Successfully registered" in federation.log(site)
        wait_until(registered, 60, "registration")
        verified = f"verified server identity '{NAME[:64]}'"
        self.assertIn(verified, federation.log(site))
