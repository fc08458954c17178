"""The inputs of bench/refusals, and the machine that they are put on."""

import hashlib
import io
import json
import shutil
import struct
import zipfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
VECTORS = PROJECT / "crates/flarekit/tests/vectors"
MADE = VECTORS / "valid/flarekit-0.1.0"
PARTICIPANTS = ("hospital-a", "server1.hospital-central.org", "alice@hospital-alpha.org")
MIB = 1 << 20

REQUEST, SIGNED = "hospital-a/hospital-a.request.zip", "hospital-a/hospital-a.signed.zip"
APPROVE = ("cert", "approve", REQUEST, "--ca-dir", "ca", "--profile", "project_profile.yaml",
           "--out", "out.signed.zip")
PACKAGE = ("package", SIGNED, "--request-dir", "hospital-a")
ASK = ("cert", "request", "--participant", "hospital-a.yaml", "--out", "new")


class Machine:
    """The valid machine that the vectors' README describes."""

    def __init__(self, folder):
        self.folder, self.environment = folder, {}
        shutil.copytree(PROJECT / "examples/hospital", folder)
        shutil.copytree(MADE / "ca", folder / "ca")
        for name in PARTICIPANTS:
            shutil.copytree(MADE / "requests" / name, folder / name)
            shutil.copy(MADE / "signed" / f"{name}.signed.zip", folder / name)
        (folder / "home").mkdir(mode=0o700)
        for path in folder.rglob("*"):
            private = path.suffix in (".key", ".zip", ".json")
            path.chmod(0o700 if path.is_dir() else 0o600 if private else 0o644)

    def write(self, path, content):
        path = self.folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self


def vectors(folder):
    """Every vector that is a folder: its name, a machine with it, and the command."""
    for path in sorted(VECTORS.glob("invalid/*/*/case.json")):
        case, vector = json.loads(path.read_text()), path.parent
        machine = Machine(folder)
        for name in case.get("remove", []):
            (folder / name).unlink()
        for file in vector.rglob("*"):
            if file.is_file() and file != path:
                machine.write(file.relative_to(vector), file.read_bytes())
        yield f"{vector.parent.name}/{vector.name}", machine, case["command"]
        shutil.rmtree(folder)


def costly(folder):
    """For each kind of limit the input that costs most: what it is, a machine, the command."""
    for what, command, prepare in COSTLY:
        machine = Machine(folder)
        prepare(machine)
        yield what, machine, command
        shutil.rmtree(folder)


def archive(members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return packed.getvalue()


def members(machine, path):
    with zipfile.ZipFile(machine.folder / path) as source:
        return {name: source.read(name) for name in source.namelist()}


def request_with(**changed):
    """A request zip with other members, whose hashes fit again."""
    def prepare(machine):
        found = members(machine, REQUEST)
        described = json.loads(found["request.json"])
        for what, content in changed.items():
            name = {"site": "site.yaml", "csr": "hospital-a.csr"}[what]
            found[name] = content.encode()
            described[name.replace(".", "_").replace("hospital-a_", "") + "_sha256"] = (
                hashlib.sha256(found[name]).hexdigest()
            )
        found["request.json"] = json.dumps(described, indent=2).encode()
        machine.write(REQUEST, archive(found))
    return prepare


def with_member(path, name, content):
    """A zip with another member in the place of one, and no hash that fits."""
    def prepare(machine):
        machine.write(path, archive({**members(machine, path), name: content}))
    return prepare


def with_file(path, content):
    return lambda machine: machine.write(path, content)


def only(machine_members):
    return with_file(REQUEST, archive(machine_members))


def bomb(machine):
    """64 MiB of zeros in a member that says it has 80,000 bytes."""
    packed = bytearray(archive({"request.json": bytes(64 * MIB)}))
    central = packed.rindex(b"PK\x01\x02")
    for size in (22, central + 24):
        packed[size:size + 4] = struct.pack("<I", 80_000)
    machine.write(REQUEST, bytes(packed))


def sparse(machine):
    with open(machine.folder / REQUEST, "wb") as file:
        file.truncate(64 << 30)


def key(name):
    def prepare(machine):
        shutil.copy(VECTORS / "invalid/keys" / name, machine.folder / "ca/rootCA.key")
        machine.environment["FLAREKIT_CA_PASSPHRASE"] = "correct"
    return prepare


def server_with(hosts):
    text = (PROJECT / "examples/hospital/server.yaml").read_text()
    host = "      - 10.0.1.50\n"
    return with_file("hospital-a.yaml", text.replace(host, host + "".join(
        f"      - host-{n}.example.org\n" for n in range(hosts))))


def merges(count):
    """Merge keys of merge keys: each has all keys of two others."""
    lines = ["a0: &a0 {k: v}"]
    lines += [f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}], k{n}: v}}" for n in range(1, count)]
    return "\n".join(lines) + "\n"


def aliases(count):
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, count)]
    return "\n".join(lines) + "\n"


def noise(size):
    """Bytes that deflate cannot make smaller by more than half, as text."""
    return hashlib.shake_256(b"noise").hexdigest(size // 2)


def pem(label):
    """A block of nearly 64 KiB."""
    lines = f"{'MIIB' * 16}\n" * 1000
    return f"-----BEGIN {label}-----\n{lines}-----END {label}-----\n"


def filled(text, size):
    """So many bytes of a text in ASCII, again and again."""
    return (text * (size // len(text) + 1))[:size]


def lists(count):
    """A JSON object with an unknown field of so many values: lists, as deep in one another as they
    may be."""
    deep = 29
    return '{"x":[' + ",".join(["[" * deep + "]" * deep] * (count // deep)) + "]}"


def keys(size):
    """JSON, or YAML, of so many bytes with as many keys as have room."""
    count = size // 12
    return "{" + ",".join(f'"{n:07x}":1' for n in range(count)) + "}"


# Eight deflated blocks (RFC 1951 section 3.2.7) that hold nothing, each with tables of its own with
# codes of up to 15 bits.
EMPTY = bytes.fromhex(
    "04e001822449922449feffb9482c6a1e593d7b0780003c409024499224c9ff3f178945cd23ab67ef001080"
    "07089224499224f9ffe722b1a87964f5ec1d0002f000419224499224ffff5c2416358fac9ebd0340001e20"
    "4892244992e4ff9f8bc4a2e691d5b3770008c003044992244992fcff739158d43cb27af60e000178802049"
    "92244992ff7f2e128b9a4756cfde0120000f102449922449f2ffcf456251f3c8ead93b00"
)


def deflated(data):
    """A request zip with one member, which says that it is empty, and its deflated data."""
    name = b"request.json"
    header = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, 0, len(data), 0, len(name), 0)
    local = b"PK\3\4" + header + name + data
    central = (b"PK\1\2" + struct.pack("<H", 20) + header
               + struct.pack("<HHHII", 0, 0, 0, 0o100600 << 16, 0) + name)
    end = struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    return with_file(REQUEST, local + central + b"PK\5\6" + end)


SITE = ("name: hospital_federation\nparticipants:\n"
        "- {name: hospital-a, type: client, org: hospital_alpha}\n")
LONG = "x" * (MIB - 200)
# As much as may be inflated, out of nearly as much as may be deflated.
FULL = {f"m{n}": noise(100_000).encode() + bytes(MIB - 100_000) for n in range(4)}
BEGIN = "-----BEGIN "

COSTLY = [
    ("zip: 64 GiB", APPROVE, sparse),
    ("zip: 4 members of 1 MiB, all that is inflated", APPROVE, only(FULL)),
    ("zip: 255 KiB of deflated blocks without content", APPROVE,
     deflated(EMPTY * (255 * 1024 // len(EMPTY)) + b"\3\0")),
    ("zip: 2 MiB of deflated blocks without content", APPROVE,
     deflated(EMPTY * (2047 * 1024 // len(EMPTY)) + b"\3\0")),
    ("zip: 10,000 members", APPROVE, only({f"member-{n}": b"" for n in range(10_000)})),
    ("zip: a member of 1 MiB in 1,000 bytes", APPROVE, only({"request.json": bytes(MIB)})),
    ("zip: 64 MiB that are declared as 80,000 bytes", APPROVE, bomb),
    ("zip: a member's name of 60,000 bytes", APPROVE, only({"n" * 60_000: b""})),
    ("zip: 4 members of 1 MiB, in which a key seems to begin everywhere", APPROVE,
     only({f"m{n}": filled(BEGIN, MIB) for n in range(4)})),
    ("a file of 2 MiB, in which a key seems to begin everywhere", ("inspect", "file"),
     with_file("file", filled(BEGIN, 2 * MIB))),
    ("`request.json`: 1 MiB of lists", APPROVE,
     with_member(REQUEST, "request.json", lists(MIB // 2 - 20_000))),
    ("`request.json`: 9,900 lists", APPROVE,
     with_member(REQUEST, "request.json", lists(9_900))),
    ("`request.json`: 1 MiB of keys", APPROVE,
     with_member(REQUEST, "request.json", keys(MIB))),
    ("`request.json`: 1 MiB of brackets", APPROVE,
     with_member(REQUEST, "request.json", "[" * MIB)),
    ("`request.json`: a number of 1 MiB", APPROVE,
     with_member(REQUEST, "request.json", '{"a":' + "9" * (MIB - 10) + "}")),
    ("`site.yaml`: 1 MiB of keys", APPROVE, request_with(site=keys(MIB))),
    ("`site.yaml`: 1 MiB of brackets", APPROVE, request_with(site="[" * MIB)),
    ("`site.yaml`: 1 MiB of directives for tags", APPROVE,
     request_with(site="".join(f"%TAG !{n:05}! x\n" for n in range(60_000)))),
    ("`site.yaml`: 9,900 nodes", APPROVE,
     request_with(site=f"x: [{'a,' * 9_880}]\n" + SITE.replace("client", "none"))),
    ("`site.yaml`: 4,900 long keys, none of them a known one", APPROVE,
     request_with(site="".join(f"{'k' * 200}{n}: 1\n" for n in range(4_900)))),
    ("`site.yaml`: a text of 1 MiB", APPROVE, request_with(site=SITE + f"description: {LONG}\n")),
    ("`site.yaml`: a participant's name of 1 MiB", APPROVE,
     request_with(site=SITE.replace("hospital-a,", LONG + ","))),
    ("CSR: 64 KiB of base64", APPROVE, request_with(csr=pem("CERTIFICATE REQUEST"))),
    ("`signed.json`: 1 MiB, not signed", PACKAGE,
     with_member(SIGNED, "signed.json", keys(MIB))),
    ("`rootCA.pem` of the zip: 64 KiB", PACKAGE,
     with_member(SIGNED, "rootCA.pem", pem("CERTIFICATE"))),
    ("own definition: aliases that would be 2^60 nodes", ASK,
     with_file("hospital-a.yaml", aliases(60))),
    ("own definition: merge keys of merge keys, 60 deep", ASK,
     with_file("hospital-a.yaml", merges(60))),
    ("own definition: 2 host names too many", ASK, server_with(100)),
    ("own definition: 9,000 host names", ASK, server_with(9_000)),
    ("own definition: 1 MiB of keys", ASK, with_file("hospital-a.yaml", keys(MIB))),
    ("own profile: 1 MiB of keys", APPROVE, with_file("project_profile.yaml", keys(MIB))),
    ("CA key: too many rounds of PBKDF2", APPROVE, key("rsa-2048.costly-pbkdf2.pem")),
    ("CA key: scrypt with too much memory", APPROVE, key("rsa-2048.costly-scrypt.pem")),
]
