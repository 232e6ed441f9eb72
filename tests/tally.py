#!/usr/bin/env python3
"""Reads what the test programs left in a folder and ends with the line "N passed, N failed".

A system test that failed beside others and passed alone is told and counted as passed, unless a sanitizer spoke.
A program whose exit status says failure counts as one failure even where its own report shows none: Criterion
passes a test that leaks, and only the status tells.
"""
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def read_report(report):
    """(names passed, names failed, number skipped) of one XML report."""
    passed, failed, skipped = 0, [], 0
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        name = f"{case.get('classname') or report.stem}.{case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(name)
        elif case.find("skipped") is not None or case.get("status") == "SKIPPED":
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def passed_alone(folder):
    """Names that failed in the first run of the system tests, without a sanitizer's report, and passed in the second."""
    first, second = folder / "system.xml", folder / "again.xml"
    if not second.exists():
        return set()
    suspicious = set()
    for case in ElementTree.parse(first).getroot().iter("testcase"):
        if "Sanitizer" in "".join(case.itertext()) or "runtime error:" in "".join(case.itertext()):
            suspicious.add(f"{case.get('classname')}.{case.get('name')}")
    again = {f"{case.get('classname')}.{case.get('name')}"
             for case in ElementTree.parse(second).getroot().iter("testcase")
             if case.find("failure") is None and case.find("error") is None and case.find("skipped") is None}
    return again - suspicious


def main(folder):
    passed, failed, skipped = 0, [], 0
    alone = passed_alone(folder)
    for status_file in sorted(folder.glob("*.status")):
        name, status = status_file.stem, int(status_file.read_text())
        report, log = folder / f"{name}.xml", folder / f"{name}.log"
        these = []
        if report.exists():
            try:
                good, these, left_out = read_report(report)
                forgiven = [case for case in these if name == "system" and case in alone]
                for case in forgiven:
                    print(f"AGAIN {case}: failed beside others, passed alone")
                these = [case for case in these if case not in forgiven]
                status = 0 if forgiven and not these else status
                passed, skipped = passed + good + len(forgiven), skipped + left_out
            except ElementTree.ParseError as error:
                these = [f"{name}: its report cannot be read ({error})"]
        elif status == 0:
            these = [f"{name}: left no report"]
        if status != 0 and not these:
            these = [f"{name}: ended with status {status}"]
        if these and log.exists():
            print(f"---- {name}\n" + log.read_text(errors="replace")[-6000:])
        failed += these
    for name in failed:
        print(f"FAILED {name}")
    if passed + len(failed) == 0:
        failed = ["no test ran"]
        print("FAILED no test ran")
    print(f"{passed} passed, {len(failed)} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
