"""A site's own builders: the same `builders:` block, applied by both programs."""

import itertools
import os
import subprocess
import sys
import tempfile
import unittest

import ceremony
import kits
import programs
import test_kits
from federation import SERVER, SITES, Federation, wait_until
from prepared import Prepared, differences
from programs import Reference

LIGHTER = "nvflare.lighter.impl"
WORKSPACE = {"path": f"{LIGHTER}.workspace.WorkspaceBuilder"}
STATIC = {"path": f"{LIGHTER}.static_file.StaticFileBuilder"}
CERTIFICATES = {"path": f"{LIGHTER}.cert.CertBuilder"}
SIGNATURES = {"path": f"{LIGHTER}.signature.SignatureBuilder"}
STANDARD = [WORKSPACE, STATIC, CERTIFICATES, SIGNATURES]
CLASSES = programs.HERE / "classes"
TEMPLATES = ["master_template.yml", str(CLASSES / "site_template.yml")]


def static(**arguments):
    """The static-file builder with arguments."""
    return {**STATIC, "args": arguments}


def own(class_name, **arguments):
    """A class of `classes/site_builders.py`."""
    return {"path": f"site_builders.{class_name}", **({"args": arguments} if arguments else {})}


class Builders(Prepared):
    """One signed zip, packaged by both programs with the same block."""

    cases = {}

    @classmethod
    def prepare(cls):
        cls.profile = cls.place.write("profile.yaml", ceremony.profile())
        cls.ca = cls.place / "ca"
        cls.reference.init(cls.place, cls.profile, cls.ca)
        cls.root = kits.certificate(cls.ca / "rootCA.pem")
        cls.flarekit.python_path = cls.reference.python_path = str(CLASSES)

    @classmethod
    def request(cls, place, cert_type, builders):
        """A request folder whose definition has the block, and its signed zip."""
        definition = ceremony.participant(cert_type, team="blue", builders=builders)
        site = place.write("participant.yaml", definition)
        cls.flarekit.request(place, site, place / "request")
        signed = place / "site.signed.zip"
        request_zip = place / "request" / f"{ceremony.NAMES[cert_type]}.request.zip"
        # A CA of its own, because a CA remembers whom it approved.
        ca = ceremony.copy_of(cls.ca, place / "approver-ca")
        cls.flarekit.approve(place, request_zip, ca, cls.profile, signed)
        return signed

    @classmethod
    def package(cls, program, place, signed, **options):
        """One program's packaging, in a copy of the request folder: its result and workspace."""
        folder = ceremony.copy_of(place / "request", place / f"request-{program.name}")
        workspace = place / f"workspace-{program.name}"
        pin = kits.fingerprint(cls.root)
        words = ("package", signed, "-w", workspace, "--request-dir", folder, "--fingerprint", pin)
        return program.run(*words, cwd=place.path, home=place.home, **options), workspace


class SameKits(Builders):
    """Both programs make the same kit."""

    cases = {}

    @classmethod
    def work(cls, place, cert_type, builders):
        signed = cls.request(place, cert_type, builders)
        made = []
        for program in (cls.flarekit, cls.reference):
            _, workspace = cls.package(program, place, signed)
            made.append(ceremony.kit_folder(workspace, ceremony.NAMES[cert_type]))
        lines = test_kits.compare_kits(place, cert_type, *made)
        lines += differences("the site's", *(files_of_site(kit) for kit in made))
        for arguments in ((), ("-d",)):
            runs = [docker_run(place, kit, *arguments) for kit in made]
            lines += differences("docker.sh", *runs)
        if lines:
            raise AssertionError("\n".join(lines))


def files_of_site(kit):
    """What the site's own builders wrote, byte for byte, and the templates' files."""
    names = ("site-*", "aws_start.sh", "comm_config.json")
    return {str(file.relative_to(kit)): file.read_text() for name in names for file in kit.rglob(name)}


STAND_IN = """#!/bin/sh
printf '%s\\n' "$@" > "$RECORD"
"""


def docker_run(place, kit, *arguments):
    """What `docker.sh` has docker do: the command, and the options in any order."""
    script = kit / "startup/docker.sh"
    if not script.exists():
        return {}
    tools, record = place / "tools", place / f"docker-{kit.parts[-4]}"
    tools.mkdir(exist_ok=True)
    (tools / "docker").write_text(STAND_IN)
    (tools / "docker").chmod(0o755)
    environment = programs.clean_environment(place.home)
    environment.update(PATH=f"{tools}:{environment['PATH']}", RECORD=str(record), GPU2USE="--gpus=all")
    subprocess.run([str(script), *arguments], env=environment, check=True, capture_output=True, timeout=30)
    words = record.read_text().replace(f"{kit}/startup/..", "<kit>").replace(str(kit), "<kit>")
    words = words.replace("/workspace/\n", "/workspace\n").splitlines()
    image = words.index("nvflare/nvflare:2.9.0")
    command = words[image + 1 :]
    if command[:2] == ["/bin/bash", "-c"]:
        # The reference starts Python through a shell that only waits for it.
        command = command[2].split()
    return {"options": sorted(words[:image]), "command": sorted(command)}


class Refusals(Builders):
    """What flarekit refuses, and says; as a rule the reference makes no kit of it either."""

    cases = {}

    @classmethod
    def work(cls, place, builders, code, reason, words, reference_too=True):
        signed = cls.request(place, "client", builders)
        result, workspace = cls.package(cls.flarekit, place, signed, expect=None)
        found = (result.envelope.get("error_code"), result.envelope.get("reason"))
        assert found == (code, reason), result
        for word in words:
            assert word in result.envelope["message"], result
        assert not workspace.exists(), "something was left"
        theirs, _ = cls.package(cls.reference, place, signed, expect=None)
        assert not reference_too or theirs.status != 0, theirs


class Messages(Builders):
    """What builders print and say."""

    cases = {}

    @classmethod
    def work(cls, place, python, reason):
        signed = cls.request(place, "client", [own("Warns")])
        options = ("--python", python) if python else ()
        folder, workspace = place / "request", place / "workspace"
        words = ("package", signed, "-w", workspace, "--request-dir", folder, *options)
        result = cls.flarekit.run(*words, cwd=place.path, home=place.home, expect=None)
        if reason:
            assert not workspace.exists(), "something was left"
            assert result.envelope.get("reason") == reason, result
            return
        messages = [warning["message"] for warning in result.data["warnings"]]
        assert any("a warning of the site's builder" in message for message in messages), result
        assert any("an error that is none" in message for message in messages), result
        assert "printed by a builder" in result.stderr, result
        assert result.data["builders"] == ["site_builders.Warns"], result


class OtherVersion(Builders):
    """An NVFlare whose builders may be different ones."""

    cases = {}

    @classmethod
    def work(cls, place):
        place.write("older/nvflare/__init__.py", '__version__ = "2.8.0"\n')
        place.write("older/nvflare/lighter/__init__.py", "")
        place.write("older/nvflare/lighter/spec.py", "class Builder:\n    pass\n")
        program = programs.flarekit()
        program.python_path = str(place / "older")
        signed = cls.request(place, "client", [own("Note")])
        result, workspace = cls.package(program, place, signed, expect=1)
        assert result.envelope["reason"] == "NVFLARE_UNSUPPORTED", result
        assert "2.8.0" in result.envelope["message"], result
        assert not workspace.exists(), "something was left"


class Example(Builders):
    """The Python class of docs/builders.md."""

    cases = {}

    @classmethod
    def work(cls, place):
        example = programs.HERE.parent / "examples/builders"
        made = []
        for program in (programs.flarekit(), Reference(1)):
            program.python_path = str(example)
            folder = place / program.name
            program.request(place, example / "hospital-b.yaml", folder)
            signed = place / f"{program.name}.signed.zip"
            ca = ceremony.copy_of(cls.ca, place / f"ca-{program.name}")
            program.approve(place, folder / "hospital-b.request.zip", ca, cls.profile, signed)
            workspace = place / f"workspace-{program.name}"
            program.package(place, signed, workspace, folder, kits.fingerprint(cls.root))
            local = ceremony.kit_folder(workspace, "hospital-b") / "local"
            made.append([(local / name).read_text() for name in ("contact.txt", "privacy.json")])
            if isinstance(program, Reference):
                program.close()
        assert made[0] == made[1], made
        assert made[0][0] == "Contact: it@hospital-beta.org\n", made


class Runtime(unittest.TestCase):
    """Kits of a site's own builders, in the real runtime."""

    def test_a_site_registers(self):
        """a server and a site with builders of their own start, and the site registers"""
        with tempfile.TemporaryDirectory(prefix="interop-", ignore_cleanup_errors=True) as folder:
            program = programs.flarekit()
            program.python_path = str(CLASSES)
            federation = Federation(programs.Place(folder), program, "grpc", "mtls")
            try:
                self.register(federation)
            except Exception as error:
                raise AssertionError(f"{error}\n{federation.tails()}") from error
            finally:
                federation.close()

    def register(self, federation):
        """Starts both, and waits for the site."""
        site, storage = SITES[0], str(federation.place / "storage")
        builders = [*STANDARD, own("ForTheRuntime", storage=storage)]
        for name, kind in ((SERVER, "server"), (site, "client")):
            made = federation.make_kit("own", name, kind, ceremony.ORG, builders=builders)
            self.assertTrue((made / "local/site-note.txt").exists())
            federation.kits[name] = made
        federation.start(SERVER)
        wait_until(federation.listens, 60, "the server's port")
        federation.start(site)
        registered = lambda: "Successfully registered" in federation.log(site)
        wait_until(registered, 60, "registration")


IMAGE = "nvflare/nvflare:2.9.0"
OF_EVERY_KIND = {
    "docker_image": [static(docker_image=IMAGE)],
    "config_folder": [static(config_folder="config_site")],
    "app_validator": [static(app_validator="site.Validator", download_job_url="http://site/jobs")],
    "scheme": [static(scheme="http", overseer_agent={"path": "x"})],
    "own_class_only": [own("Note", text="only this"), own("Witness")],
    "own_class_first": [own("Note"), own("Witness"), *STANDARD],
    "own_class_between": [WORKSPACE, CERTIFICATES, own("Note"), own("Witness"), STATIC, SIGNATURES],
    "own_class_last": [*STANDARD, own("Note"), own("Witness")],
    "several_in_order": [own("Witness", name="a"), *STANDARD, own("Witness", name="b")],
    "overwriting_before": [own("Overwrites"), *STANDARD],
    "overwriting_after": [*STANDARD, own("Overwrites")],
    "from_template": [own("FromTemplate"), own("Witness")],
    "changed_template": [own("ChangesTemplate"), *STANDARD],
    "communication": [*STANDARD, own("Communication")],
    "derived": [own("OwnWorkspace"), own("OwnSignatures"), own("OwnStaticFiles"), own("Witness")],
    "derived_certificates": [own("Note"), own("OwnCertificates"), own("Witness")],
    "arguments": [own("Witness", n=1, f=1.5, b=True, t="x", none=None, l=[1, {"a": "b"}])],
}
VARIANTS = {
    "changed_properties": ("client", [own("ChangesProperties"), *STANDARD]),
    "empty": ("client", []),
    "own_templates": ("client", [{**WORKSPACE, "args": {"template_file": TEMPLATES}}, STATIC]),
    "templates_of_nvflare": ("client", [{**WORKSPACE, "args": {"template_file": TEMPLATES[0]}}]),
    "aws_client": ("client", [*STANDARD, {"path": f"{LIGHTER}.aws.AWSBuilder"}]),
}

NOT_FOUND = ("LOCAL_SITE_INVALID", "BUILDER_NOT_FOUND")
UNUSABLE = ("LOCAL_SITE_INVALID", "BUILDER_UNUSABLE")
FAILED = ("BUILD_FAILED", "BUILDER_FAILED")
REFUSED = {
    "a module that is not there": ([{"path": "gone.Builder"}], *NOT_FOUND, ["gone"]),
    "a class that is not there": ([own("Gone")], *NOT_FOUND, ["site_builders.Gone"]),
    "a module that fails": ([{"path": "broken_builders.Any"}], *NOT_FOUND, ["RuntimeError: broken"]),
    "a path without a module": ([{"path": "Builder"}], *NOT_FOUND, []),
    "no builder": ([own("NoBuilder")], *UNUSABLE, ["no class derived"]),
    "an argument too many": ([own("Overwrites", text="x")], *UNUSABLE, ["TypeError"]),
    "a class derived from one for all kits": (
        [own("Composes")],
        "LOCAL_SITE_UNSUPPORTED_FEATURE",
        "UNSUPPORTED_BUILDER",
        ["site_builders.Composes"],
        # The reference composes the one kit.
        False,
    ),
    "a failure of odd words": ([own("FailsOddly")], *FAILED, ["in build: ValueError: odd ?\nxxx", "..."]),
    **{
        f"a failure in {method}": (
            [*STANDARD, own("Fails", method=method)],
            *FAILED,
            [f"'site_builders.Fails' failed in {method}: ValueError: the site's", "site_builders.py line"],
        )
        for method in ("initialize", "build", "finalize")
    },
}


def add_cases():
    for (name, builders), cert_type in itertools.product(OF_EVERY_KIND.items(), ("server", "client", "lead")):
        if name.startswith("config") and cert_type == "lead":
            continue
        words = f"{cert_type} kit, builders: {name.replace('_', ' ')}"
        SameKits.add(f"{name}_{cert_type}", words, cert_type, builders)
    for name, (cert_type, builders) in VARIANTS.items():
        SameKits.add(name, f"{cert_type} kit, builders: {name.replace('_', ' ')}", cert_type, builders)
    for name, case in REFUSED.items():
        Refusals.add(name.replace(" ", "_"), f"refused: {name}", *case)
    Messages.add("messages", "what a builder prints and says is shown", None, None)
    Messages.add("given", "the Python given with --python is used", sys.executable, None)
    OtherVersion.add("older", "NVFlare of another version is refused")
    Example.add("example", "the Python example of docs/builders.md")
    # The Python that the environment of NVFlare was made from.
    bare = os.path.realpath(sys.executable)
    Messages.add("bare", "a Python without NVFlare is refused", bare, "NVFLARE_NOT_FOUND")


add_cases()

if __name__ == "__main__":
    unittest.main()
