"""Runs builders written for NVFlare; started by flarekit, which says in python.rs how they talk."""

import sys

if sys.path and not sys.path[0]:
    # "-c" puts the current directory there, where NVFlare's own program does not look for classes.
    del sys.path[0]

import copy
import importlib
import json
import os
import signal
import traceback

LONGEST = 500
"""Characters of a text that goes into an answer."""

MOST = 100
"""Messages of builders that are passed on."""


class Stop(Exception):
    """Why there is no kit, as flarekit wants to know it."""

    def __init__(self, why, **facts):
        super().__init__(why)
        self.facts = {"why": why, **facts}


class Channel:
    """The pipes to flarekit, out of the builders' reach: what they print goes to standard error."""

    def __init__(self):
        self.answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
        self.requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
        os.dup2(2, 1)
        sys.stdout.reconfigure(line_buffering=True)
        with open(os.devnull) as nothing:
            os.dup2(nothing.fileno(), 0)

    def task(self):
        return json.loads(self.requests.readline())

    def say(self, kind, **facts):
        sys.stdout.flush()
        self.answers.write(json.dumps({kind: facts}) + "\n")
        self.answers.flush()

    def ask(self, kind, **facts):
        """Has flarekit do something and waits until it is done."""
        self.say(kind, **facts)
        if not self.requests.readline():
            os._exit(1)


def text_of(value):
    # Names of files may hold what is no Unicode, which JSON cannot carry.
    text = str(value).encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= LONGEST else text[:LONGEST] + "..."


def require_nvflare():
    try:
        import nvflare
        from nvflare.lighter.spec import Builder  # noqa: F401
    except ImportError as error:
        raise Stop("no nvflare", error=text_of(error))
    version = str(getattr(nvflare, "__version__", "of an unknown version"))
    if version.split(".")[:2] != ["2", "9"]:
        raise Stop("other nvflare", error=text_of(version))


def load(path, arguments, coordinated):
    """An instance of the class."""
    from nvflare.lighter.spec import Builder

    try:
        module, _, name = path.rpartition(".")
        found = getattr(importlib.import_module(module), name)
    except BaseException as error:
        raise Stop("not found", builder=path, error=f"{type(error).__name__}: {text_of(error)}")
    if not (isinstance(found, type) and issubclass(found, Builder)):
        raise Stop("unusable", builder=path, error="it is no class derived from nvflare's Builder")
    for base in found.__mro__:
        if f"{base.__module__}.{base.__qualname__}".startswith(tuple(coordinated)):
            raise Stop("coordinated", builder=path)
    try:
        return found(**(arguments or {}))
    except BaseException as error:
        raise Stop("unusable", builder=path, error=f"{type(error).__name__}: {text_of(error)}")


def make_project(task, definition):
    """The project as a builder of one participant sees it: the participant and the server."""
    from nvflare.lighter.constants import PropKey
    from nvflare.lighter.entity import Project

    properties = copy.deepcopy(definition["participants"][0])
    name, org = properties.pop("name"), properties.pop("org")
    kind = properties.pop("type")
    project = Project(
        name=task["project"],
        description="",
        props={PropKey.CONN_SECURITY: task["connection_security"]},
    )
    server = task["server"]
    ports = {PropKey.FED_LEARN_PORT: server["fed_learn_port"], PropKey.ADMIN_PORT: server["admin_port"]}
    if task["is_server"]:
        if not properties.get(PropKey.CONN_SECURITY):
            properties[PropKey.CONN_SECURITY] = task["connection_security"]
        project.set_server(name, org, {**properties, **ports})
        return project
    properties.pop(PropKey.CONN_SECURITY, None)
    project.set_server(server["host"], "myorg", ports)
    if kind == "client":
        project.add_client(name, org, properties)
    else:
        properties[PropKey.ROLE] = task["participant"]["role"]
        project.add_admin(name, org, properties)
    return project


def read_by_static_files(project, ctx):
    """What the standard files are made of, apart from the templates."""
    from nvflare.lighter.constants import CtxKey, PropKey

    of_participant = (
        PropKey.CONN_SECURITY,
        PropKey.CUSTOM_CA_CERT,
        PropKey.USE_AIO,
        PropKey.AUTH_IDENTITY,
        PropKey.CONNECT_TO,
        PropKey.LISTENING_HOST,
        PropKey.DEFAULT_HOST,
        PropKey.CAPACITY,
        PropKey.ALLOW_LOG_STREAMING,
        PropKey.AUTHZ_SECTION_KEY,
        PropKey.FQSN,
        PropKey.IS_LEAF,
    )
    of_project = (PropKey.CONN_SECURITY, PropKey.CUSTOM_CA_CERT, PropKey.ALLOW_LOG_STREAMING, "studies")
    found = {key: project.get_prop(key) for key in of_project}
    found["project"] = project.name
    for one in project.get_all_participants():
        found[one.name] = [one.type, one.org, one.subject, *map(one.get_prop, of_participant)]
    found["ports"] = (ctx.get(CtxKey.FED_LEARN_PORT), ctx.get(CtxKey.ADMIN_PORT))
    found["mode"] = ctx.get_provision_mode()
    return found


def standard_builders(channel, make_context):
    """Builders that stand for the steps that flarekit does itself."""
    from nvflare.lighter.constants import CtxKey
    from nvflare.lighter.impl.static_file import StaticFileBuilder
    from nvflare.lighter.spec import Builder

    class Certificates(Builder):
        def build(self, project, ctx):
            channel.ask("certificates")

    class StaticFiles(StaticFileBuilder):
        """flarekit's own files; NVFlare's, if another builder has changed what they are made of."""

        def build(self, project, ctx):
            untouched, plain = make_context()
            StaticFileBuilder().initialize(untouched, plain)
            same = read_by_static_files(project, ctx) == read_by_static_files(untouched, plain)
            templates = ctx[CtxKey.TEMPLATE]
            for section, text in plain[CtxKey.TEMPLATE].items():
                same = same and templates.get(section) == text
            if same:
                channel.ask("static_files")
            else:
                super().build(project, ctx)

    class Program(Builder):
        def __init__(self, step):
            self.step = step

        def build(self, project, ctx):
            channel.ask("program", step=self.step)

    return Certificates, StaticFiles, Program


def arrange(task, definition, standard):
    """The builders in order, each with the name by which it is listed, and the template files."""
    from nvflare.lighter.impl.cert import CertBuilder
    from nvflare.lighter.impl.signature import SignatureBuilder
    from nvflare.lighter.impl.static_file import StaticFileBuilder
    from nvflare.lighter.impl.workspace import WorkspaceBuilder

    certificates, static_files, program = standard
    entries = definition.get("builders") or []
    workspace = task["workspace_builder"]
    templates = None
    if workspace is not None:
        templates = (entries[workspace].get("args") or {}).get("template_file")
    arranged = []
    for at, step in enumerate(task["steps"]):
        kind = step["kind"]
        arguments = entries[step["entry"]].get("args") if "entry" in step else None
        if kind == "certificates":
            arranged.append(("CertBuilder", certificates()))
        elif kind == "static_files":
            arguments = {**(arguments or {}), "scheme": task["scheme"]}
            arranged.append(("StaticFileBuilder", static_files(**arguments)))
        elif kind == "program":
            arranged.append((step["exec"][0], program(at)))
        else:
            # What is derived from a standard builder is treated like it.
            builder = load(step["path"], arguments, task["coordinated"])
            if isinstance(builder, WorkspaceBuilder):
                templates = templates or builder.template_files
            elif isinstance(builder, CertBuilder):
                arranged.append((step["path"], certificates()))
            elif not isinstance(builder, SignatureBuilder):
                if isinstance(builder, StaticFileBuilder):
                    builder.scheme = task["scheme"]
                arranged.append((step["path"], builder))
    # As in steps.rs: the certificates first, and the standard files after them.
    places = [at for at, (_, builder) in enumerate(arranged) if isinstance(builder, certificates)]
    if not places:
        arranged.insert(0, ("CertBuilder", certificates()))
    if not any(isinstance(builder, StaticFileBuilder) for _, builder in arranged):
        builder = static_files(scheme=task["scheme"])
        arranged.insert((places or [0])[0] + 1, ("StaticFileBuilder", builder))
    return arranged, templates


def call(name, builder, method, project, ctx):
    """One method of one builder; whatever goes wrong in it is told."""
    try:
        getattr(builder, method)(project, ctx)
    except BaseException as error:
        traceback.print_exc()
        frames = traceback.extract_tb(error.__traceback__)
        places = [f"{frame.filename} line {frame.lineno}" for frame in frames if frame.filename != "<string>"]
        raise Stop(
            "failed",
            builder=name,
            method=method,
            error=f"{type(error).__name__}: {text_of(error)}",
            trace=[text_of(place) for place in places[-3:][::-1]],
        )


class Messages:
    """Takes the builders' messages. What is told in the end is not printed now."""

    def __init__(self):
        self.kept = []

    def info(self, message):
        print(message, file=sys.stderr)

    debug = info

    def warning(self, message):
        self.kept.append(text_of(message))

    error = warning


def run(channel, task, messages):
    import yaml
    from nvflare.lighter.constants import CtxKey, ProvisionMode
    from nvflare.lighter.ctx import ProvisionContext

    definition = yaml.safe_load(task["site_yaml"])

    def make_context():
        project = make_project(task, definition)
        ctx = ProvisionContext(task["work_directory"], project)
        ctx.set_provision_mode(ProvisionMode.NORMAL)
        return project, ctx

    builders, templates = arrange(task, definition, standard_builders(channel, make_context))
    try:
        project, ctx = make_context()
    except Exception as error:
        raise Stop("failed", builder="Project", method="__init__", error=text_of(error))
    try:
        ctx.load_templates(templates)
    except Exception as error:
        raise Stop("failed", builder="WorkspaceBuilder", method="initialize", error=text_of(error))
    ctx.set_logger(messages)
    ctx[CtxKey.LAST_PROD_STAGE] = -1
    for participant in project.get_all_participants():
        for folder in (ctx.get_kit_dir, ctx.get_local_dir, ctx.get_transfer_dir):
            os.makedirs(folder(participant), exist_ok=True)
    order = [(method, builders) for method in ("initialize", "build")]
    order.append(("finalize", builders[::-1]))
    for method, list_of_builders in order:
        for name, builder in list_of_builders:
            call(name, builder, method, project, ctx)
    if ctx.get(CtxKey.BUILD_ERROR):
        error = f"{CtxKey.BUILD_ERROR} is set in the context"
        raise Stop("failed", builder=builders[-1][0], method="one of its methods", error=error)


def main():
    # Ctrl-C ends this as it ends flarekit: at once, without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    channel, messages = Channel(), Messages()
    try:
        task = channel.task()
        require_nvflare()
        channel.say("ready")
        run(channel, task, messages)
    except Stop as stop:
        for message in messages.kept:
            print(message, file=sys.stderr)
        channel.say("failed", **stop.facts)
        return
    channel.say("done", messages=messages.kept[:MOST])


main()
