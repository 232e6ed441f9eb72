"""SECURITY.md names the test of each claim: it is there."""

import re

from harness import REPO


def known():
    names = set()
    for file in (REPO / "tests" / "system").glob("test_*.py"):
        names |= set(re.findall(r"^def test_(\w+)", file.read_text(), re.M))
    for file in (REPO / "tests" / "unit").glob("*_test.c"):
        names |= set(re.findall(r"^Test\(\w+, (\w+)", file.read_text(), re.M))
    names |= set(re.findall(r"^(\w+)\(\)", (REPO / "tests" / "package" / "inside").read_text(), re.M))
    return names


def test_every_test_that_security_md_names_is_there():
    text, names = (REPO / "SECURITY.md").read_text(), known()
    told = re.findall(r"`([a-z0-9]+(?:_[a-z0-9]+)+_?)(…?)`", text)
    assert len(told) > 30
    for name, cut in told:
        if name.endswith("_test"):
            continue  # a file, looked for below
        found = [one for one in names if one.startswith(name)] if cut else [one for one in names if one == name]
        assert found, f"SECURITY.md names {name}{cut}"
    for file in re.findall(r"\btest_[a-z_]+[a-z]\b", text):
        assert (REPO / "tests" / "system" / f"{file}.py").exists(), file
    for file in re.findall(r"\b([a-z]+(?:_[a-z]+)*)_test\b", text):
        assert (REPO / "tests" / "unit" / f"{file}_test.c").exists(), file
