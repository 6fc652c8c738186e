#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts the results in meson's testlog.json.

A program that reports its cases (TAP or check) counts by cases, any other as one.
A case counts as passed only when it said so; a program that ended badly although
its cases passed counts as one more failure.
"""

import json
import re
import sys

PASSED = ("OK", "EXPECTEDFAIL")
TAP_CASE = re.compile(r"^(not )?ok\b(.*)$", re.M)
TAP_PLAN = re.compile(r"^1\.\.(\d+)(.*)$", re.M)
TAP_EXCUSE = re.compile(r"#\s*(skip|todo)", re.I)
CHECK = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)", re.M)


def count_tap(text):
    """passed, failed, skipped; None where the text is not TAP"""
    plan = TAP_PLAN.search(text)
    if not plan:
        return None
    passed = failed = skipped = 0
    for case in TAP_CASE.finditer(text):
        if TAP_EXCUSE.search(case[2]):
            skipped += 1
        elif case[1]:
            failed += 1
        else:
            passed += 1
    promised = int(plan[1])
    if promised == 0:
        skipped += 1
    failed += max(promised - passed - failed - skipped, 0)
    return passed, failed, skipped


def count_check(text):
    results = [[int(n) for n in match] for match in CHECK.findall(text)]
    if not results:
        return None
    checks, failures, errors = (sum(column) for column in zip(*results))
    return checks - failures - errors, failures + errors, 0


def count(test):
    text = test.get("stdout") or ""
    result = test["result"]
    cases = count_tap(text) or count_check(text)
    if result == "SKIP":
        return 0, 0, max(cases[2] if cases else 1, 1)
    if result == "EXPECTEDFAIL" or not cases:
        return (1, 0, 0) if result in PASSED else (0, 1, 0)
    passed, failed, skipped = cases
    if result not in PASSED and not failed:
        failed = 1
    return passed, failed, skipped


def main():
    try:
        with open(sys.argv[1], encoding="utf-8") as log:
            tests = [json.loads(line) for line in log]
    except OSError as error:
        print(f"no test has run: {error}", file=sys.stderr)
        tests = []
    counts = [count(test) for test in tests] or [(0, 1, 0)]
    passed, failed, skipped = (sum(column) for column in zip(*counts))
    for test, (_, bad, left_out) in zip(tests, counts):
        if bad:
            print(f"failed: {test['name']} ({bad})")
        if left_out:
            print(f"skipped: {test['name']} ({left_out})")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


sys.exit(main())
