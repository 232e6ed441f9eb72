"""Bridges that are programs (bridges/sdk/PROGRAMS.md): what a stranger's program may rely on, and what the host does with one
that does not keep to its word. Each by real processes and a real hub."""

import concurrent.futures
import itertools
import json
import os
import re
import threading
import time

import pytest

from filedrop import dead_of
from harness import REPO, wait_until
from programs import Instance, Programs, is_running
from test_speaker import Desk

NOTE = "def on_deliver(line):\n    note(line['message']['body']['text'])\n    settle(line)\n"


LIMITS = {"joins": 100000}  # of the hub
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
    assert "ba lần" in content["detail"], content
    done = {re for re, outcome in before if outcome == "done"}
    while len(done) < 3:
        part = desk.receipt()
        done |= {part.re} if part.content()["outcome"] == "done" else set()
    assert done == {one.id for one in posted[:3]}
    assert sorted(text for text in one.notes() if not text.startswith("open")) == ["ba", "hai", "một"]


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


def test_what_the_host_holds_is_not_handed_on(hub, programs, instance, monkeypatch):
    """Its descriptors, and what the service manager says to it."""
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/for/both")
    one = instance("lay", """
def on_open(line):
    note("fds " + " ".join(sorted(os.listdir("/proc/self/fd"))))
    note("env %s %s" % (os.environ.get("NOTIFY_SOCKET"), os.environ.get("CREDENTIALS_DIRECTORY")))
    note("cwd " + os.getcwd())
    say(say="opened")
""")
    fds, env, cwd = one.notes()[1:]
    assert set(fds.split()[1:]) <= {"0", "1", "2", "3", "4"}, fds  # and the notes, and the list itself
    assert env == "env None /for/both" and cwd == f"cwd {hub.dir}"


# What it may ask for

def test_what_was_cancelled_meanwhile_is_not_begun_and_it_is_told(hub, instance):
    """The first is in its hands when it is called back; the second waits in the host, behind one that it fell over."""
    one = instance("lay", """
held = []
def on_deliver(line):
    held.append(line)
    note("has " + line["message"]["body"]["text"])
def on_other(line):
    if line["do"] == "cancel":
        note("cancelled by " + str(line["by"]["relation"]))
        say(say="begin", delivery=line["delivery"])
    if line["do"] == "begun":
        note("go %s" % line["go"])
""")
    desk = Desk(hub)
    posted = desk.post({"text": "Một."})
    one.wait_for_notes(lambda notes: "has Một." in notes, "the delivery")
    desk.client.say("an-thanh-1/an-thuong/thong-bao", "notice.v1", {"text": "Một."}, relation=3, re=posted.id)
    one.wait_for_notes(lambda notes: "go False" in notes, "the host's word")
    assert any(note.startswith("cancelled by ") for note in one.notes())
    _, content, _ = desk.until(posted, "skipped")
    assert content["detail"] == "cancelled"


def test_it_publishes_and_hears_what_became_of_it(hub, instance):
    one = instance("lay", """
def on_open(line):
    say(say="opened")
    say(say="publish", token="tốt", origin="lay:1", message={"type": "notice.v1", "body": {"text": "Từ xa."}})
    say(say="publish", token="lại", origin="lay:1", message={"type": "notice.v1", "body": {"text": "Từ xa."}})
    say(say="publish", token="sai", message={"type": "notice.v1", "body": {"txt": "Từ xa."}})
    say(say="publish", token="lạ", message={"type": "notice.v1", "topic": "noi/khac", "body": {"text": "x"}})
    say(say="publish", message={"type": "notice.v1", "body": {"text": "Không hỏi lại."}})
def on_other(line):
    if line["do"] == "published":
        note(" ".join([line["token"], line["code"], str(line["number"]), line.get("text", "")]))
""", start=False)
    desk = Desk(hub)
    desk.client.subscribe("an-thanh-1/an-thuong/thong-bao", sid="all")
    one.start()
    notes = one.wait_for_notes(lambda notes: len(notes) == 5, "four answers")
    told = {note.split()[0]: note.split(" ", 3) for note in notes[1:]}
    assert told["tốt"][1:3] == ["done", "0"] and told["lại"][1:3] == ["done-before", "1"]
    assert told["sai"][1:3] == ["body-wrong", "22"] and "txt" in told["sai"][3]
    assert told["lạ"][1:3] == ["not-allowed", "21"]
    texts = {desk.client.next(sid="all").part.content()["text"] for _ in range(2)}
    assert texts == {"Từ xa.", "Không hỏi lại."}


def test_its_reports_are_receipts_and_its_evidence_is_health(hub, instance):
    one = instance("lay", """
def on_deliver(line):
    say(say="working", delivery=line["delivery"])
    say(say="report", delivery=line["delivery"], seen="handed-over", detail="loa đã nhận")
    say(say="ill", what="xa quá")
    say(say="credential", name="page-token", until=4000000000000, soon=1000)
    say(say="well", what="tới rồi")
    settle(line, "done", why="đã phát")
""")
    desk = Desk(hub)
    desk.client.subscribe("an-thanh-1/suc-khoe/#", sid="health")
    posted = desk.post({"text": "Một."})
    found, content, before = desk.until(posted, "done")
    assert content["detail"] == "đã phát" and (posted.id, "handed-over") in before
    while True:
        health = desk.client.next(sid="health").part.content()
        if health.get("well", {}).get("what") == "tới rồi":  # what is ill may be told on its own before
            break
    assert health["state"] == "well" and health["ill"]["what"] == "xa quá"
    hours = {row["name"]: row["value"] for row in health["readings"]}["page-token-hours"]
    assert 0 < hours < 4_000_000_000_000 / 3_600_000


# The module for Python

SDK = """#!/usr/bin/python3
import os, threading
from lienthon_bridge import Bridge, text, number, duration, choice, texts, pairs, yes_no, secret
class Lay(Bridge):
    about = "a bridge of the tests"
    types = ["notice.v1"]
    options = [text("folder", required=True, help="where"), number("least", default=0, min=0, help="n"),
               duration("every-so", default="250ms", help="d"), choice("mode", ["a", "b"], default="b", help="c"),
               texts("rooms", help="l"), pairs("names", help="m"), yes_no("loud", default=True, help="y"),
               secret("key", help="s")]
    def note(self, words):
        with open(f"{self.option.folder}/notes", "a") as file:
            file.write(f"{words}\\n")
@PART@
if __name__ == "__main__":
    Lay().run()
"""


@pytest.fixture
def python(hub, programs, tmp_path):
    made = []

    def make(part, **options):
        name = f"py-{next(_numbers)}"
        programs.put(name, SDK.replace("@PART@", part))
        one = Instance(hub, programs, name, tmp_path / f"far.{name}")
        one.configure(folder=str(one.folder), **options)
        made.append(one.start())
        return one

    yield make
    for one in made:
        one.stop()


def test_options_come_as_what_they_are_in_python(python, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("mật\n")
    secret.chmod(0o600)
    one = python("""
    def open(self):
        o = self.option
        self.note([o.least, o.every_so, o.mode, o.rooms, o.names, o.loud, self.read_secret(o.key)])
        self.note([self.principal, self.instance, os.path.isdir(self.folder)])
        self.credential_until("page-token", 1, soon=60)
""", rooms=["x", "y"], names={"a": "b"}, key=f"file:{secret}")
    assert one.notes() == ["[0, 0.25, 'b', ['x', 'y'], {'a': 'b'}, True, 'mật']", f"['{one.principal}', '{one.name}', True]"]
    assert "mật" not in one.process.text()
    wait_until(lambda: "the credential page-token has ended" in one.process.text(), "the credential's end in the log")


def test_an_exception_comes_again_and_print_is_a_log_line(hub, python):
    one = python("""
    def deliver(self, delivery):
        print("xin chào")
        if delivery.attempt == 1:
            raise ValueError("chưa được")
        if delivery.begin():
            delivery.done()
""")
    desk = Desk(hub)
    desk.until(desk.post({"text": "Một."}), "done")
    log = one.process.text()
    assert "the program says line=xin chào" in log and "comes again attempt=1 why=ValueError: chưa được" in log
    assert "raise ValueError" in log and "the program ended" not in log


def test_what_is_no_text_or_no_number_ends_nobody_and_is_not_published(hub, python):
    """Names of files may have bytes that are no UTF-8: in Python they are lone surrogates."""
    one = python("""
    def deliver(self, delivery):
        if delivery.attempt == 1:
            raise ValueError("tệp \\udcff lạ")
        for what in ("\\udcff", float("nan")):
            for publish in (self.publish, self.publish_and_wait):
                try:
                    publish({"type": "notice.v1", "body": {"text": what}})
                except ValueError:
                    self.note("refused")
        try:
            delivery.intend("\\0")
        except ValueError:
            self.note("no key")
        self.log("nhật ký \\udcff")
        self.note(self.publish_and_wait({"type": "notice.v1", "body": {"text": "hai\\0nửa"}}))
        if delivery.begin():
            delivery.done("xong \\udcff\\0")
""")
    desk = Desk(hub)
    _, content, _ = desk.until(desk.post({"text": "Một."}), "done")
    log = one.process.text()
    assert content["detail"] == "xong ??" and one.notes() == ["refused"] * 4 + ["no key", "('done', '')"]
    assert "comes again attempt=1 why=ValueError: tệp ? lạ" in log and "line=nhật ký ?" in log
    assert "the program ended" not in log and "is wrong" not in log


def test_long_work_hears_that_it_is_cancelled_and_others_threads_settle(hub, python):
    one = python("""
    def deliver(self, delivery):
        self.note("has")
        threading.Thread(target=self.work, args=(delivery,)).start()
    def work(self, delivery):
        if not delivery.begin():
            return
        while not delivery.cancelled:
            delivery.working()
            threading.Event().wait(0.05)
        delivery.skipped("đã dừng")
        delivery.done("settled twice is settled once")
""")
    desk = Desk(hub)
    posted = desk.post({"text": "Một."})
    one.wait_for_notes(lambda notes: "has" in notes, "the delivery")
    desk.client.say("an-thanh-1/an-thuong/thong-bao", "notice.v1", {"text": "Một."}, relation=3, re=posted.id)
    _, content, _ = desk.until(posted, "skipped")
    assert content["detail"] == "đã dừng" and "is wrong" not in one.process.text()


def test_who_works_on_after_it_is_settled_is_no_fault_of_the_program(hub, python):
    """A thread that has not heard yet that another has settled it."""
    one = python("""
    def deliver(self, delivery):
        self.note(os.getpid())
        if delivery.begin():
            delivery.done()
        for _ in range(20):
            delivery.working()
            delivery.report("handed-over")
            delivery.sent("x")
""")
    desk = Desk(hub)
    desk.until(desk.post({"text": "Một."}), "done")
    desk.until(desk.post({"text": "Hai."}), "done")
    assert len(set(one.notes())) == 1 and "is wrong" not in one.process.text()


def test_publishing_can_be_waited_for_and_timers_go_on(hub, python):
    one = python("""
    def open(self):
        self.count = 0
        self.every(0.05, self.turn)
    def turn(self):
        self.count += 1
        if self.count == 1:
            raise RuntimeError("once")
        if self.count == 2:
            self.note(self.publish_and_wait({"type": "notice.v1", "body": {"text": "Từ xa."}}))
            self.note(self.publish_and_wait({"type": "notice.v1", "body": {}})[0])
            self.publish({"type": "notice.v1", "body": {"text": "Hai."}}, "lay:2")
    def published(self, token, code, text):
        self.note((token, code))
""")
    one.wait_for_notes(lambda notes: len(notes) == 3, "three answers")
    assert one.notes() == ["('done', '')", "body-wrong", "(3, 'done')"]
    assert "something does not work what=RuntimeError: once" in one.process.text()


def test_what_cannot_open_is_tried_again_and_ends_within_five_seconds(python):
    one = python("""
    def open(self):
        if not os.path.exists(f"{self.option.folder}/notes"):
            self.note("first")
            raise OSError("không có cổng")
    def close(self):
        self.note("closed")
""")
    assert "the program cannot open: OSError: không có cổng; it is ended" in one.process.text()
    one.process.stop()
    assert one.notes() == ["first", "closed"]
    one.start()


def test_two_threads_may_write_one_file(monkeypatch, tmp_path):
    """Each has its own beside it: what is there in the end is the one or the other, whole."""
    monkeypatch.syspath_prepend(str(REPO / "bridges" / "python"))
    from lienthon_bridge import write_file
    both, synced = threading.Barrier(2, timeout=20), os.fsync

    def fsync(fd):  # both are written, and neither has its name yet
        if not os.path.isdir(f"/proc/self/fd/{fd}"):
            both.wait()
        synced(fd)

    monkeypatch.setattr(os, "fsync", fsync)
    with concurrent.futures.ThreadPoolExecutor() as threads:
        wrote = [threads.submit(write_file, tmp_path / "bảng.txt", words) for words in ("một" * 5000, "hai")]
        assert [one.result() for one in wrote] == [None, None]
    assert (tmp_path / "bảng.txt").read_text() in ("một" * 5000, "hai") and len(list(tmp_path.iterdir())) == 1


def test_without_credentials_no_other_file_is_read_in_their_place(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(REPO / "bridges" / "python"))
    from lienthon_bridge import Bridge
    monkeypatch.chdir(tmp_path)
    (tmp_path / "token").write_text("of somebody else\n")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(FileNotFoundError, match="CREDENTIALS_DIRECTORY"):
        Bridge().read_secret("credential:token")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert Bridge().read_secret("credential:token") == "of somebody else"
    assert Bridge().read_secret("file:token") == "of somebody else" and Bridge().read_secret(None) is None


def test_started_by_hand_it_says_what_runs_it(programs):
    import os
    import pty
    import subprocess

    path = programs.put("tay", SDK.replace("@PART@", ""))
    ours, theirs = pty.openpty()
    found = subprocess.run([path], stdin=theirs, capture_output=True, text=True, timeout=20,
                           env=dict(programs.env, PYTHONPATH=str(REPO / "bridges" / "python")))
    os.close(ours), os.close(theirs)
    assert found.returncode == 1 and "lienthon-bridge runs it" in found.stderr


# What must not happen twice

ONCE = """
    def far(self):
        path = f"{self.option.folder}/far"
        return open(path).read().split() if os.path.exists(path) else []
    def deliver(self, delivery):
        if not delivery.intend():
            return
        self.note("acts")
        @ACTS@
        self.note("settles")
        delivery.done()
"""
RESOLVE = """
    def resolve(self, delivery, key, far_id):
        self.note(f"asked {key == delivery.key} {far_id}")
        if key in self.far():
            delivery.done("đã hỏi lại")
        else:
            delivery.undone()
"""
HAPPENS = 'open(f"{self.option.folder}/far", "a").write(delivery.key + "\\n")'
DIES_ONCE = 'os.path.exists(f"{self.option.folder}/died") or (open(f"{self.option.folder}/died", "w"), os.kill(os.getpid(), 9))'


@pytest.mark.parametrize("acts, notes", [
    (f"{HAPPENS}\n        {DIES_ONCE}", ["acts", "asked True None"]),
    (f"{DIES_ONCE}\n        {HAPPENS}", ["acts", "asked True None", "acts", "settles"]),
    (f"{HAPPENS}\n        delivery.sent('4711')\n        {DIES_ONCE}", ["acts", "asked True 4711"]),
    (f"{HAPPENS}\n        delivery.sent('4' * 256)\n        {DIES_ONCE}", ["acts", "asked True None"]),
], ids=["after it happened", "before it happened", "after the far side's id", "after an id too long to be kept"])
def test_what_was_cut_off_is_asked_for_and_happens_once(hub, python, acts, notes):
    one = python(ONCE.replace("@ACTS@", acts) + RESOLVE)
    desk = Desk(hub)
    desk.until(desk.post({"text": "Một."}), "done")
    assert one.notes() == notes
    assert len((one.folder / "far").read_text().split()) == 1


def test_what_nobody_can_ask_for_is_set_aside_and_not_repeated(hub, python):
    one = python(ONCE.replace("@ACTS@", f"{HAPPENS}\n        {DIES_ONCE}"))
    desk = Desk(hub)
    desk.until(desk.post({"text": "Một."}), "unknown")
    assert one.notes() == ["acts"] and len((one.folder / "far").read_text().split()) == 1


def test_a_far_side_that_asks_to_wait_uses_up_no_attempt(hub, python):
    one = python("""
    def deliver(self, delivery):
        self.note(delivery.attempt)
        if len(open(f"{self.option.folder}/notes").readlines()) < 4:
            delivery.again("xin chờ", seconds=0.2)
        elif delivery.begin():
            delivery.done()
""")
    desk = Desk(hub)
    desk.until(desk.post({"text": "Một."}), "done")
    assert one.notes() == ["1", "1", "1", "1"]


def test_what_is_cancelled_in_hand_and_then_fails_is_skipped_at_once(hub, instance):
    one = instance("giu", """
held = []
def on_deliver(line):
    held.append(line)
    say(say="begin", delivery=line["delivery"])
def on_other(line):
    if line["do"] == "begun":
        note("begun")
    if line["do"] == "cancel":
        settle(held[0], "again", why="chưa được", **{"in": 3600000})
""")
    desk = Desk(hub)
    posted = desk.post({"text": "Hoãn họp."})
    wait_until(lambda: "begun" in one.notes(), "it is begun", watch=one.process)
    desk.post({}, relation=3, re=posted.id)
    _, content, _ = desk.until(posted, "skipped")
    assert content["detail"] == "cancelled"


def test_what_a_program_does_not_know_is_held_for_a_person(hub, instance, programs):
    one = instance("ngo", "def on_deliver(line):\n    settle(line, 'unknown', why='đường truyền đứt giữa chừng')\n")
    desk = Desk(hub)
    posted = desk.post({"text": "Không rõ."})
    _, content, _ = desk.until(posted, "unknown")
    assert content["detail"].startswith("không biết đã làm hay chưa")
    held = programs.host(one.name, "-C", hub.dir, "--quarantine").stdout
    assert "đường truyền đứt giữa chừng" in held


def test_what_is_set_aside_for_a_long_reason_can_be_seen_and_released(hub, instance, programs):
    """The reason is cut at 255 bytes, and the 256th is in the middle of a character."""
    one = instance("ngo-3", "tried = []\ndef on_deliver(line):\n"
                   "    settle(line) if tried else settle(line, 'unknown', why='a' + 'ấ' * 200)\n"
                   "    tried.append(line)\n")
    desk = Desk(hub)
    posted = desk.post({"text": "Không rõ."})
    desk.until(posted, "unknown")
    [row] = map(json.loads, programs.host(one.name, "-C", hub.dir, "--quarantine", "--json").stdout.splitlines())
    assert row["why"] == "a" + "ấ" * 83 + "…"
    [kept] = hub.dir.rglob(f"aside/{row['name']}.msg")
    kept.with_name("0" * 32 + ".msg").write_bytes(b"damaged")
    found = programs.host(one.name, "-C", hub.dir, "--quarantine", "--json", status=1)
    assert json.loads(found.stdout) == row and "is not whole" in found.stderr
    programs.host(one.name, "-C", hub.dir, "--quarantine", "release", row["id"])
    desk.until(posted, "done")


def test_what_is_given_up_for_a_long_reason_is_a_dead_letter(hub, instance):
    """Its reason is cut at 255 bytes; uncut, the hub would never hear of it."""
    one = instance("ngo-4", "def on_deliver(line):\n    settle(line, 'gave-up', why='a' + 'ấ' * 200)\n")
    desk = Desk(hub)
    _, content, _ = desk.until(desk.post({"text": "Không được."}), "failed")
    assert content["detail"] == "a" + "ấ" * 83 + "…"
    [row] = wait_until(lambda: dead_of(hub, one), "a dead letter", watch=one.process)
    assert row["detail"] == "a" + "ấ" * 83 + "…" and "could not be acknowledged" not in one.process.text()


def test_a_terminal_obeys_nothing_of_what_strangers_have_written(hub, instance, programs, tmp_path):
    """ESC, and CSI as one character (C1), in what a program says and in a message."""
    one = instance("ngo-2", "def on_deliver(line):\n    settle(line, 'unknown', why='đứt\\x1b[2J giữa\\x9b2J chừng')\n")
    desk = Desk(hub)
    desk.until(desk.post({"text": "Không\x9b2J rõ.\x1b[2J"}), "unknown")
    [row] = map(json.loads, programs.host(one.name, "-C", hub.dir, "--quarantine", "--json").stdout.splitlines())
    draft = tmp_path / "tin.json"
    draft.write_text(json.dumps({"type": "notice.v1", "topic": "an-thanh-1/an-thuong/thong-bao", "body": {"text": "a\x9b2J"}}))
    said = [programs.host(one.name, "-C", hub.dir, *words).stdout
            for words in (["--quarantine"], ["--quarantine", "show", row["id"]], ["--dry-run", "--message", draft])]
    assert "đứt [2J giữa 2J chừng" in said[0] and "Không 2J rõ." in said[1] and "a 2J" in said[2]
    assert not any(mark in words for words in [*said, one.process.text()] for mark in ("\x1b", "\x9b"))
