"""The Python client's examples, as its README has them."""

import json
import re
import sys

from harness import REPO, Process, environment, run, wait_until

EXAMPLES = REPO / "clients" / "python" / "examples"
ENV = environment(PYTHONPATH=str(REPO / "clients" / "python"), PYTHONUNBUFFERED="1")


def join(hub, name, *role):
    code = json.loads(hub.lienthon("invite", name, "--role", *role, "--json").stdout)["code"]
    path = hub.dir / f"{name}.json"
    run(sys.executable, EXAMPLES / "join.py", code, path, env=ENV)
    assert path.stat().st_mode & 0o077 == 0
    return path


def test_a_notice_goes_from_post_to_listen_and_its_receipt_back(hub):
    team = join(hub, "to-so.an-thuong", "hamlet-team", "--hamlet", "an-thuong")
    screen = join(hub, "loa.an-thuong.09", "speaker", "--hamlet", "an-thuong")
    topic = f"{hub.xa}/an-thuong/thong-bao"
    listen = Process([sys.executable, EXAMPLES / "listen.py", screen, topic], hub.dir, env=ENV)
    asker = hub.office
    wait_until(lambda: any(row["durable"] == "listen" for row in asker.query("subscriptions")), "it listens", watch=listen)
    post = Process([sys.executable, EXAMPLES / "post.py", team, topic, "Mời bà con họp lúc 19 giờ."], hub.dir, env=ENV)
    wait_until(lambda: "loa.an-thuong.09 screen done" in post.text(), "the receipt", watch=post)
    assert re.search(r"\d\d:\d\d:\d\d to-so.an-thuong: Mời bà con họp lúc 19 giờ\.", listen.text())
    for process in (listen, post):
        process.kill()


def test_an_identity_is_not_written_over(hub):
    path = join(hub, "loa.an-thuong.10", "speaker", "--hamlet", "an-thuong")
    before = path.read_text()
    code = json.loads(hub.lienthon("invite", "loa.an-thuong.11", "--role", "speaker", "--hamlet", "an-thuong",
                                   "--json").stdout)["code"]
    assert run(sys.executable, EXAMPLES / "join.py", code, path, env=ENV, status=None).returncode != 0
    assert path.read_text() == before
