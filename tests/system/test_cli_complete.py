"""Completion in real shells: what is offered behind a TAB, from the tables and from the folder."""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time

import pytest

from harness import BIN, REPO, Commune, environment, run

LIENTHON = BIN / "lienthon"
SCRIPTS = REPO / "clients" / "cli" / "completion"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = Commune.init(tmp_path_factory.mktemp("complete") / "xa").dir
    (made / "identities" / "to-so.an-lac.yaml").write_text((made / "identity.yaml").read_text())
    (made / "bridges" / "loa.an-lac.yaml").write_text("bridge: speaker\n")
    return made


def offered(folder, *words, **options):
    """What `lienthon complete` offers, without what is said of it."""
    said = run(LIENTHON, "complete", "-C", folder, "--", *words, **options).stdout
    return [line.split("\t")[0] for line in said.splitlines()]


@pytest.mark.parametrize("words, some", [
    ([""], {"notice", "status", "rekey"}),
    (["no"], {"notice"}),
    (["notice", "--u"], {"--urgency"}),
    (["notice", "--"], {"--to", "--via", "--json", "--folder"}),
    (["notice", "Họp", "--to", ""], {"an-thuong", "an-lac", "an-hoa", "tat-ca"}),
    (["notice", "Họp", "--to", "an-thuong,an-l"], {"an-thuong,an-lac"}),
    (["notice", "Họp", "--to=an-l"], {"--to=an-lac"}),
    (["notice", "Họp", "--to", "=", "an-l"], {"an-lac"}),
    (["notice", "--via", ""], {"loa", "zalo", "facebook", "screen", "feed"}),
    (["notice", "--urgency", ""], {"thuong", "khan", "thuong-khan", "hoa-toc"}),
    (["invite", "loa.a", "--role", ""], {"speaker", "hamlet-team"}),
    (["grants", "--as", ""], {"van-phong", "hub", "to-so.an-lac"}),
    (["revoke", ""], {"van-phong", "hub"}),
    (["pub", "an-thanh-1/an-lac/thong-bao", "noti"], {"notice.v1"}),
    (["sub", "an-thanh-1/a"], {"an-thanh-1/an-lac/#", "an-thanh-1/an-lac/thong-bao"}),
    (["sub", "x", "an-thanh-1/#"], {"an-thanh-1/#"}),
    (["sub", "x", "--from", ""], {"new", "retained", "all"}),
    (["may", "van-phong", ""], {"notice.v1", "grant", "subscribe"}),
    (["dead", ""], {"list", "show", "again"}),
    (["dead", "list", ""], {"van-phong", "hub"}),
    (["bridge", "new", "kho", "--in", ""], {"c", "python"}),
    (["bridge", ""], {"new", "list", "show", "explain", "test", "quarantine", "reload"}),
    (["bridge", "show", ""], {"loa.an-lac"}),
    (["notice", "x", "--hear-like", ""], {"loa.an-lac"}),
    (["help", "co"], {"commune.yaml"}),
    (["import", ""], {":files"}),
    (["up", ""], {":folders"}),
])
def test_what_may_stand_there_is_offered(folder, words, some):
    found = offered(folder, *words)
    assert some <= set(found), found
    typed = words[-1] if words[-1] != "=" else ""
    assert all(word.startswith(typed) or word[0] == ":" for word in found)


def test_nothing_is_offered_where_nothing_is_known(folder):
    assert offered(folder, "notice", "") == []
    assert offered(folder, "status", "") == []
    assert offered(folder, "notice", "--", "--") == []
    assert offered(folder, "grants", "") == []


def test_another_folder_is_looked_into(folder, tmp_path):
    assert "an-lac" in offered(tmp_path, "-C", folder, "notice", "x", "--to", "")
    assert offered(tmp_path, "notice", "x", "--to", "an-") == []


def test_hidden_commands_are_not_offered(folder):
    assert "complete" not in offered(folder, "")


# In the shells

class Terminal:
    """A shell at a terminal: what is typed, and what it shows."""

    def __init__(self, args, env):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(args[0], args, env)
        self.shown = ""

    def type(self, text):
        os.write(self.fd, text.encode())

    def expect(self, pattern, timeout=20):
        until = time.monotonic() + timeout
        while not (found := re.search(pattern, self.shown)):
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                raise AssertionError(f"not shown: {pattern}\n{self.shown}")
            try:
                self.shown += os.read(self.fd, 65536).decode(errors="replace")
            except OSError:
                raise AssertionError(f"the shell has ended\n{self.shown}") from None
        self.shown = self.shown[found.end():]
        return found

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def shell_environment(folder, tmp_path):
    return environment(PATH=f"{BIN}:{os.environ['PATH']}", LIENTHON_DIR=str(folder), HOME=str(tmp_path), TERM="dumb",
                       LC_ALL="C.UTF-8", XDG_CONFIG_HOME=str(tmp_path), XDG_DATA_HOME=str(tmp_path))


@pytest.fixture(params=["bash", "zsh"])
def shell(request, folder, tmp_path):
    env = shell_environment(folder, tmp_path)
    if request.param == "bash":
        terminal = Terminal(["bash", "--norc", "--noprofile", "-i"], env)
        terminal.type("bind 'set show-all-if-ambiguous on'; bind 'set bell-style none'; bind 'set page-completions off'\n")
        terminal.type(f". {SCRIPTS}/lienthon.bash; cd {tmp_path}; PS1='ready''> '\n")
    else:
        terminal = Terminal(["zsh", "-f", "-i"], env)
        terminal.type("unsetopt zle_bracketed_paste beep; LISTMAX=1000\n")
        terminal.type(f"fpath=({SCRIPTS} $fpath); autoload -Uz compinit; compinit -u -D; cd {tmp_path}; PS1='ready''> '\n")
    terminal.expect("ready> ")
    yield terminal
    terminal.close()


def test_a_shell_completes_a_hamlet(shell):
    shell.type("lienthon notice 'Họp' --to an-t\t")
    shell.expect("an-thuong")


def test_a_shell_shows_all_hamlets(shell):
    shell.type("lienthon notice 'Họp' --to \t\t")
    for hamlet in ("an-hoa", "an-lac", "an-thuong"):
        assert shell.expect(r"(an-hoa|an-lac|an-thuong)")


def test_a_shell_completes_commands_options_and_roles(shell):
    shell.type("lienthon inv\t")
    shell.expect("invite ")
    shell.type("loa.a --ro\t")
    shell.expect("--role ")
    shell.type("spea\t")
    shell.expect("speaker")


def test_a_shell_completes_a_file(shell, tmp_path):
    (tmp_path / "goi-tin.ltb").touch()
    shell.type("lienthon import goi\t")
    shell.expect(r"goi-tin\.ltb")


@pytest.mark.parametrize("typed, shown", [
    ("lienthon sub 'an-thanh-1/an-lac/t", "an-lac/thong-bao'"),  # as the README writes patterns
    ("lienthon notice 'Họp' --to \"an-t", 'an-thuong"'),
    ("lienthon -C ~/nha notice x --to nha-t", "nha-tren"),
    ("lienthon -C $HOME/nha notice x --to nha-t", "nha-tren"),
    ("lienthon -C 'nha co dau' notice x --to nha-t", "nha-tren"),
    ("lienthon -C nha\\ co\\ dau notice x --to nha-t", "nha-tren"),
    ("lienthon import 'goi t", "goi tin\\.ltb'"),
])
def test_a_shell_completes_behind_quotes_and_home_folders(shell, tmp_path, typed, shown):
    run(LIENTHON, "init", tmp_path / "nha co dau", "--name", "Xã X", "--hamlet", "nha-tren=Nhà Trên", "--no-passphrase")
    (tmp_path / "nha").symlink_to(tmp_path / "nha co dau")
    (tmp_path / "goi tin.ltb").touch()
    shell.type(typed + "\t")
    shell.expect(shown)


@pytest.mark.parametrize("line, some", [
    ("lienthon sub \\'an-thanh-1/an-lac/t", ["an-thanh-1/an-lac/thong-bao"]),
    ("lienthon -C ~/nha notice x --to an-t", ["an-thuong"]),
    ("lienthon no", ["notice\tgive a notice; prints its id"]),
    ("lienthon notice x --to an-", ["an-thuong\tẤp An Thường", "an-lac\tẤp An Lạc"]),
    ("lienthon notice --urg", ["--urgency\t"]),
    ("lienthon invite x --role spea", ["speaker\tCụm loa"]),
    ("lienthon grants --as ", ["van-phong\t"]),
    ("lienthon import goi", ["goi-tin.ltb"]),
])
def test_fish_offers_with_what_it_is(folder, tmp_path, line, some):
    (tmp_path / "goi-tin.ltb").touch()
    (tmp_path / "nha").symlink_to(folder)
    found = subprocess.run([shutil.which("fish"), "--no-config", "-c", f"source {SCRIPTS}/lienthon.fish; complete -C '{line}'"],
                           capture_output=True, text=True, env=shell_environment(folder, tmp_path), cwd=tmp_path, timeout=60)
    for one in some:
        assert any(line.startswith(one) for line in found.stdout.splitlines()), found.stdout + found.stderr
