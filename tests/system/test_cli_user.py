"""The command as people use it: at narrow terminals, in pipes, interrupted, and two at once."""

import json
import os
import re
import signal
import subprocess

import pytest

from harness import BIN, Commune, Process, environment, run, wait_until
from test_cli_complete import Terminal

LIENTHON = BIN / "lienthon"


def shown_at(columns, *args, **env):
    """What a terminal of that width shows."""
    terminal = Terminal(["sh", "-c", 'stty cols "$0"; "$@"; echo END', str(columns), str(LIENTHON), *map(str, args)],
                        environment(COLUMNS="", **env))
    text = terminal.expect("(?s)(.*)END\r\n")[1]
    terminal.close()
    return text.replace("\r\n", "\n")


@pytest.mark.parametrize("command", ["", "rekey", "notice", "dead"])
@pytest.mark.parametrize("locale", ["C.UTF-8", "vi_VN.UTF-8"])
def test_help_fits_a_narrow_terminal(command, locale):
    said = shown_at(50, *command.split(), "--help", LC_ALL=locale)
    assert len(said.splitlines()) > 20
    for line in said.splitlines():
        # Command lines are to be copied, and a word may be longer than a line.
        assert len(line) <= 50 or "lienthon " in line or len(line.split()) <= 2, line


def test_a_table_takes_two_lines_where_one_is_too_long(tmp_path):
    commune = Commune.init(tmp_path / "xa").start()
    try:
        wide = shown_at(140, "grants", "-C", commune.dir)
        narrow = shown_at(60, "grants", "-C", commune.dir)
        assert max(map(len, narrow.splitlines())) <= 60
        assert len(narrow.splitlines()) == 2 * len(wide.splitlines())
        for word in ("van-phong", "commune-office", "Văn phòng UBND xã", "root"):
            assert word in narrow and word in wide
    finally:
        commune.stop()


def test_what_is_no_terminal_gets_plain_text(hub):
    for args in (["grants"], ["invite", "loa.an-thuong.den", "--role", "speaker", "--hamlet", "an-thuong"], ["--help"]):
        said = hub.lienthon(*args) if args != ["--help"] else run(LIENTHON, "--help")
        assert "\x1b" not in said.stdout + said.stderr


def test_what_others_have_named_does_not_speak_to_the_terminal(hub):
    """ESC ]0; sets a window's title, U+009B begins a sequence too."""
    evil = "Loa \x1b]0;chiếm\x07\u009b2J đỏ"
    hub.issue("loa.doc-hai.01", name=evil)
    shown = hub.lienthon("grants").stdout
    assert "loa.doc-hai.01" in shown and "2J đỏ" in shown
    for args in (["sub", evil], [evil], ["may", evil, "query"]):
        found = hub.lienthon(*args, status=2)
        assert "2J đỏ" in found.stderr
        shown += found.stderr
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", shown)


def test_a_reader_that_goes_away_ends_it_quietly(hub):
    for number in range(3):
        hub.lienthon("notice", f"Tin {number}.", "--to", "an-thuong")
    found = subprocess.run(["bash", "-c", f'"{LIENTHON}" history -C "{hub.dir}" | head -n 1; echo "${{PIPESTATUS[0]}}"'],
                           capture_output=True, text=True, env=environment(), timeout=60)
    first, status = found.stdout.splitlines()
    assert "Tin 2." in first and status in ("0", "141")
    assert found.stderr == ""


def test_what_was_not_read_is_not_acknowledged(hub):
    """`sub | head -n 1` has taken one message, and not lost the second."""
    topic = "an-thanh-1/ong/a"
    hub.lienthon("pub", topic, "notice.v1", input='{"text": "một"}')
    first = hub.lienthon("sub", topic, "--durable", "ong", "--from", "all", "--count", "1", "--json")
    assert json.loads(first.stdout)["body"]["text"] == "một"
    reader, writer = os.pipe()
    sub = subprocess.Popen([LIENTHON, "sub", topic, "--durable", "ong", "--json", "-C", hub.dir], stdout=writer,
                           stderr=subprocess.PIPE, env=environment())
    os.close(writer)
    os.close(reader)
    hub.lienthon("pub", topic, "notice.v1", input='{"text": "hai"}')
    assert sub.wait(30) == -signal.SIGPIPE
    assert sub.stderr.read() == b""
    sub.stderr.close()
    second = hub.lienthon("sub", topic, "--durable", "ong", "--count", "1", "--json")
    assert json.loads(second.stdout)["body"]["text"] == "hai"


def test_a_full_disk_behind_standard_output_is_told():
    with open("/dev/full", "w") as full:
        found = subprocess.run([LIENTHON, "--help"], stdout=full, stderr=subprocess.PIPE, text=True, env=environment())
    assert found.returncode == 1 and "standard output cannot be written" in found.stderr


@pytest.mark.parametrize("json_too", [[], ["--json"]])
def test_what_a_full_disk_did_not_take_is_not_acknowledged(hub, json_too):
    topic = "an-thanh-1/day/a"
    hub.lienthon("pub", topic, "notice.v1", input='{"text": "không mất"}')
    with open("/dev/full", "w") as full:
        found = subprocess.run([LIENTHON, "sub", topic, "--durable", "day", "--from", "all", "--count", "1", *json_too,
                                "-C", hub.dir], stdout=full, stderr=subprocess.PIPE, text=True, env=environment())
    assert found.returncode == 1 and "standard output cannot be written" in found.stderr
    again = hub.lienthon("sub", topic, "--durable", "day", "--count", "1", "--json")
    assert json.loads(again.stdout)["body"]["text"] == "không mất"


def test_a_full_disk_behind_json_is_told_too():
    with open("/dev/full", "w") as full:
        found = subprocess.run([LIENTHON, "version", "--json"], stdout=full, stderr=subprocess.PIPE, text=True,
                               env=environment())
    assert found.returncode == 1 and "standard output cannot be written" in found.stderr


def test_a_question_is_answered_where_the_outbox_cannot_be_taken(hub):
    """A command that root has given before has left files that another user may not open."""
    hub.lienthon("notice", "Một.", "--to", "an-thuong")
    lock = hub.dir / "state" / "van-phong" / "command.lock"
    lock.unlink()
    lock.mkdir()  # as little to be opened, and for root too
    try:
        assert "van-phong" in hub.lienthon("grants").stdout
        found = hub.lienthon("notice", "Hai.", "--to", "an-thuong", status=1)
        assert "command.lock cannot be opened" in found.stderr
    finally:
        lock.rmdir()


def test_ctrl_c_while_it_waits_for_the_hub_loses_nothing(tmp_path):
    commune = Commune.init(tmp_path / "xa")
    process = Process([LIENTHON, "notice", "Giữ lại.", "--to", "an-thuong", "-C", commune.dir], tmp_path)
    outbox = commune.dir / "state" / "van-phong" / "command"
    wait_until(lambda: any(path.is_file() and b"Gi\xe1\xbb\xaf l" in path.read_bytes() for path in outbox.rglob("*")),
               "the notice to lie in the outbox", watch=process)
    process.signal(signal.SIGINT)
    assert process.wait() == -signal.SIGINT
    commune.start()
    try:
        found = commune.lienthon("grants")
        assert "reached the hub now: 1" in found.stderr
        assert "Giữ lại." in commune.lienthon("history").stdout
    finally:
        commune.stop()


def test_two_commands_at_once_take_turns_and_say_so(tmp_path):
    commune = Commune.init(tmp_path / "xa")
    first = Process([LIENTHON, "notice", "Một.", "--to", "an-thuong", "-C", commune.dir], tmp_path)
    lock = commune.dir / "state" / "van-phong" / "command.lock"
    wait_until(lock.exists, "the first to take the outbox", watch=first)
    second = Process([LIENTHON, "notice", "Hai.", "--to", "an-thuong", "-C", commune.dir], tmp_path,
                     env=environment(LC_ALL="vi_VN.UTF-8"))
    wait_until(lambda: "một lệnh khác của van-phong" in second.text(), "the second to say that it waits", watch=second)
    commune.start()
    try:
        assert first.wait() == 0 and second.wait() == 0
        said = commune.lienthon("history").stdout
        assert "Một." in said and "Hai." in said
    finally:
        commune.stop()


@pytest.mark.parametrize("words, hint", [
    (["notice", "Họp", "--urgensy=khan"], "did you mean --urgency?"),
    (["notice", "-5 độ", "--to", "an-thuong"], "behind --"),
    (["notice", "Họp", "--drill=yes"], "takes no value"),
    (["--urgency", "khan", "notice", "Họp"], "stands behind it: lienthon COMMAND --urgency"),
    (["subb", "x"], "did you mean 'sub'?"),
    (["grants", "--wait", "soon"], "a whole number from"),
    (["status"], "for example"),
    (["help", "notise"], "lists them"),
])
def test_a_slip_is_answered_with_what_is_right(words, hint, tmp_path):
    found = run(LIENTHON, *words, "-C", tmp_path, status=None)
    assert found.returncode == 2 and hint in found.stderr, found.stderr
    assert found.stdout == ""


def test_a_word_may_begin_with_a_dash_behind_two(tmp_path):
    folder = Commune.init(tmp_path / "xa").dir
    found = run(LIENTHON, "notice", "--to", "an-thuong", "--wait", "0", "-C", folder, "--", "-5 độ đêm nay.", status=4)
    assert re.fullmatch(r"[0-9a-f-]{36}\n", found.stdout)
