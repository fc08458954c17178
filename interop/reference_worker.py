"""Runs commands of the reference without paying its start-up time for each.

NVFlare needs half a second to be imported, so this process imports it once and forks a child for
every command: each command still starts from the same clean state. One JSON object a line comes in
(`argv`, `cwd`, `home`, `python_path`), one goes out (`status`, `stdout`, `stderr`).
"""

import json
import os
import sys
import tempfile
import traceback

import nvflare.cli
import nvflare.lighter.provision  # noqa: F401 (imported here so that no child has to)
import nvflare.tool.cert.cert_commands  # noqa: F401
import nvflare.tool.package.package_commands  # noqa: F401


def run_in_child(request, stdout, stderr):
    """The forked child: becomes `nvflare <argv>` and never returns."""
    status = 70
    try:
        os.dup2(stdout.fileno(), 1)
        os.dup2(stderr.fileno(), 2)
        sys.stdout = open(1, "w", closefd=False)
        sys.stderr = open(2, "w", closefd=False)
        os.environ["HOME"] = request["home"]
        os.chdir(request["cwd"])
        if request["python_path"]:
            sys.dont_write_bytecode = True
            sys.path.insert(0, request["python_path"])
        sys.argv = ["nvflare", *request["argv"]]
        try:
            nvflare.cli.main()
            status = 0
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        except BaseException:
            traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def serve(requests, answers):
    """Answers requests until the other side closes the pipe."""
    for line in requests:
        request = json.loads(line)
        with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
            child = os.fork()
            if child == 0:
                run_in_child(request, stdout, stderr)
            _, wait_status = os.waitpid(child, 0)
            answer = {"status": os.waitstatus_to_exitcode(wait_status)}
            for name, file in (("stdout", stdout), ("stderr", stderr)):
                file.seek(0)
                answer[name] = file.read().decode("utf-8", "replace")
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    # The answers keep the real standard output; whatever NVFlare prints goes elsewhere.
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    serve(sys.stdin, channel)
