"""Builders as a site might have them, for test_builders.py."""

import json
import os

from nvflare.lighter.constants import PropKey, TemplateSectionKey
from nvflare.lighter.impl.cert import CertBuilder
from nvflare.lighter.impl.docker import DockerBuilder
from nvflare.lighter.impl.signature import SignatureBuilder
from nvflare.lighter.impl.static_file import StaticFileBuilder
from nvflare.lighter.impl.workspace import WorkspaceBuilder
from nvflare.lighter.spec import Builder


def everybody(project):
    """The participants but the server of another's kit, which is there for its address only."""
    return project.get_clients() + project.get_admins() or [project.get_server()]


def write(folder, name, text):
    with open(os.path.join(folder, name), "a", encoding="utf-8") as file:
        file.write(text)


class Note(Builder):
    """Writes into every folder of the kit."""

    def __init__(self, text="a note"):
        self.text = text

    def build(self, project, ctx):
        for participant in project.get_all_participants():
            for folder in (ctx.get_ws_dir, ctx.get_kit_dir, ctx.get_local_dir, ctx.get_transfer_dir):
                write(folder(participant), "site-note.txt", f"{self.text}\n")
            os.makedirs(os.path.join(ctx.get_local_dir(participant), "custom", "site"))


class Witness(Builder):
    """Writes down what it sees, and the order in which it is called."""

    def __init__(self, name="witness", **kwargs):
        self.name, self.kwargs, self.calls = name, kwargs, []

    def initialize(self, project, ctx):
        self.calls.append("initialize")
        ctx[f"site.{self.name}"] = sorted(key for key in ctx if key.startswith("site."))

    def build(self, project, ctx):
        self.calls.append("build")
        self.seen = self.look(project, ctx)

    def finalize(self, project, ctx):
        self.calls.append("finalize")
        ctx.setdefault("site.order", []).append(self.name)
        found = {
            "arguments": repr(sorted(self.kwargs.items())),
            "calls": self.calls,
            "while building": self.seen,
            "in the end": self.look(project, ctx),
            "order": ctx["site.order"],
        }
        for participant in everybody(project):
            write(ctx.get_local_dir(participant), f"site-{self.name}.json", json.dumps(found))

    def look(self, project, ctx):
        top = ctx.get_workspace()
        return {
            "project": [project.name, project.description, repr(project.props)],
            "participants": [
                [one.name, one.type, one.org, one.subject, one.get_default_host(), self.props(one)]
                for one in project.get_all_participants()
            ],
            "folders": [
                os.path.relpath(folder(one), top)
                for one in project.get_all_participants()
                for folder in (ctx.get_ws_dir, ctx.get_kit_dir, ctx.get_local_dir, ctx.get_transfer_dir)
            ],
            "work": [os.path.relpath(path, top) for path in (ctx.get_wip_dir(), ctx.get_state_dir())],
            "mode": ctx.get_provision_mode(),
            "ports": [ctx.get("fed_learn_port"), ctx.get("admin_port"), ctx.get("server_name")],
            "site": [ctx[key] for key in sorted(ctx) if key.startswith("site.")],
            "stage": ctx["last_prod_stage"],
            "sections": sorted(ctx["__template__"]),
            # Of another's kit the server's folders stay empty: flarekit makes this kit only.
            "files": sorted(
                os.path.relpath(os.path.join(folder, file), ctx.get_wip_dir())
                for one in everybody(project)
                for folder, _, files in os.walk(ctx.get_ws_dir(one))
                for file in files
            ),
        }

    @staticmethod
    def props(participant):
        return repr(sorted((key, value) for key, value in participant.props.items()))


class FromTemplate(Builder):
    """Makes files of NVFlare's templates."""

    def initialize(self, project, ctx):
        ctx.load_templates(["master_template.yml", "aws_template.yml"])

    def build(self, project, ctx):
        for participant in everybody(project):
            ctx.build_from_template(
                ctx.get_kit_dir(participant),
                [TemplateSectionKey.CLOUD_SCRIPT_HEADER, TemplateSectionKey.AWS_START_SH],
                "aws_start.sh",
                replacement={"type": participant.type, "ORG": participant.org},
                exe=True,
            )
            ctx.build_from_template(
                ctx.get_local_dir(participant),
                TemplateSectionKey.SAMPLE_PRIVACY,
                "site-privacy.json",
                content_modify_cb=lambda section, mark: section.replace("scopes", mark),
                mark="marked",
            )
        ctx.info("made from templates")


class Overwrites(Builder):
    """Writes a file that the standard builder writes, too."""

    def build(self, project, ctx):
        for participant in everybody(project):
            for name in ("fed_client.json", "fed_server.json", "fed_admin.json"):
                path = os.path.join(ctx.get_kit_dir(participant), name)
                if os.path.exists(path):
                    with open(path, encoding="utf-8") as file:
                        document = json.load(file)
                    document["site"] = "was here"
                    with open(path, "w", encoding="utf-8") as file:
                        json.dump(document, file)
                else:
                    write(ctx.get_kit_dir(participant), f"site-no-{name}.txt", "")
                    if participant.type in name or (participant.type == "admin" and "admin" in name):
                        write(ctx.get_kit_dir(participant), name, "{}")


class ChangesProperties(Builder):
    """Changes what the standard files are made of."""

    def initialize(self, project, ctx):
        for client in project.get_clients():
            client.set_prop(PropKey.CAPACITY, {PropKey.NUM_GPUS: 3, PropKey.GPU_MEM: 5})
        ctx["fed_learn_port"] = 9002


class ChangesTemplate(Builder):
    """Changes a template after it was loaded."""

    def initialize(self, project, ctx):
        ctx.load_templates("master_template.yml")
        ctx["__template__"]["sample_privacy"] = '{"site": "template"}'


class Communication(Builder):
    """Sets the arguments from which the static-file builder makes comm_config.json in the end."""

    def build(self, project, ctx):
        for participant in everybody(project):
            participant.get_prop(PropKey.COMM_CONFIG_ARGS).update({"host": "127.0.0.1", "port": 9100})


class OwnStaticFiles(StaticFileBuilder):
    """A static-file builder of the site's own."""

    def build(self, project, ctx):
        super().build(project, ctx)
        for participant in everybody(project):
            write(ctx.get_kit_dir(participant), "site-scheme.txt", self.scheme)


class OwnCertificates(CertBuilder):
    """Replaced by the signed certificate, like its base."""


class OwnSignatures(SignatureBuilder):
    """Left out, like its base."""


class OwnWorkspace(WorkspaceBuilder):
    """Left out but for its template files, like its base."""


class Warns(Builder):
    """Has something to say."""

    def build(self, project, ctx):
        print("printed by a builder")
        ctx.warning("a warning of the site's builder")
        ctx.error("an error that is none")


class Fails(Builder):
    """Raises an error where it is told to."""

    def __init__(self, method="build"):
        self.method = method

    def fail(self, method):
        if method == self.method:
            raise ValueError(f"the site's builder fails in {method}")

    def initialize(self, project, ctx):
        self.fail("initialize")

    def build(self, project, ctx):
        self.fail("build")

    def finalize(self, project, ctx):
        self.fail("finalize")


class Composes(DockerBuilder):
    """Needs every participant's kit, like its base."""


class ForTheRuntime(Builder):
    """Sets a server's storage and a client's resources, as a site might."""

    def __init__(self, storage):
        self.storage = storage

    def build(self, project, ctx):
        for participant in everybody(project):
            local = ctx.get_local_dir(participant)
            with open(os.path.join(local, "resources.json.default"), encoding="utf-8") as file:
                resources = file.read().replace("/tmp/nvflare/", self.storage)
            write(local, "resources.json", resources)
            write(local, "site-note.txt", "made by a builder")


class FailsOddly(Builder):
    """Raises an error that is long and no Unicode."""

    def build(self, project, ctx):
        ctx.warning("said before")
        raise ValueError("odd \udcff\n" + "x" * 100_000)


class NoBuilder:
    """No builder at all."""
