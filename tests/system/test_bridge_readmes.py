"""The first lines of each bridge's README, typed as they stand there, on a device that has just joined."""

import json
import os
import re
import subprocess

import pytest
from harness import BIN, REPO


def first_block(bridge):
    text = (REPO / "bridges" / bridge / "README.md").read_text()
    return [line.strip() for line in re.search(r"(?:^    .*\n)+", text, re.MULTILINE)[0].splitlines()]


@pytest.mark.parametrize("bridge", ["filedrop", "feed", "http", "speaker"])
def test_the_lines_with_which_its_page_begins_lead_to_a_file_that_is_filled_in(hub, tmp_path, bridge):
    lines = first_block(bridge)
    invite, join, *rest = lines
    assert invite.startswith("lienthon invite ") and join.startswith("lienthon join lienthon:… "), lines
    made = hub.lienthon(*invite.split("#")[0].split()[1:], "--json")
    code = json.loads(made.stdout)["code"]
    env = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
    typed = [join.replace("lienthon:…", code), *(line for line in rest if not line.startswith("lienthon-bridge ") or "--sample" in line)]
    for line in typed:
        done = subprocess.run(["bash", "-ec", line], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, (line, done.stderr)
    [file] = tmp_path.glob("*/bridges/*.yaml")
    assert file.read_text().startswith(f"bridge: {bridge}\n")
    [run] = [line for line in rest if line.startswith("lienthon-bridge ") and "--sample" not in line]
    assert run.split()[1:4] == [file.stem, "-C", file.parent.parent.name]
