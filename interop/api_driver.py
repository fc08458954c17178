"""Speaks the FLARE API for the runtime tests, in a process that can be given up on.

One JSON object a line comes in: `kit`, `user`, `call` and `arguments`; each is done in a session of
its own. One goes out: `value`, or `error` and `message`.
"""

import json
import os
import sys

from nvflare.fuel.flare_api.flare_api import new_secure_session


def status(session):
    """The server's state and the names of the connected clients."""
    found = session.get_system_info()
    clients = {client.name: client.last_connect_time for client in found.client_info}
    return {"server": found.server_info.status, "clients": clients}


def submit(session, folder):
    """Submits the job in `folder`; returns its id."""
    return session.submit_job(folder)


def wait(session, job, seconds):
    """Waits for the job's end; returns its final status."""
    return session.wait_for_job(job, timeout=seconds, poll_interval=1.0)["status"]


def jobs(session):
    """The ids of the jobs that this user sees."""
    return [job["job_id"] for job in session.list_jobs()]


def result(session, job, folder):
    """Downloads the job's result below `folder`; returns where it is."""
    return session.download_job_result(job, folder)


def restart(session, target, names, seconds):
    """Restarts clients, the server or all, and waits until they are back."""
    return session.restart(target, names or None, timeout=seconds)


def shutdown(session, target, seconds):
    """Shuts clients, the server or all down, and waits until they are gone."""
    return session.shutdown(target, timeout=seconds)


CALLS = {call.__name__: call for call in (status, submit, wait, jobs, result, restart, shutdown)}


def answer(request):
    """Does one request in a new session."""
    try:
        session = new_secure_session(
            request["user"], request["kit"], timeout=15.0, auto_login_max_tries=2
        )
        try:
            value = CALLS[request["call"]](session, *request["arguments"])
            return {"value": json.loads(json.dumps(value, default=str))}
        finally:
            session.close()
    except Exception as error:
        return {"error": type(error).__name__, "message": str(error)}


def main():
    """Answers until standard input closes."""
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        channel.write(json.dumps(answer(json.loads(line))) + "\n")
        channel.flush()
    channel.close()
    # The communication threads of closed sessions may linger; nothing is left for them to do.
    os._exit(0)


if __name__ == "__main__":
    main()
