#!/usr/bin/env python3
"""Makes many request zips for the measurements, each with a key of its own.

    bench/requests.py COUNT FOLDER

Generating 100,000 RSA keys would take hours. Here the primes of a few hundred keys are paired anew:
every pair is another RSA-2048 modulus. Such keys share primes, so they are worthless as keys; for a
program that verifies and signs requests they are as good as any. Zips that are there already are
kept. Needs the Python package cryptography, which NVFlare brings along.
"""

import hashlib
import itertools
import json
import math
import sys
import zipfile
from multiprocessing import Pool
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

PROJECT, ORG, EXPONENT = "hospital_federation", "hospital_alpha", 65537
PRIMES = "primes.json"


def primes(count, file):
    """So many primes of 1024 bits with their two highest bits set, kept in a file."""
    found = json.loads(file.read_text()) if file.exists() else []
    while len(found) < count:
        numbers = rsa.generate_private_key(EXPONENT, 2048).private_numbers()
        found += [numbers.p, numbers.q]
    file.write_text(json.dumps(found))
    return found[:count]


def key_of(p, q):
    private = pow(EXPONENT, -1, math.lcm(p - 1, q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p, q, private, private % (p - 1), private % (q - 1), pow(q, -1, p),
        rsa.RSAPublicNumbers(EXPONENT, p * q),
    )
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


def request(job):
    """One request zip, as `cert request` makes it."""
    number, (p, q), folder = job
    name = f"site-{number:06}"
    file = folder / f"{name}.request.zip"
    if file.exists():
        return
    key = key_of(max(p, q), min(p, q))
    subject = x509.Name([
        x509.NameAttribute(NameOID.COMMON_NAME, name),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORG),
        x509.NameAttribute(NameOID.UNSTRUCTURED_NAME, "client"),
    ])
    csr = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    csr_pem = csr.public_bytes(serialization.Encoding.PEM)
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    site = (
        f"name: {PROJECT}\ndescription: A site of the measurements\nparticipants:\n"
        f"- name: {name}\n  type: client\n  org: {ORG}\n"
    ).encode()
    metadata = {
        "artifact_type": "nvflare.cert.request",
        "schema_version": "1",
        "request_id": hashlib.sha256(name.encode()).hexdigest()[:32],
        "created_at": "2026-01-01T00:00:00Z",
        "project": PROJECT,
        "name": name,
        "org": ORG,
        "kind": "site",
        "cert_type": "client",
        "cert_role": None,
        "csr_sha256": hashlib.sha256(csr_pem).hexdigest(),
        "public_key_sha256": hashlib.sha256(public).hexdigest(),
        "site_yaml_sha256": hashlib.sha256(site).hexdigest(),
    }
    draft = file.with_suffix(".draft")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("request.json", json.dumps(metadata, indent=2))
        archive.writestr("site.yaml", site)
        archive.writestr(f"{name}.csr", csr_pem)
    draft.rename(file)


def make(count, folder):
    """Makes what is missing of the first `count` request zips."""
    folder.mkdir(parents=True, exist_ok=True)
    needed = math.isqrt(2 * count) + 2
    # By the larger index of a pair, so that a larger count only adds to a smaller one.
    found = primes(needed, folder.parent / PRIMES)
    pairs = ((found[low], found[high]) for high in range(1, needed) for low in range(high))
    jobs = zip(range(1, count + 1), pairs, itertools.repeat(folder))
    with Pool() as pool:
        for _ in pool.imap_unordered(request, jobs, chunksize=50):
            pass


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    make(int(sys.argv[1]), Path(sys.argv[2]))
