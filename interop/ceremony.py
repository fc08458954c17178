"""Definitions, profiles and the steps of a provisioning, for the tests to combine."""

import shutil

import yaml

import kits

PROJECT = "hospital_federation"
SERVER = "server1.hospital-central.org"
ORG = "hospital_alpha"
SCHEMES = ("grpc", "tcp", "http")
SECURITIES = ("clear", "tls", "mtls")
NAMES = {
    "client": "hospital-a",
    "server": SERVER,
    "org_admin": "olga@hospital-alpha.org",
    "lead": "alice@hospital-alpha.org",
    "member": "mona@hospital-alpha.org",
}
"""A name for each certificate type."""

SHARED = ("name", "type", "org", "role", "host_names", "default_host")
"""The properties of a participant that may leave the machine."""


def profile(scheme="grpc", security="tls", host=SERVER, port=8002, admin_port=8003):
    """The text of a project_profile.yaml; `admin_port=None` leaves that line out."""
    server = {"host": host, "fed_learn_port": port}
    if admin_port is not None:
        server["admin_port"] = admin_port
    document = {"name": PROJECT, "scheme": scheme, "connection_security": security, "server": server}
    return yaml.safe_dump(document, sort_keys=False)


def participant(cert_type, name=None, org=ORG, builders=None, **properties):
    """The text of a participant definition."""
    kind = kits.kind_of(cert_type)
    entry = {"name": name or NAMES[cert_type], "type": "admin" if kind == "user" else kind, "org": org}
    if kind == "user":
        entry["role"] = cert_type
    entry.update(properties)
    definition = {"name": PROJECT, "participants": [entry]}
    if builders is not None:
        definition["builders"] = builders
    return yaml.safe_dump(definition, sort_keys=False)


def shared(definition):
    """What of a parsed definition may leave the machine: {property: value}."""
    entry = definition["participants"][0]
    found = {key: entry[key] for key in SHARED if key in entry}
    if isinstance(found.get("host_names"), str):
        found["host_names"] = [found["host_names"]]
    for key in ("name", "description"):
        if key in definition:
            found[f"project's {key}"] = definition[key]
    return found


def copy_of(directory, target):
    """A copy of a CA or request folder, so that programs do not see each other's traces."""
    return shutil.copytree(directory, target)


def kit_folder(workspace, name, version="00"):
    """Where a kit of this name is packaged."""
    return workspace / PROJECT / f"prod_{version}" / name
