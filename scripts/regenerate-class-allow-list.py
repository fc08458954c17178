#!/usr/bin/env python3
"""Writes the kit's list of allowed component classes from the installed NVFlare.

Run it with a Python that has NVFlare. With --check nothing is written: the exit status is 1 if
the file differs from what the installed NVFlare would give.
"""

import argparse
import json
import sys
from importlib.metadata import version
from pathlib import Path

from nvflare.app_common.default_component_policy import DEFAULT_CLASS_ALLOW_LIST

TARGET = Path(__file__).parent.parent / "crates/flarekit/src/kit/files/class_allow_list.json"

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--check", action="store_true", help="only compare")
arguments = parser.parse_args()

content = {
    "nvflare_version": version("nvflare"),
    "source": "nvflare.app_common.default_component_policy.DEFAULT_CLASS_ALLOW_LIST",
    "classes": list(DEFAULT_CLASS_ALLOW_LIST),
}
text = json.dumps(content, indent=2) + "\n"

if not arguments.check:
    TARGET.write_text(text, encoding="utf-8")
elif not TARGET.is_file() or TARGET.read_text(encoding="utf-8") != text:
    sys.exit(f"{TARGET} differs from NVFlare {content['nvflare_version']}: run this without --check.")
