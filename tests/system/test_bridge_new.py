"""`lienthon bridge new`: what it makes builds, runs and passes at once, by the commands of its own README as they stand there."""

import os
import re

import pytest

from harness import BIN, LONG, REPO, environment, run
from programs import Instance, Programs
from test_speaker import Desk

LANGUAGES = ["c", "python"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The development package as it is installed, and the programs on the path."""
    prefix = tmp_path_factory.mktemp("prefix")
    for component in ("library", "development"):
        run("cmake", "--install", BIN.parent, "--prefix", prefix, "--component", component)
    env = environment(CMAKE_PREFIX_PATH=str(prefix), PATH=f"{BIN}:{os.environ['PATH']}")
    env.pop("LIENTHON_BRIDGES", None)
    return env


@pytest.fixture(scope="module", params=LANGUAGES)
def made(request, installed, tmp_path_factory):
    place = tmp_path_factory.mktemp(request.param)
    run("lienthon", "bridge", "new", f"kho-{request.param}", "--in", request.param, cwd=place, env=installed)
    return place / f"kho-{request.param}"


def commands(made):
    return re.findall(r"```sh\n(.*?)```", (made / "README.md").read_text(), re.S)


def in_shell(block, made, env, **more):
    return run("bash", "-euo", "pipefail", "-c", block, cwd=made, env=env, **more)


@pytest.fixture(scope="module")
def built(made, installed):
    first, _ = commands(made)
    said = in_shell(first, made, installed)
    return made, said.stdout


def test_its_readme_builds_and_lists_it(built):
    made, said = built
    assert re.search(rf"^{made.name} +Notices as files in a folder$", said, re.M)
    assert f"bridge: {made.name}" in said and "#folder:" in said


def test_it_does_with_a_hub_what_its_readme_says(hub, built, tmp_path):
    made, _ = built
    folder = made / "build" if (made / "build").exists() else made
    one = Instance(hub, Programs(folder), made.name, tmp_path / "kho").start(wait=None)
    desk = Desk(hub)
    posted = desk.post({"text": "Họp lúc 19 giờ."})
    desk.until(posted, "done")
    [file] = (tmp_path / "kho").glob("*.txt")
    assert file.read_text() == "Họp lúc 19 giờ."
    one.stop()


SOME = "".join(f" --only {check}" for check in ("config", "starts", "delivers", "stops", "dry-run", "far"))


def test_its_test_passes(built, installed):
    """Its last block of commands; all checks of the suite with LT_LONG=1, else some."""
    made, _ = built
    _, last = commands(made)
    assert last == "./test.sh\n"
    said = in_shell(last if LONG else last.strip() + SOME, made, installed, timeout=300).stdout
    if LONG:
        assert f": {made.name} 1, " in said.split("Liên Thôn conformance ")[1] and "24 held, 0 failed, 2 not seen" in said
    else:
        assert "6 held, 0 not seen" in said


def test_its_example_is_a_right_file(hub, built, installed):
    made, _ = built
    folder = made / "build" if (made / "build").exists() else made
    env = dict(installed, LIENTHON_BRIDGES=str(folder))
    file = hub.dir / "bridges" / f"{made.name}.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text((made / "example.yaml").read_text().replace(f"identity: bridge.{made.name}", "identity: van-phong"))
    assert "is right" in run("lienthon-bridge", made.name, "-C", hub.dir, "--check", env=env).stdout
    (hub.dir / "thu.json").write_text('{"type": "notice.v1", "topic": "an-thanh-1/an-thuong/thong-bao", "body": {"text": "Thử."}}')
    said = run("lienthon-bridge", made.name, "-C", hub.dir, "--dry-run", "--message", hub.dir / "thu.json", env=env).stdout
    assert f'a file in {made.name}: "Thử."' in said
    file.unlink()


def test_a_name_that_is_a_word_of_c_compiles(installed, tmp_path):
    run("lienthon", "bridge", "new", "switch", cwd=tmp_path, env=installed)
    run("cc", "-std=c17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{installed['CMAKE_PREFIX_PATH']}/include",
        tmp_path / "switch" / "switch.c")


@pytest.mark.parametrize("name", ["", "Kho", "1kho", "-kho", "kho-", "kho_hàng", "kho/x", "../kho", "k" * 41, "kho.so"])
def test_a_name_that_no_bridge_can_have_is_refused_and_nothing_is_made(tmp_path, name):
    said = run(BIN / "lienthon", "bridge", "new", "--", name, cwd=tmp_path, status=2).stderr
    assert "is no name for a bridge" in said
    assert not list(tmp_path.iterdir())


def test_what_is_there_is_left_as_it_is(tmp_path):
    (tmp_path / "kho").mkdir()
    (tmp_path / "kho" / "mine").write_text("mine")
    assert "is there already" in run(BIN / "lienthon", "bridge", "new", "kho", cwd=tmp_path, status=2).stderr
    (tmp_path / "noi").symlink_to("khong-co")
    assert "is there already" in run(BIN / "lienthon", "bridge", "new", "noi", cwd=tmp_path, status=2).stderr
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["kho", "mine", "noi"]


def test_where_it_cannot_be_made_nothing_is_left(tmp_path):
    said = run(BIN / "lienthon", "bridge", "new", "kho", tmp_path / "khong-co", status=1).stderr
    assert "cannot make a folder beside" in said
    (tmp_path / "bin").mkdir()
    copy = tmp_path / "bin" / "lienthon"
    copy.write_bytes((BIN / "lienthon").read_bytes())
    copy.chmod(0o755)
    here = tmp_path / "here"
    here.mkdir()
    assert "there are no templates" in run(copy, "bridge", "new", "kho", here, status=3).stderr
    assert not list(here.iterdir())


def test_every_template_is_installed(tmp_path):
    run("cmake", "--install", BIN.parent, "--prefix", tmp_path, "--component", "bridges")
    installed = {path.relative_to(tmp_path / "share" / "lienthon" / "templates") for language in LANGUAGES
                 for path in (tmp_path / "share" / "lienthon" / "templates" / language).iterdir()}
    source = {path.relative_to(REPO / "bridges" / "templates") for language in LANGUAGES
              for path in (REPO / "bridges" / "templates" / language).iterdir()}
    assert installed == source and len(source) == 11
