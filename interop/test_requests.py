"""What both programs make before an approval: the CA directory and the request folder."""

import json
import unittest
import zipfile
from pathlib import Path

from cryptography import x509

import ceremony
import kits
from prepared import Prepared, differences, flattened

RANDOM = ("request_id", "created_at", "csr_sha256", "public_key_sha256", "site_yaml_sha256")
"""The fields of request.json that are new in each request."""


class Requests(Prepared):
    """The same input for both programs."""

    cases = {}

    @classmethod
    def work(cls, place, compare, *arguments):
        lines = compare(cls, place, *arguments)
        if lines:
            raise AssertionError("\n".join(lines))


def compare_roots(cls, place, options):
    """`cert init`."""
    profile = place.write("profile.yaml", ceremony.profile())
    found = []
    for program in (cls.flarekit, cls.reference):
        ca = place / program.name
        program.init(place, profile, ca, **options)
        root = kits.certificate(ca / "rootCA.pem")
        kits.check_chain(root, root)
        facts = json.loads((ca / "ca.json").read_text())
        facts["created_at"] = len(facts["created_at"])
        facts["rootCA_fingerprint"] = facts["rootCA_fingerprint"] == kits.fingerprint(root)
        fields = kits.certificate_fields(root)
        days = (root.not_valid_after_utc - root.not_valid_before_utc).days
        found.append(
            {
                # More files may be there, but no other modes.
                "file": {k: v for k, v in kits.tree(ca).items() if k in CA_FILES},
                "folder": {"mode": oct(ca.stat().st_mode)},
                "ca.json": facts,
                "rootCA.pem": {**without_keys(fields), "days": days},
            }
        )
    lines = []
    for part in found[0]:
        lines += differences(part, *(side[part] for side in found))
    return lines


def compare_requests(cls, place, cert_type, properties):
    """`cert request`."""
    definition = place.write("site.yaml", ceremony.participant(cert_type, **properties))
    name, found = ceremony.NAMES[cert_type], []
    for program in (cls.flarekit, cls.reference):
        folder = place / program.name
        made = program.request(place, definition, folder)
        request = json.loads((folder / "request.json").read_text())
        audit = place.home / ".nvflare/cert_requests" / made.data["request_id"] / "audit.json"
        record = json.loads(audit.read_text())
        csr = x509.load_pem_x509_csr((folder / f"{name}.csr").read_bytes())
        assert csr.is_signature_valid
        key_lines = (folder / f"{name}.key").read_text().splitlines()
        with zipfile.ZipFile(folder / f"{name}.request.zip") as members:
            names = sorted(members.namelist())
        found.append(
            {
                "file": kits.tree(folder),
                "folder": {"mode": oct(folder.stat().st_mode)},
                "request zip": {"members": names},
                "request.json": {k: v for k, v in request.items() if k not in RANDOM},
                "request.json has": {key: len(request[key]) for key in RANDOM},
                "audit.json has": {key: True for key in flattened(record)},
                "audit.json's file": {"mode": oct(audit.stat().st_mode)},
                "result has": {key: True for key in made.data if key not in ("warnings",)},
                "CSR": {
                    "subject": csr.subject.public_bytes().hex(),
                    "extensions": len(csr.extensions),
                    "attributes": len(csr.attributes),
                    "algorithm": csr.signature_algorithm_oid.dotted_string,
                    "key size": csr.public_key().key_size,
                    "exponent": csr.public_key().public_numbers().e,
                },
                "key": {"first line": key_lines[0], "last line": key_lines[-1]},
            }
        )
    lines = []
    for part in found[0]:
        ours, theirs = (side[part] for side in found)
        if part.endswith(" has"):
            ours = {key: value for key, value in ours.items() if key in theirs}
        lines += differences(part, ours, theirs)
    return lines


def approve_renewals(cls, place, maker, cert_type):
    """`cert request --renew` with a kit of either program: both programs approve the request, and
    both make the next kit. flarekit is first: the reference keeps no account of what it approves."""
    if not cls.flarekit.verifies:
        return []
    maker = cls.flarekit if maker == "flarekit" else cls.reference
    profile = place.write("profile.yaml", ceremony.profile())
    definition = place.write("site.yaml", ceremony.participant(cert_type))
    ca, folder, name = place / "ca", place / "first", ceremony.NAMES[cert_type]
    fingerprint = maker.init(place, profile, ca).data["rootca_fingerprint_sha256"]
    maker.request(place, definition, folder)
    zips = folder / f"{name}.request.zip", place / "first.signed.zip"
    maker.approve(place, zips[0], ca, profile, zips[1])
    kit = maker.package(place, zips[1], place / "workspace", folder, fingerprint).data["output_dir"]
    before = certificate_of(kit)
    renewal = place / "renewal"
    cls.flarekit.run("cert", "request", "--renew", kit, "--out", renewal, cwd=place.path, home=place.home)
    for approver in (cls.flarekit, cls.reference):
        signed = place / f"{approver.name}.signed.zip"
        approver.approve(place, renewal / f"{name}.request.zip", ca, profile, signed)
        for packager in (cls.flarekit, cls.reference):
            workspace = place / f"{approver.name}-{packager.name}"
            made = packager.package(place, signed, workspace, renewal, fingerprint)
            after = certificate_of(made.data["output_dir"])
            assert after.subject == before.subject, after.subject
            assert after.public_key() != before.public_key()
    listed = cls.flarekit.run("cert", "list", "-c", ca, "--sort", "end", cwd=place.path, home=place.home)
    states = sorted(entry["state"] for entry in listed.data["certificates"])
    assert states == ["replaced", "valid"], listed
    return []


def certificate_of(kit):
    """The participant's certificate in a kit."""
    (file,) = (Path(kit) / "startup").glob("*.crt")
    return kits.certificate(file)


CA_FILES = ("ca.json", "rootCA.key", "rootCA.pem")


def without_keys(fields):
    """A certificate's fields without its public key and key identifiers."""
    identifiers = ("key", "2.5.29.14", "2.5.29.35")
    return {key: value for key, value in fields.items() if key not in identifiers}


def add_tests():
    """Both commands, for each kind of participant."""
    Requests.add("init", "cert init", compare_roots, {})
    # Not --org: the reference's root then names an issuer that is not itself.
    options = {"deploy_version": "07", "valid_days": 30}
    Requests.add("init_options", "cert init with its options", compare_roots, options)
    for cert_type in ceremony.NAMES:
        words = f"cert request for a {cert_type}"
        Requests.add(f"request_{cert_type}", words, compare_requests, cert_type, {})
    for maker in ("flarekit", "reference"):
        for cert_type in ("client", "server", "lead"):
            words = f"cert request --renew with a {cert_type}'s kit of {maker}"
            Requests.add(f"renewal_{maker}_{cert_type}", words, approve_renewals, maker, cert_type)


add_tests()

if __name__ == "__main__":
    unittest.main()
