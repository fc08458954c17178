"""What a kit's scripts start: found by running them with a stand-in for Python."""

import subprocess
from pathlib import Path

import programs

STAND_IN = """#!/bin/sh
printf '%s\\n' "$@" > "$RECORD.arguments"
printf '%s\\n' "PYTHONPATH=$PYTHONPATH" "MALLOC_ARENA_MAX=$MALLOC_ARENA_MAX" > "$RECORD.environment"
"""


def started_by(place, kit, script, *arguments, **variables):
    """Runs `startup/<script>` with `python3` replaced; returns what Python would have got.

    The kit's path is replaced by `<kit>`, so that two kits can be compared.
    """
    tools = place / "tools"
    tools.mkdir(exist_ok=True)
    stand_in = tools / "python3"
    stand_in.write_text(STAND_IN)
    stand_in.chmod(0o755)
    record = place / f"record-{len(list(place.path.iterdir()))}"
    environment = programs.clean_environment(place.home)
    environment["PATH"] = f"{tools}:{environment['PATH']}"
    environment["RECORD"] = str(record)
    environment.update({name: str(value) for name, value in variables.items()})
    done = subprocess.run(
        [str(Path(kit) / "startup" / script), *arguments],
        env=environment,
        cwd=place.path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
    )
    found = {"exit status": done.returncode}
    for part in ("arguments", "environment"):
        file = record.with_name(f"{record.name}.{part}")
        text = file.read_text() if file.exists() else f"(Python was not started)\n{done.stderr}"
        text = text.replace(f"{Path(kit)}/startup/..", "<kit>").replace(str(kit), "<kit>")
        for name, value in variables.items():
            text = text.replace(str(value), f"<{name}>")
        # With no PYTHONPATH of the caller's, a colon at the end adds nothing but the directory that
        # `python3 -m` searches anyway.
        found[part] = [line.rstrip(":") for line in text.splitlines()]
    return found
