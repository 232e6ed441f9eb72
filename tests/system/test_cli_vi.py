"""The command in Vietnamese: by the locale, complete, and with advice where something goes wrong."""

import datetime
import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from harness import BIN, REPO, Commune, Process, environment, run, vietnamese
from test_cli_complete import Terminal

sys.path.insert(0, str(REPO / "tests"))
import phrases  # noqa: E402

LIENTHON = BIN / "lienthon"
CATALOG = dict(phrases.entries(phrases.CATALOG.read_text(encoding="utf-8")))


# Which language

def language(**env):
    base = environment()
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"):
        base.pop(name, None)
    said = run(LIENTHON, "notice", "--help", env=dict(base, **env)).stdout
    return "vi" if "cách dùng:" in said else "en" if "usage:" in said else said


@pytest.mark.parametrize("env, expected", [
    ({}, "en"),
    ({"LANG": "vi_VN.UTF-8"}, "vi"),
    ({"LANG": "vi_VN"}, "vi"),
    ({"LANG": "vi"}, "vi"),
    ({"LANG": "C.UTF-8"}, "en"),
    ({"LANG": "en_US.UTF-8"}, "en"),
    ({"LANG": "vilnius"}, "en"),
    ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "vi_VN.UTF-8"}, "vi"),
    ({"LANG": "vi_VN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
    ({"LANG": "vi_VN.UTF-8", "LC_MESSAGES": "vi_VN.UTF-8", "LC_ALL": "C"}, "en"),
    ({"LANG": "vi_VN.UTF-8", "LC_ALL": ""}, "vi"),
    ({"LANG": "en_US.UTF-8", "LANGUAGE": "vi"}, "vi"),
    ({"LANG": "en_US.UTF-8", "LANGUAGE": "fr:vi:en"}, "vi"),
    ({"LANG": "vi_VN.UTF-8", "LANGUAGE": "en:vi"}, "en"),
    ({"LANG": "C", "LANGUAGE": "vi"}, "en"),
    ({"LC_ALL": "POSIX", "LANGUAGE": "vi"}, "en"),
])
def test_the_language_is_the_locales_in_the_usual_order(env, expected):
    assert language(**env) == expected


# The catalog

def test_every_message_has_a_translation():
    missing = [english for english in phrases.wanted(BIN) if not CATALOG.get(english)]
    assert not missing, "add to clients/cli/vi.po (tests/phrases.py lists them as entries):\n" + "\n".join(missing)


def test_formats_agree():
    found = subprocess.run(["msgfmt", "--check-format", "--check-domain", "-o", os.devnull, phrases.CATALOG],
                           capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    # msgfmt looks only at what is marked.
    text = phrases.CATALOG.read_text(encoding="utf-8")
    for english in CATALOG:
        if "%" in english:
            quoted = json.dumps(english, ensure_ascii=False)
            assert f"#, c-format\nmsgid {quoted}\n" in text, english


def test_translations_are_in_nfc_and_keep_their_line_ends():
    for english, vietnamese_text in CATALOG.items():
        assert unicodedata.normalize("NFC", vietnamese_text) == vietnamese_text, english
        assert english.endswith("\n") == vietnamese_text.endswith("\n"), english
        assert english.count("\n") == vietnamese_text.count("\n"), english


def test_all_help_is_vietnamese():
    said = json.loads(run(LIENTHON, "help", "--json").stdout)
    for command in [None, *(one["command"] for one in said["commands"])]:
        shown = run(LIENTHON, *([command] if command else []), "--help", env=vietnamese()).stdout
        for english in ("usage:", "example:", "exit codes:", "this help", "print JSON"):
            assert english not in shown, (command, shown)


# What an officer reads when something goes wrong

def says(found, *parts):
    text = re.sub(r"\s+", " ", found.stderr)
    for part in parts:
        assert part in text, found.stderr


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    before = len(Process.running)
    made = Commune.init(tmp_path_factory.mktemp("vi") / "xa").start()
    yield made
    made.stop()
    del Process.running[before:]


def test_a_wrong_hamlet(office):
    says(office.lienthon("notice", "Họp", "--to", "an-thuogn", status=2, env=vietnamese()),
         "không có ấp 'an-thuogn' trong commune.yaml; có phải an-thuong không?")
    says(office.lienthon("notice", "Họp", "--to", "xyz", status=2, env=vietnamese()), "có các ấp an-thuong, an-lac, an-hoa")


def test_a_wrong_channel(office):
    says(office.lienthon("notice", "Họp", "--to", "an-thuong", "--via", "loaa", status=None, env=vietnamese()),
         "body.channels", "'loaa' không phải một trong loa, zalo")


def test_no_hub(tmp_path):
    commune = Commune.init(tmp_path / "xa")
    says(commune.lienthon("grants", "--wait", "1", status=4, env=vietnamese()), "tcp://127.0.0.1:", "lienthon up", "không")
    found = commune.lienthon("notice", "Họp", "--to", "an-thuong", "--wait", "0", status=4, env=vietnamese())
    says(found, "chưa xác nhận", "tin được giữ lại")


def test_a_revoked_grant(office, tmp_path):
    code = json.loads(office.lienthon("invite", "to-so.cu", "--role", "hamlet-team", "--hamlet", "an-thuong", "--json").stdout)
    run(LIENTHON, "join", code["code"], "-C", tmp_path, env=vietnamese())
    run(LIENTHON, "notice", "Trước.", "--to", "an-thuong", "-C", tmp_path)
    said = office.lienthon("revoke", "to-so.cu", env=vietnamese()).stdout
    assert "to-so.cu không còn quyền nào" in said
    found = run(LIENTHON, "notice", "Sau.", "--to", "an-thuong", "-C", tmp_path, status=1, env=vietnamese())
    says(found, "giấy quyền của to-so.cu đã bị thu", "hãy xin mã mời mới")
    assert "grant" not in found.stderr
    # The number is the same for programs, whatever the language.
    found = run(LIENTHON, "grants", "--json", "-C", tmp_path, status=1, env=vietnamese())
    error = json.loads(found.stdout)
    assert error["number"] == 20 and "the grant of to-so.cu" in error["error"]


def test_a_used_invitation(office, tmp_path):
    code = json.loads(office.lienthon("invite", "to-so.hai", "--role", "hamlet-team", "--hamlet", "an-lac", "--json").stdout)
    said = run(LIENTHON, "join", code["code"], "-C", tmp_path / "one", env=vietnamese()).stdout
    assert "bây giờ bạn là to-so.hai ở Xã An Thạnh 1" in said
    says(run(LIENTHON, "join", code["code"], "-C", tmp_path / "two", status=1, env=vietnamese()), "đã được dùng", "mã")
    says(run(LIENTHON, "join", "lienthon:xyz", "-C", tmp_path / "three", status=2, env=vietnamese()), "không phải một mã mời")


def test_what_the_grant_does_not_allow(office, tmp_path):
    code = json.loads(office.lienthon("invite", "to-so.ba", "--role", "hamlet-team", "--hamlet", "an-lac", "--json").stdout)
    run(LIENTHON, "join", code["code"], "-C", tmp_path)
    found = run(LIENTHON, "notice", "Họp", "--to", "an-thuong", "-C", tmp_path, status=1, env=vietnamese())
    says(found, "to-so.ba không được nói notice.v1 trên an-thanh-1/an-thuong/thong-bao")
    said = run(LIENTHON, "may", "to-so.ba", "notice.v1", "an-thanh-1/an-thuong/thong-bao", "-C", office.dir, status=1,
               env=vietnamese()).stdout
    assert said.startswith("không: giấy quyền không nêu chủ đề nào bao gồm an-thanh-1/an-thuong/thong-bao (vai ")


def test_a_wrong_clock(office):
    library = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")))
    asan = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True).stdout.strip()
    preload = f"{asan} {library}" if b"__asan_init" in LIENTHON.read_bytes() else str(library)
    found = office.lienthon("notice", "Sai giờ.", "--to", "an-thuong", status=1,
                            env=vietnamese(LD_PRELOAD=preload, FAKETIME="-10d"))
    says(found, "đồng hồ máy này là", "của xã là", "hãy chỉnh lại cho đúng")


def test_a_wrong_passphrase(tmp_path):
    def word(text):
        path = tmp_path / "word"
        path.write_text(text + "\n")
        path.chmod(0o600)
        return str(path)

    folder = tmp_path / "xa"
    run(LIENTHON, "init", folder, "--name", "Xã Mật", "--hamlet", "an-lac=Ấp An Lạc",
        env=environment(LIENTHON_PASSPHRASE_FILE=word("con cò bay lả bay la")))
    commune = Commune(folder)
    commune.configure()
    before = len(Process.running)
    commune.hub = Process([BIN / "lienthond", "-C", folder], tmp_path)
    try:
        found = commune.lienthon("rekey", "van-phong", "--wait", "20", status=1,
                                 env=vietnamese(LIENTHON_PASSPHRASE_FILE=word("sai rồi sai rồi")))
        says(found, "đây không phải cụm mật khẩu của", "mời lại mọi người")
        # At the terminal, in one's own language; Ctrl-C leaves the terminal as it was.
        terminal = Terminal(["sh", "-c", f"trap true INT; {LIENTHON} rekey van-phong -C {folder}; stty -a; echo END"], vietnamese())
        terminal.expect("Cụm mật khẩu của khóa gốc của xã: ")
        terminal.type("\x03")
        assert re.search(r"(?<!-)\becho\b", terminal.expect(r"(?s)speed.*END")[0])
        terminal.close()
    finally:
        commune.hub.stop()
        del Process.running[before:]


def test_a_file_that_is_written_wrongly(tmp_path):
    commune = Commune.init(tmp_path / "xa")
    path = commune.dir / "commune.yaml"
    path.write_text(path.read_text() + "hamlts: {}\n")
    found = commune.lienthon("grants", status=1, env=vietnamese())
    says(found, "không biết mục 'hamlts'; có phải 'hamlets' không?", f"{path}:")


def test_what_does_not_fit_its_type(office):
    found = office.lienthon("pub", "an-thanh-1/an-lac/thong-bao", "notice.v1", input='{"title": "a"}', status=1,
                            env=vietnamese())
    says(found, "body: thiếu 'text'")


def test_statuses_are_vietnamese_and_in_the_communes_hours(office):
    id = json.loads(office.lienthon("notice", "Họp.", "--to", "an-hoa", "--at", "23:59", "--json").stdout)["id"]
    said = office.lienthon("status", id, env=vietnamese(TZ="UTC")).stdout
    assert re.search(r"an-thanh-1/an-hoa/thong-bao từ van-phong, gửi lúc \d\d:\d\d:\d\d, hẹn lúc 23:59:00", said), said
    english = office.lienthon("status", id).stdout
    assert "from van-phong, sent at " in english and "23:59:00" in english


def test_days_are_written_as_people_write_them(office):
    said = office.lienthon("grants", env=vietnamese()).stdout
    assert re.search(r"^van-phong .* \d\d/\d\d/20\d\d$", said, re.M), said
    assert re.search(r"^chủ thể +vai +tên +người cấp +đến ngày$", said, re.M), said
    office.lienthon("notice", "Họp.", "--to", "an-hoa")
    assert re.match(r"\d\d/\d\d/20\d\d \d\d:\d\d:\d\d  ", office.lienthon("history", env=vietnamese()).stdout)
    # What is read can be typed again.
    day = re.match(r"\S+ \S+", office.lienthon("history", env=vietnamese()).stdout)[0]
    assert "Họp." in office.lienthon("history", "--since", day, env=vietnamese()).stdout


def test_a_backup_is_dated_in_the_communes_hours(office, tmp_path):
    said = office.lienthon("backup", tmp_path / "b", "--no-passphrase", "--json").stdout
    made = datetime.datetime.fromtimestamp(json.loads(said)["made"] / 1000, datetime.timezone(datetime.timedelta(hours=7)))
    said = office.lienthon("backup", tmp_path / "b", "--verify", env=vietnamese(TZ="UTC")).stdout
    assert f"{tmp_path / 'b'} trọn vẹn ({made:%d/%m/%Y %H:%M:%S}, " in said


def test_the_doctor_says_all_of_it_in_vietnamese(office):
    english = json.loads(office.lienthon("doctor", "--json", status=None).stdout)["findings"]
    shown = office.lienthon("doctor", status=None, env=vietnamese()).stdout
    assert "WARNING" not in shown and re.search(r"^\d+ ổn, \d+ bỏ qua, ", shown, re.M)
    for finding in english:
        assert finding["text"] not in shown and (finding["advice"] or "\0") not in shown, finding


def test_a_question_is_asked_in_vietnamese(office):
    found = office.lienthon("rekey", "hub", "--connection", status=2, env=vietnamese())
    says(found, "hub sẽ có khóa kết nối mới", "hãy ghi --yes")
    terminal = Terminal([str(LIENTHON), "rekey", "hub", "--connection", "-C", str(office.dir)], vietnamese())
    terminal.expect(r"Có đúng ý không\? \(có/không\) ")
    terminal.type("không\n")
    terminal.expect("không có gì thay đổi")
    terminal.close()
