"""`lienthon notice --hear`: an officer hears what a loudspeaker would say, before anything is sent."""

import json
import os
import pty
import subprocess

import pytest
from harness import BIN, environment, run, vietnamese
from loa import Heard

TEXT = "UBND xã mời họp lúc 17h30."
SPOKEN = "Ủy ban nhân dân xã mời họp lúc mười bảy giờ ba mươi phút."


def sent(hub):
    return [line for line in hub.lienthon("history", "--json").stdout.splitlines() if TEXT in line]


def test_it_is_heard_and_sent_after_a_yes(hub, tmp_path):
    path = tmp_path / "nghe.wav"
    found = hub.lienthon("notice", TEXT, "--to", "an-thuong", "--title", "Họp dân", "--hear-to", path, "--yes", "--json")
    assert json.loads(found.stdout)["id"]
    assert found.stderr.splitlines()[:2] == ["Họp dân.", SPOKEN]
    assert Heard(path).has_speech(begin=3.2), "the chime, and then words"


def test_with_nobody_to_say_yes_nothing_is_sent(hub, tmp_path):
    before = len(sent(hub))
    found = hub.lienthon("notice", TEXT, "--to", "an-thuong", "--hear-to", tmp_path / "nghe.wav", status=2)
    assert SPOKEN in found.stderr and "--yes" in found.stderr and not found.stdout
    assert Heard(tmp_path / "nghe.wav").seconds > 3
    assert len(sent(hub)) == before


@pytest.mark.parametrize("answer, status", [("không", 1), ("có", 0)])
def test_whoever_is_asked_decides(hub, tmp_path, answer, status):
    officer, theirs = pty.openpty()
    os.write(officer, (answer + "\n").encode())
    before = len(sent(hub))
    found = subprocess.run([BIN / "lienthon", "-C", hub.dir, "notice", TEXT, "--to", "an-thuong", "--hear-to",
                            tmp_path / "nghe.wav"], stdin=theirs, env=vietnamese(), capture_output=True, text=True, timeout=60)
    os.close(officer), os.close(theirs)
    assert found.returncode == status, found.stderr
    assert "Thông báo chưa được gửi." in found.stderr
    assert len(sent(hub)) == before + (status == 0)


def test_without_a_sound_card_it_is_said_and_nothing_is_sent(hub, tmp_path):
    if os.path.exists("/dev/snd/controlC0"):
        pytest.skip("this machine has a sound card")
    before = len(sent(hub))
    found = hub.lienthon("notice", TEXT, "--to", "an-thuong", "--hear", "--yes", status=1)
    assert "cannot open the sound card" in found.stderr and "was not sent" in found.stderr
    assert len(sent(hub)) == before


def test_where_the_bridges_are_not_installed_it_is_said(hub, tmp_path):
    alone = tmp_path / "lienthon"
    alone.write_bytes((BIN / "lienthon").read_bytes())
    alone.chmod(0o755)
    found = run(alone, "-C", hub.dir, "notice", TEXT, "--to", "an-thuong", "--hear", "--yes", status=1,
                env=environment(PATH="/usr/bin:/bin"))
    assert "lienthon-bridges" in found.stderr


OWN = "CLĐ mời họp."


def instance(name, bridge="speaker", **words):
    return name, json.dumps({"bridge": bridge, "options": {"words": words}}, ensure_ascii=False)


@pytest.mark.parametrize("files, said", [
    ([instance("loa", CLĐ="Cù Lao Dung"), instance("kho", bridge="filedrop", CLĐ="kho")], "Cù Lao Dung mời họp."),
    ([instance("loa", CLĐ="Cù Lao Dung"), instance("loa-2")], None),
    ([instance("loa", CLĐ="Cù Lao Dung"), ("loa-2", "bridge: [")], None),
], ids=["one", "two", "broken"])
def test_the_words_of_the_only_loudspeaker_are_said(make_commune, tmp_path, files, said):
    hub = make_commune().start()
    (hub.dir / "bridges").mkdir(exist_ok=True)
    for name, text in files:
        (hub.dir / "bridges" / f"{name}.yaml").write_text(text)
    found = hub.lienthon("notice", OWN, "--to", "an-thuong", "--hear-to", tmp_path / "nghe.wav", "--yes")
    line = found.stderr.splitlines()[0]
    assert line == said if said else "Cù Lao Dung" not in line


def test_among_several_loudspeakers_one_is_named(make_commune, tmp_path):
    hub = make_commune().start()
    (hub.dir / "bridges").mkdir(exist_ok=True)
    for name, text in (instance("loa", CLĐ="Cù Lao Dung"), instance("loa-2", CLĐ="Chợ Lách Đông"), instance("kho", bridge="filedrop")):
        (hub.dir / "bridges" / f"{name}.yaml").write_text(text)
    words = ("notice", OWN, "--to", "an-thuong", "--hear-to", tmp_path / "nghe.wav", "--yes")
    found = hub.lienthon(*words, "--hear-like", "loa-2", "--json")
    assert found.stderr.splitlines()[0] == "Chợ Lách Đông mời họp."
    assert json.loads(found.stdout)["id"]
    assert hub.lienthon(*words, "--hear-like=loa").stderr.splitlines()[0] == "Cù Lao Dung mời họp."
    before = hub.lienthon("history", "--json").stdout
    for wrong, said in (("loa-3", "'loa-3'"), ("../bridges/loa", "'../bridges/loa'"), ("kho", "kho.yaml is not the instance file of a loudspeaker")):
        found = hub.lienthon(*words, "--hear-like", wrong, status=1 if wrong == "kho" else 2)
        assert said in found.stderr and "was not sent" in found.stderr and not found.stdout
    assert hub.lienthon("history", "--json").stdout == before


def test_say_takes_the_words_of_an_instance(tmp_path):
    name, text = instance("loa", CLĐ="Cù Lao Dung")
    path = tmp_path / "loa.yaml"
    path.write_text(text)
    assert run(BIN / "lienthon-say", "--words", "--speaker", path, OWN).stdout == "Cù Lao Dung mời họp.\n"
    path.write_text("bridge: filedrop\n")
    assert "loa.yaml is not the instance file of a loudspeaker" in \
        run(BIN / "lienthon-say", "--words", "--speaker", path, OWN, status=1).stderr
    path.write_text("bridge: speaker\noptions:\n  words:\n    A: [1]\n")
    assert "loa.yaml:4: options.words: " in run(BIN / "lienthon-say", "--words", "--speaker", path, OWN, status=1).stderr


def test_say_prints_the_words_alone():
    assert run(BIN / "lienthon-say", "--words", TEXT).stdout == SPOKEN + "\n"
    assert "usage:" in run(BIN / "lienthon-say", status=2).stderr
