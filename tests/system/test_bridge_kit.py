"""The bridge kit as a stranger uses it: the example of bridges/README.md, compiled and run as it stands there."""

import re
import subprocess

import pytest
import yaml
from harness import BIN, REPO, Process, b64, environment, may_subscribe, run, wait_until
from test_speaker import SHORT, Desk

INCLUDES = [f"-I{REPO / path}" for path in ("schemas/include", "schemas/settings/include", "bridges/sdk/include")]


@pytest.fixture(scope="module")
def bridges(tmp_path_factory):
    """A folder with the README's bridge in it."""
    folder = tmp_path_factory.mktemp("bridges")
    text = (REPO / "bridges" / "README.md").read_text()
    source = re.search(r"```c\n(.*?)```", text, re.S).group(1)
    assert source.count("\n") < 150, "a useful bridge is short"
    (folder / "drop.c").write_text(source)
    built = subprocess.run(["cc", "-std=c17", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC",
                            *INCLUDES, "-o", folder / "drop.so", folder / "drop.c"], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return folder


@pytest.fixture
def drop(hub, bridges, tmp_path):
    """An instance of it, subscribed; its process and the folder into which it writes."""
    person = hub.issue("bridge.drop", publish=[], subscribe=[may_subscribe("an-thanh-1/an-thuong/thong-bao")])
    office = yaml.safe_load((hub.dir / "identity.yaml").read_text())
    for kind, secret in (("seed", person.identity.keys.secret[:32]), ("curve", person.identity.curve_secret)):
        path = hub.dir / "keys" / f"{person.name}.{kind}"
        path.write_text(b64(bytes(secret)) + "\n")
        path.chmod(0o600)
        office[kind] = f"keys/{person.name}.{kind}"
    office.update(principal=person.name, state=f"state/{person.name}")
    (hub.dir / "identities" / f"{person.name}.yaml").write_text(yaml.safe_dump(office, allow_unicode=True))
    (hub.dir / "bridges").mkdir(exist_ok=True)
    (hub.dir / "bridges" / "drop.yaml").write_text(yaml.safe_dump(
        {"bridge": "drop", "identity": person.name, "subscribe": ["an-thanh-1/an-thuong/thong-bao"],
         "options": {"folder": str(tmp_path)}}))
    process = Process([BIN / "lienthon-bridge", "drop", "-C", hub.dir], hub.dir,
                      env=environment(LIENTHON_BRIDGES=str(bridges)))
    wait_until(lambda: "subscribed target=" in process.text(), "its subscription", watch=process)
    yield process, tmp_path
    process.stop()
    (hub.dir / "bridges" / "drop.yaml").unlink()


def test_the_bridge_of_the_readme_does_what_it_says(hub, drop):
    process, folder = drop
    desk = Desk(hub)
    posted = desk.post({"text": SHORT})
    _, content, _ = desk.until(posted, "done")
    assert content["target"] == "drop"
    [file] = folder.glob("*.txt")
    assert file.read_text() == SHORT


def test_what_a_bridge_cannot_do_comes_again_until_it_can(hub, drop):
    process, folder = drop
    desk = Desk(hub)
    moved = folder.rename(folder.with_name("weg"))
    posted = desk.post({"text": SHORT})
    wait_until(lambda: "comes again" in process.text(), "a failure", watch=process)
    moved.rename(folder)
    desk.until(posted, "done")
    assert len(list(folder.glob("*.txt"))) == 1


def test_a_shared_object_that_is_no_bridge_is_told(hub, bridges, tmp_path):
    (bridges / "khac.c").write_text("int nothing;\n")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", bridges / "khac.so", bridges / "khac.c"], check=True)
    path = hub.dir / "bridges" / "khac.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text("bridge: khac\n")
    found = run(BIN / "lienthon-bridge", "khac", "-C", hub.dir, status=1, env=environment(LIENTHON_BRIDGES=str(bridges)))
    path.unlink()
    assert "is no bridge" in found.stderr
