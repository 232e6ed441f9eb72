"""The bridge kit as a stranger uses it: what bridges/README.md says, compiled and run as it stands there."""

import http.server
import json
import os
import re
import signal
import subprocess
import threading

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


# The walk-through


def commands():
    """The README's blocks of commands, in their order."""
    return re.findall(r"```sh\n(.*?)```", (REPO / "bridges" / "README.md").read_text(), re.S)


@pytest.fixture
def stranger(hub, tmp_path):
    """A folder and an environment as the walk-through supposes them: the programs on the path, the development package
    installed, the source tree, and a commune."""
    prefix = tmp_path / "prefix"
    run("cmake", "--install", BIN.parent, "--prefix", prefix, "--component", "development")
    [packages] = prefix.glob("lib*/**/pkgconfig")
    place = tmp_path / "here"
    place.mkdir()
    (place / "bridges").symlink_to(REPO / "bridges")
    (place / "commune").symlink_to(hub.dir)
    env = environment(PKG_CONFIG_PATH=str(packages), PATH=f"{BIN}:{os.environ['PATH']}")
    env.pop("LIENTHON_BRIDGES", None)
    return place, env


def in_shell(block, place, env, **more):
    return run("bash", "-euo", "pipefail", "-c", block, cwd=place, env=env, **more)


class Service:
    """A web service: keeps what is posted, and answers with what is asked of it."""

    def __init__(self):
        self.posted, self.status = [], 200
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.posted.append((self.headers["Idempotency-Key"], json.loads(body)))
                self.send_response(service.status)
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/thong-bao"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def service():
    made = Service()
    yield made
    made.close()


def test_the_walk_through_makes_a_bridge_from_new_to_a_webhook_and_a_folder(hub, stranger, service):
    place, env = stranger
    make, try_out, start, use = commands()
    [useful] = re.findall(r"```python\n(.*?)```", (REPO / "bridges" / "README.md").read_text(), re.S)
    assert useful.count("\n") < 150, "a useful bridge is short"
    listed = in_shell(make, place, env)
    assert re.search(r"^kho +Notices as files in a folder", listed.stdout, re.M)
    assert "bridge: kho" in listed.stdout and "#folder:" in listed.stdout
    (place / "kho" / "kho").write_text(useful)  # the mode stays
    env.update(LIENTHON_BRIDGES=str(place / "kho"), HOOK=service.url)  # as `export` has said to the shell
    tried = in_shell(try_out, place, env)
    assert "bridges/kho.yaml is right: bridge=kho identity=bridge.kho" in tried.stdout
    assert "would be given to kho" in tried.stdout and f'POST {service.url}: "Thử."' in tried.stdout
    assert not service.posted
    process = Process(["bash", "-euc", start + "trap 'kill $!' TERM\nwait $! || wait $!"], place, cwd=place, env=env)
    wait_until(lambda: "subscribed target=kho" in process.text(), "its subscription", watch=process)
    service.status = 503  # at first: the notice comes again
    in_shell(use, place, env)
    wait_until(lambda: service.posted, "a first try", watch=process)
    service.status = 200
    wait_until(lambda: (hub.dir / "kho" / "sent" / "mat-nuoc.txt").exists(), "the file in sent/", watch=process)
    wait_until(lambda: len(service.posted) > 1, "the notice at the service", watch=process)
    assert {message["body"]["text"] for _, message in service.posted} == {"Mời bà con họp lúc 19 giờ."}
    assert len({key for key, _ in service.posted}) == 1
    process.signal(signal.SIGTERM)
    assert process.wait() == 0
    process.check_log()
    (hub.dir / "bridges" / "kho.yaml").unlink()
