"""Bridges that are programs (bridges/sdk/PROGRAMS.md): what a stranger's program may rely on, and what the host does with one
that does not keep to its word. Each by real processes and a real hub."""

import itertools
import re
import time

import pytest

from harness import wait_until
from programs import Instance, Programs, is_running
from test_speaker import Desk

NOTE = "def on_deliver(line):\n    note(line['message']['body']['text'])\n    settle(line)\n"


_numbers = itertools.count(1)


@pytest.fixture
def programs(tmp_path):
    return Programs(tmp_path / "programs")


@pytest.fixture
def instance(hub, programs, tmp_path):
    """Makes an instance with a raw program of the test's own; each has a name that no other test has used."""
    made = []

    def make(name, part="", start=True, wait="the program is open", **about):
        name = f"{name}-{next(_numbers)}"
        programs.raw(name, part, **about)
        made.append(Instance(hub, programs, name, tmp_path / f"far.{name}"))
        return made[-1].start(wait) if start else made[-1]

    yield make
    for one in made:
        if one.file.exists():
            one.stop()


def test_a_message_reaches_the_program_and_its_word_is_the_receipt(hub, instance):
    one = instance("lay", NOTE)
    desk = Desk(hub)
    posted = desk.post({"text": "Họp lúc 19 giờ."})
    _, content, _ = desk.until(posted, "done")
    assert content["target"] == one.name and one.notes()[1:] == ["Họp lúc 19 giờ."]


def test_what_it_is_stands_in_the_lists(programs):
    programs.raw("lay", options=[
        {"name": "folder", "kind": "text", "required": True, "help": "where it writes"},
        {"name": "mode", "kind": "choice", "choices": ["nhanh", "cham"], "default": "cham", "help": "how"},
        {"name": "every", "kind": "duration", "default": "5m", "min": "1s", "max": "1h", "help": "how often"},
        {"name": "least", "kind": "number", "default": 0, "min": 0, "max": 9, "help": "how many"},
        {"name": "rooms", "kind": "list", "help": "which"}, {"name": "names", "kind": "map", "help": "who"}])
    programs.put("khong-chay", "#!/nowhere/python\n").chmod(0o644)
    programs.put("README.md", "not one")
    assert re.fullmatch(r"lay +a bridge of the tests\n", programs.host("--list").stdout)
    sample = programs.host("--sample", "lay").stdout
    assert all(line in sample for line in ("bridge: lay", 'mode: "cham"', "  least: 0", "  #rooms:"))


def test_a_wrong_option_is_told_with_its_place_and_the_nearest_spelling(hub, programs, instance):
    one = instance("lay", start=False, options=[
        {"name": "folder", "kind": "text", "required": True, "help": "where it writes"},
        {"name": "mode", "kind": "choice", "choices": ["nhanh", "cham"], "default": "cham", "help": "how"}])
    one.configure(folder="x", mode="chm")
    found = programs.host(one.name, "-C", hub.dir, "--check", status=1).stderr
    assert re.search(rf"{one.name}\.yaml:\d+:\d+: .*mode.*nhanh", found), found
    one.configure(foldr="x")
    assert "did you mean" in programs.host(one.name, "-C", hub.dir, "--check", status=1).stderr
    one.configure(folder="x")
    assert f"is right: bridge={one.name}" in programs.host(one.name, "-C", hub.dir, "--check").stdout
    one.file.unlink()


@pytest.mark.parametrize("text, sentence", [
    ("#!/usr/bin/python3\nimport khong_co\n", "ended without an answer: ModuleNotFoundError: No module named 'khong_co'"),
    ("#!/nowhere/python\n", "it cannot be run"),
    ("#!/bin/sh\necho xin chào\n", 'not a JSON object with "say": "describe"'),
    ("#!/bin/sh\nexit 0\n", "ended without an answer: it said nothing"),
    ("""#!/bin/sh\necho '{"say": "describe", "version": 9}'\n""", "describes itself wrongly: version: allowed: 1"),
    ("""#!/bin/sh\necho '{"say": "describe", "version": 1, "about": ""}'\n""", "about: allowed: one line of text"),
    ("""#!/bin/sh\necho '{"say": "describe", "version": 1, "about": "x", "types": "notice.v1"}'\n""", "types: allowed: a list"),
    ("""#!/bin/sh\necho '{"say": "describe", "version": 1, "about": "x", "settle": "1ms"}'\n""", "settle, silence: allowed"),
    ("""#!/bin/sh\necho '{"say": "describe", "version": 1, "about": "x", "options": [{"name": "A"}]}'\n""",
     "options[0].name: allowed: a-z 0-9 -"),
    ("""#!/bin/sh\necho '{"say": "describe", "version": 1, "about": "x", "options": [{"name": "a", "kind": "texts"}]}'\n""",
     "options[0].kind: allowed: text, secret, number"),
    ("""#!/bin/sh\necho '{"say": "describe", "version": 1, "about": "x", "options": [{"name": "a", "kind": "text"}, """
     """{"name": "a", "kind": "text"}]}'\n""", "options[1].name: allowed: a name that no other option has"),
    ("""#!/bin/sh\necho '{"say": "describe", "version": 1, "about": "x", "options": [{"name": "a", "kind": "number", """
     """"max": 5, "default": 9}]}'\n""", "a default: "),
    ("""#!/bin/sh\necho '{"say": "describe", "version": 1, "about": "x", "options": [{"name": "a", "kind": "choice"}]}'\n""",
     "options[0].choices: allowed: a list of texts"),
])
def test_one_that_cannot_be_used_says_why_and_the_others_are_listed(programs, text, sentence):
    programs.put("hong", text)
    programs.raw("lay")
    found = programs.host("--list").stdout
    assert re.search(r"^lay +a bridge of the tests$", found, re.M)
    assert "cannot be used: the bridge hong" in found and sentence in found, found


# One that does not keep to its word

def test_a_program_that_dies_is_started_again_and_its_message_comes_to_the_next(hub, instance):
    one = instance("lay", """
def on_deliver(line):
    note(line['message']['body']['text'])
    if len(open(os.path.join(options['folder'], 'notes')).readlines()) == 2:
        os._exit(3)
    settle(line)
""")
    desk = Desk(hub)
    posted = desk.post({"text": "Một."})
    desk.until(posted, "done")
    first, one_text, second, again = one.notes()
    assert first.startswith("open ") and second.startswith("open ") and first != second
    assert one_text == again == "Một."
    assert "the program ended with status=3; it is started again in 0.5 s" in one.process.text()
    assert one.process.is_running()


def test_the_message_over_which_it_falls_is_given_up_and_no_other_suffers(hub, instance):
    """Four are in hand when it falls first; each is then tried alone, and only the guilty one counts."""
    one = instance("lay", """
waiting = []
def on_deliver(line):
    waiting.append(line)
    text = line['message']['body']['text']
    if text == 'độc':
        os.kill(os.getpid(), signal.SIGKILL)
    if len(waiting) == 4 or os.path.exists(os.path.join(options['folder'], 'fell')):
        for each in waiting:
            note(each['message']['body']['text'])
            settle(each)
        waiting.clear()
    open(os.path.join(options['folder'], 'fell'), 'w') if text == 'ba' else None
""")
    desk = Desk(hub)
    posted = [desk.post({"text": text}) for text in ("một", "hai", "ba", "độc")]
    _, content, before = desk.until(posted[3], "failed")
    assert content["detail"] == "chương trình của cầu nối đã ngã ba lần vì tin này"
    done = {re for re, outcome in before if outcome == "done"}
    while len(done) < 3:
        part = desk.receipt()
        done |= {part.re} if part.content()["outcome"] == "done" else set()
    assert done == {one.id for one in posted[:3]}
    assert sorted(text for text in one.notes() if not text.startswith("open")) == ["ba", "hai", "một"]
    assert "the program fell over a message, it is given up" in one.process.text()


@pytest.mark.parametrize("part, about, why", [
    ("def on_deliver(line):\n    pass\n", {"settle": "1s"}, "has done nothing with what it was given for too long"),
    ("def on_ping(line):\n    pass\n", {"silence": "1s"}, "does not answer"),
    ("def on_deliver(line):\n    time.sleep(1000)\n", {"silence": "1s"}, "does not answer"),
    ("def on_deliver(line):\n    while True: say(say='log', line='x')\n", {}, "floods: more than 5000 lines in a second"),
    ("def on_deliver(line):\n    while True: sys.stdout.write('x' * 65536)\n", {}, "says a line without an end (8 MiB)"),
    ("def on_deliver(line):\n    while True: print('không phải JSON', flush=True)\n", {}, "has said too much that is wrong"),
    ("def on_deliver(line):\n    os.close(1)\n    signal.pause()\n", {}, "has closed its standard output"),
    ("def on_open(line):\n    say(say='failed', why='không có cổng')\n    signal.pause()\n", {}, "cannot open: không có cổng"),
], ids=["settles nothing", "no pong", "sleeps", "floods", "no end", "rubbish", "closes its output", "does not open"])
def test_what_does_not_keep_to_its_word_is_told_ended_and_started_again(hub, instance, part, about, why):
    one = instance("lay", part, wait=None, **about)
    Desk(hub).post({"text": "Một."})
    one.wait_for_log(f"the program {why}; it is ended")
    one.wait_for_log("the program is started", count=2)
    assert not is_running(int(one.notes()[0].split()[1]))


def test_what_is_wrong_is_told_to_it_by_the_number_of_its_line(hub, instance):
    one = instance("lay", """
def on_other(line):
    if line["do"] == "wrong":
        note(line["why"])
def on_deliver(line):
    print("xin chào")
    say(say="hát")
    say(say="settle", delivery="99", outcome="done")
    say(say="settle", delivery=line["delivery"], outcome="xong")
    say(say="publish", message="x")
    settle(line)
    settle(line)
""")
    desk = Desk(hub)
    desk.until(desk.post({"text": "Một."}), "done")
    notes = one.wait_for_notes(lambda notes: len(notes) == 7, "six lines about what is wrong")
    for line, (found, sentence) in enumerate(zip(notes[1:], [
            "it is no JSON object", "nothing is called 'hát'", "delivery 99 is not open", "outcome: allowed: done, again",
            "message must be an object", "is not open: it was settled"]), 2):
        assert found.startswith(f"line {line if line < 7 else 8} of the program is wrong: ") and sentence in found, found
    assert one.process.is_running()


@pytest.mark.parametrize("part, told", [
    ("", "the program ended with status=0"),
    ("def on_close(line):\n    pass\n", "the program ended with status=0"),  # it hears the end of its input
    ("def on_close(line):\n    signal.pause()\n", "it is told to end"),
    ("def on_close(line):\n    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    time.sleep(1000)\n", "it is killed"),
], ids=["closes", "at the end of its input", "by SIGTERM", "by SIGKILL"])
def test_the_host_ends_within_five_seconds_whatever_the_program_does(hub, instance, part, told):
    one = instance("lay", part)
    pid = int(one.notes()[0].split()[1])
    begun = time.monotonic()
    one.stop()
    assert time.monotonic() - begun < 5
    assert told in one.process.text() and not is_running(pid)


def test_what_it_started_ends_with_it(hub, instance):
    one = instance("lay", """
def on_open(line):
    import subprocess
    note("child %d" % subprocess.Popen(["sleep", "1000"]).pid)
    say(say="opened")
""")
    child = int(one.notes()[1].split()[1])
    one.stop()
    wait_until(lambda: not is_running(child), "the end of its child")


def test_it_ends_when_its_host_is_killed(hub, instance):
    one = instance("lay")
    pid = int(one.notes()[0].split()[1])
    one.process.kill()
    wait_until(lambda: not is_running(pid), "its end")
    one.file.unlink()
