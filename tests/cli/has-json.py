#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether one of the lines of FILE is an object with the MEMBERS, and with REASON within its reason.
Usage: has-json.py FILE MEMBERS [REASON]"""
import json
import sys

path, members, reason = (sys.argv[1:] + [""])[:3]
wanted = json.loads(members)
with open(path) as file:
    objects = [json.loads(line) for line in file]
if not any(all(o.get(name) == value for name, value in wanted.items()) and reason in o.get("reason", "")
           for o in objects):
    sys.exit(f"none of {objects}")
