"""Judges kits without help from either program: files, modes, JSON, certificates."""

import json
import stat
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtensionOID, NameOID

LOCAL_OF_SITES = (
    "local/authorization.json.default",
    "local/log_config.json.default",
    "local/privacy.json.sample",
    "local/resources.json.default",
)
SCRIPTS_OF_SITES = ("startup/start.sh", "startup/sub_start.sh", "startup/stop_fl.sh")
FILES = {
    "server": (
        "readme.txt",
        "startup/fed_server.json",
        "startup/rootCA.pem",
        "startup/server.crt",
        "startup/server.key",
        *SCRIPTS_OF_SITES,
        *LOCAL_OF_SITES,
    ),
    "client": (
        "readme.txt",
        "startup/fed_client.json",
        "startup/rootCA.pem",
        "startup/client.crt",
        "startup/client.key",
        *SCRIPTS_OF_SITES,
        *LOCAL_OF_SITES,
    ),
    "user": (
        "local/resources.json.default",
        "startup/client.crt",
        "startup/client.key",
        "startup/fed_admin.json",
        "startup/fl_admin.sh",
        "startup/readme.txt",
        "startup/rootCA.pem",
        "startup/system_info.ipynb",
    ),
}
"""The files that a kit must have, by the participant's kind."""

JSON_ENDINGS = (".json", ".json.default", ".json.sample", ".ipynb")


def kind_of(cert_type):
    """`client`, `server` or `user`."""
    return cert_type if cert_type in ("client", "server") else "user"


def tree(root):
    """Every entry below `root`: relative path -> (type, mode)."""
    entries = {}
    for path in sorted(Path(root).rglob("*")):
        status = path.lstat()
        shape = "dir" if stat.S_ISDIR(status.st_mode) else "file"
        if stat.S_ISLNK(status.st_mode):
            shape = "link"
        entries[str(path.relative_to(root))] = (shape, f"{stat.S_IMODE(status.st_mode):04o}")
    return entries


def json_files(root):
    """Every JSON document below `root`, parsed: relative path -> value."""
    documents = {}
    for path in sorted(Path(root).rglob("*")):
        if path.is_file() and path.name.endswith(JSON_ENDINGS):
            text = path.read_text(encoding="utf-8")
            documents[str(path.relative_to(root))] = json.loads(text, object_pairs_hook=no_twins)
    return documents


def no_twins(pairs):
    """A JSON object in which no key comes twice."""
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), f"a key comes twice in {keys}"
    return dict(pairs)


def certificate(path):
    """The one certificate in a PEM file."""
    found = x509.load_pem_x509_certificates(Path(path).read_bytes())
    assert len(found) == 1, f"{path} holds {len(found)} certificates"
    return found[0]


def public_bytes(key):
    """A public key as DER SubjectPublicKeyInfo."""
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def fingerprint(cert):
    """The SHA-256 fingerprint in the form that NVFlare prints."""
    return "SHA256:" + cert.fingerprint(hashes.SHA256()).hex(":").upper()


def subject(cert):
    """(common name, organisation, unstructured name) of a certificate or CSR."""

    def only(oid):
        values = [attribute.value for attribute in cert.subject.get_attributes_for_oid(oid)]
        assert len(values) <= 1, f"{oid} comes {len(values)} times"
        return values[0] if values else None

    return only(NameOID.COMMON_NAME), only(NameOID.ORGANIZATION_NAME), only(NameOID.UNSTRUCTURED_NAME)


def check_chain(leaf, root):
    """The leaf was issued by the root, whose own signature holds; names and key ids match."""
    root.verify_directly_issued_by(root)
    leaf.verify_directly_issued_by(root)
    assert leaf.issuer.public_bytes() == root.subject.public_bytes()
    root_id = root.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_KEY_IDENTIFIER).value
    leaf_issuer = leaf.extensions.get_extension_for_oid(ExtensionOID.AUTHORITY_KEY_IDENTIFIER).value
    assert leaf_issuer.key_identifier == root_id.digest
    assert root.not_valid_before_utc <= leaf.not_valid_before_utc
    assert leaf.not_valid_after_utc <= root.not_valid_after_utc


def check_kit(kit, cert_type, name, org, root):
    """Raises AssertionError unless `kit` is a complete, coherent kit of this participant."""
    kit, kind = Path(kit), kind_of(cert_type)
    entries = tree(kit)
    missing = [file for file in FILES[kind] if entries.get(file, ("absent",))[0] != "file"]
    assert not missing, f"{kit.name} lacks {missing}"
    for folder in ("startup", "local", "transfer"):
        assert entries.get(folder) == ("dir", "0755"), f"{folder}: {entries.get(folder)}"
    for file, (shape, mode) in entries.items():
        wanted = "0644"
        if shape == "dir" or file.endswith(".sh"):
            wanted = "0755"
        elif file.endswith(".key"):
            wanted = "0600"
        assert shape != "link" and mode == wanted, f"{file} is a {shape} of mode {mode}"
    json_files(kit)

    role = "server" if kind == "server" else "client"
    enclosed = certificate(kit / "startup/rootCA.pem")
    leaf = certificate(kit / f"startup/{role}.crt")
    assert enclosed == root, "the kit holds another root"
    check_chain(leaf, root)
    assert subject(leaf) == (name[:64], org, cert_type), subject(leaf)
    key = serialization.load_pem_private_key((kit / f"startup/{role}.key").read_bytes(), None)
    assert public_bytes(key.public_key()) == public_bytes(leaf.public_key()), "key and certificate differ"
    assert key.key_size == 2048


def certificate_fields(cert):
    """Everything in a certificate but serial, times and signature, ready to be compared."""
    fields = {
        "version": cert.version.name,
        "subject": cert.subject.public_bytes().hex(),
        "issuer": cert.issuer.public_bytes().hex(),
        "key": public_bytes(cert.public_key()).hex(),
        "algorithm": cert.signature_algorithm_oid.dotted_string,
        "order": [extension.oid.dotted_string for extension in cert.extensions],
    }
    for extension in cert.extensions:
        value = extension.value.public_bytes().hex()
        fields[extension.oid.dotted_string] = ("critical" if extension.critical else "", value)
    return fields
