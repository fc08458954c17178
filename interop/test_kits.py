"""File by file: the kits that both programs make of one signed zip, and what they sign."""

import hashlib
import itertools
import json
import unittest
import zipfile

import yaml

import ceremony
import kits
import scripts
from older import without_ca_info
from prepared import Prepared, differences, flattened

CHANGING = ("approved_at", "certificate/serial", "certificate/valid_until")
"""The fields of signed.json that depend on the moment and the serial number."""

OWN_HASHES = {"certificate_sha256": "{name}.crt", "site_yaml_sha256": "site.yaml"}
"""Hashes in signed.json of members whose bytes may differ, and the members."""


class Kits(Prepared):
    """One request, approved and packaged by both programs."""

    cases = {}

    @classmethod
    def prepare(cls):
        profile = cls.place.write("profile.yaml", ceremony.profile())
        for version in ("00", "07"):
            ca = cls.place / f"ca-{version}"
            cls.reference.init(cls.place, profile, ca, deploy_version=version)
        cls.own_root = cls.place / "ca-07" / "rootCA.pem"

    @classmethod
    def work(cls, place, cert_type, profile, properties, options):
        properties = dict(properties)
        name = properties.pop("name", ceremony.NAMES[cert_type])
        builders = properties.pop("builders", None)
        if "custom_ca_cert" in properties:
            properties["custom_ca_cert"] = str(cls.own_root)
        definition = yaml.safe_load(ceremony.participant(cert_type, name, **properties))
        if builders:
            definition["builders"] = builders
        site = place.write("participant.yaml", yaml.safe_dump(definition, sort_keys=False))
        profile_file = place.write("profile.yaml", ceremony.profile(**profile))
        version = options.get("version", "00")
        requester = cls.flarekit if options.get("requester") == "flarekit" else cls.reference
        requester.request(place, site, place / "request")

        signed = {}
        for program in (cls.flarekit, cls.reference):
            ca = ceremony.copy_of(cls.place / f"ca-{version}", place / f"ca-{program.name}")
            signed[program.name] = place / f"{program.name}.signed.zip"
            request_zip = place / "request" / f"{name}.request.zip"
            program.approve(place, request_zip, ca, profile_file, signed[program.name])
        lines = compare_approvals(place, name, signed["flarekit"], signed["reference"])

        to_package = signed["reference"]
        if options.get("older"):
            to_package = without_ca_info(to_package, cls.place / f"ca-{version}" / "rootCA.key")
        root = kits.certificate(cls.place / f"ca-{version}" / "rootCA.pem")
        made = {}
        for program in (cls.flarekit, cls.reference):
            folder = ceremony.copy_of(place / "request", place / f"request-{program.name}")
            workspace = place / f"workspace-{program.name}"
            program.package(place, to_package, workspace, folder, kits.fingerprint(root))
            made[program.name] = ceremony.kit_folder(workspace, name, version)
        for kit in made.values():
            cls.flarekit.verify(place, kit, "--fingerprint", kits.fingerprint(root))
        known = options.get("deviation", {})
        lines += compare_kits(place, cert_type, made["flarekit"], made["reference"], known)
        if not options.get("extra_files"):
            kits.check_kit(made["flarekit"], cert_type, name, ceremony.ORG, root)
        if lines:
            raise AssertionError("\n".join(lines))


def compare_approvals(place, name, ours, theirs):
    """The members of two signed zips for one request."""
    found, lines = [], []
    for program, archive in (("flarekit", ours), ("reference", theirs)):
        with zipfile.ZipFile(archive) as zipped:
            members = {member: zipped.read(member) for member in zipped.namelist()}
        approval = json.loads(members["signed.json"])
        for key, member in OWN_HASHES.items():
            actual = hashlib.sha256(members[member.format(name=name)]).hexdigest()
            if approval["hashes"].pop(key) != actual:
                lines.append(f"{program}'s signed.json: {key} is not that of {member}")
        approval = flattened(approval)
        file = place / f"{program}.crt"
        file.write_bytes(members[f"{name}.crt"])
        found.append(
            {
                "signed.json": {k: v for k, v in approval.items() if k.strip("/") not in CHANGING},
                "certificate": kits.certificate_fields(kits.certificate(file)),
                "site.yaml": ceremony.shared(yaml.safe_load(members["site.yaml"])),
                "signed zip": {"members": sorted(members), "root": members["rootCA.pem"]},
            }
        )
    for part in found[0]:
        lines += differences(part, *(side[part] for side in found))
    return lines


def compare_kits(place, cert_type, ours, theirs, known=()):
    """Tree, modes, JSON and what the scripts start; `known` holds JSON leaves that may differ."""
    lines = differences("entry", kits.tree(ours), kits.tree(theirs))
    left, right = kits.json_files(ours), kits.json_files(theirs)
    for file in sorted(set(left) & set(right)):
        if not file.endswith(".ipynb"):
            our_leaves, their_leaves = flattened(left[file]), flattened(right[file])
            for path, leaf in dict(known).items():
                if our_leaves.get(path) == leaf:
                    their_leaves[path] = leaf
            lines += differences(file, our_leaves, their_leaves)
    kind = kits.kind_of(cert_type)
    role = "server" if kind == "server" else "client"
    for file in ("rootCA.pem", f"{role}.crt", f"{role}.key"):
        if (ours / "startup" / file).read_bytes() != (theirs / "startup" / file).read_bytes():
            lines.append(f"startup/{file} differs")
    if kind == "user":
        starts = [scripts.started_by(place, kit, "fl_admin.sh", "a b") for kit in (ours, theirs)]
        return lines + differences("fl_admin.sh", *starts)
    starts = [scripts.started_by(place, kit, "sub_start.sh", "--once") for kit in (ours, theirs)]
    lines += differences("sub_start.sh --once", *starts)
    moved = [place / f"moved-{kit.parts[-4]}" for kit in (ours, theirs)]
    starts = [
        scripts.started_by(place, kit, "sub_start.sh", "--once", NVFL_WORKSPACE=workspace)
        for kit, workspace in zip((ours, theirs), moved)
    ]
    lines += differences("sub_start.sh --once, moved workspace", *starts)
    return lines + differences("moved workspace", *map(private_tree, moved))


def private_tree(workspace):
    """The entries of a moved workspace; below `kit/`, which is private, modes do not matter."""
    entries = kits.tree(workspace)
    return {path: (kind, path.startswith("kit/") or mode) for path, (kind, mode) in entries.items()}


def add_matrix():
    """3 schemes, 3 securities, 5 kinds of certificate."""
    for scheme, security, cert_type in itertools.product(
        ceremony.SCHEMES, ceremony.SECURITIES, ceremony.NAMES
    ):
        Kits.add(
            f"{scheme}_{security}_{cert_type}",
            f"{cert_type} kit for {scheme} with {security}",
            cert_type,
            {"scheme": scheme, "security": security},
            {},
            {},
        )


STATIC_FILES = {
    "path": "nvflare.lighter.impl.static_file.StaticFileBuilder",
    "args": {"config_folder": "config", "scheme": "grpc", "require_signed_jobs": True},
}

VARIANTS = {
    "host_names_list": ("server", {}, {"host_names": ["10.0.1.50", "fl-server.internal"]}, {}),
    "host_names_one_string": ("server", {}, {"host_names": "fl-server.internal"}, {}),
    "host_names_repeating_the_host": ("server", {}, {"host_names": [ceremony.SERVER, "10.0.1.50"]}, {}),
    "default_host": (
        "server",
        {},
        {"host_names": ["fl-server.internal"], "default_host": "fl-server.internal"},
        {},
    ),
    "override_mtls": ("server", {}, {"connection_security": "mtls"}, {}),
    "override_clear": ("server", {}, {"connection_security": "clear"}, {}),
    "override_of_a_client": ("client", {}, {"connection_security": "mtls"}, {}),
    "auth_identity": ("client", {}, {"auth_identity": "hospital-a-cell"}, {}),
    "auth_identity_equal_to_the_name": ("client", {}, {"auth_identity": "hospital-a"}, {}),
    "capacity": ("client", {}, {"capacity": {"num_of_gpus": 2, "mem_per_gpu_in_GiB": 16}}, {}),
    # The reference takes a site's `false` for "not set" and lets the logs be streamed.
    "no_log_streaming": (
        "client",
        {},
        {"allow_log_streaming": False},
        {"deviation": {"/allow_log_streaming": ("bool", False)}},
    ),
    "use_aio_client": ("client", {}, {"use_aio": True}, {}),
    "use_aio_client_tcp": ("client", {"scheme": "tcp"}, {"use_aio": True}, {}),
    "use_aio_server_http": ("server", {"scheme": "http"}, {"use_aio": True}, {}),
    "use_aio_server": ("server", {}, {"use_aio": True}, {}),
    "use_aio_user": ("lead", {}, {"use_aio": True}, {}),
    "connect_to_host": ("client", {}, {"connect_to": "proxy.hospital-alpha.org"}, {}),
    "connect_to_host_and_port": (
        "client",
        {},
        {"connect_to": {"host": "proxy.hospital-alpha.org", "port": 9443}},
        {},
    ),
    "connect_to_of_a_user": ("lead", {}, {"connect_to": "proxy.hospital-alpha.org"}, {}),
    "no_admin_port_server": ("server", {"admin_port": None}, {}, {}),
    "no_admin_port_user": ("lead", {"admin_port": None}, {}, {}),
    "version_07": ("client", {}, {}, {"version": "07"}),
    "custom_ca_cert": ("client", {}, {"custom_ca_cert": "of the site"}, {"extra_files": True}),
    "older_zip": ("client", {}, {}, {"older": True}),
    "older_zip_server": ("server", {}, {}, {"older": True}),
    "localhost": ("server", {"host": "localhost"}, {"name": "localhost"}, {}),
    "address_as_server": ("server", {"host": "10.0.1.50"}, {"name": "10.0.1.50"}, {}),
    "require_signed_jobs_server": ("server", {}, {"builders": [STATIC_FILES]}, {}),
    "require_signed_jobs_client": ("client", {}, {"builders": [STATIC_FILES]}, {}),
}


def add_variants():
    """What a definition or a profile can change, in a request of either program."""
    for (name, variant), requester in itertools.product(VARIANTS.items(), ("flarekit", "reference")):
        cert_type, profile, properties, options = variant
        words = f"{cert_type} kit, {name.replace('_', ' ')}, requested by {requester}"
        options = {**options, "requester": requester}
        Kits.add(f"variant_{name}_{requester}", words, cert_type, profile, properties, options)


add_matrix()
add_variants()

if __name__ == "__main__":
    unittest.main()
