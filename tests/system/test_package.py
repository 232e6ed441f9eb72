"""The libraries in a stranger's hands: installed, moved, found by find_package and by pkg-config, linked shared and static,
from C and from C++, and run against a real hub (tests/package)."""

import os
import re
import shlex
import shutil
import subprocess

import pytest
from harness import BIN, REPO, environment, run
from test_wire_join import make_invitation

BUILD = BIN.parent
PROJECT = REPO / "tests" / "package"
LIMITS = {"joins": 100_000}
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def cached(name):
    """What the tree was configured with."""
    return re.search(rf"^{name}:[A-Z]+=(.*)$", (BUILD / "CMakeCache.txt").read_text(), re.MULTILINE)[1]


C = cached("CMAKE_C_COMPILER")
CXX = "clang++" if "clang" in C else "g++"
SANITIZE = [f"-fsanitize={cached('LT_SANITIZE')}"] if cached("LT_SANITIZE") else []


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """Where the libraries are: not where they were installed."""
    folder = tmp_path_factory.mktemp("installed")
    for component in ("library", "development"):
        run("cmake", "--install", BUILD, "--prefix", folder / "first", "--component", component)
    return (folder / "first").rename(folder / "moved")


@pytest.fixture(scope="module")
def static_prefix(prefix):
    """The same where only the static libraries are."""
    only = prefix.parent / "static"
    shutil.copytree(prefix, only, symlinks=True)
    for library in only.rglob("*.so*"):
        library.unlink()
    (only_shared,) = only.rglob("LienThon-shared.cmake")
    only_shared.unlink()
    return only


def libraries(prefix):
    (found,) = {path.parent for path in prefix.rglob("liblienthon.*")}
    return found


def exported(library):
    """The names that a shared object or an archive shows."""
    how = ["-D"] if library.suffix != ".a" else ["-g"]
    lines = run("nm", *how, "--defined-only", library).stdout.splitlines()
    return {line.split()[2].partition("@")[0] for line in lines if len(line.split()) == 3 and " A " not in line}


def declared(prefix, *headers):
    text = "".join((prefix / "include" / "lienthon" / name).read_text() for name in headers)
    text = re.sub(r"//.*", "", re.sub(r"static inline[^{]*\{.*?^\}", "", text, flags=re.DOTALL | re.MULTILINE))
    text = re.sub(r"^typedef [^;{]*;|\(\*\w+\)\([^;]*\)", "", text, flags=re.MULTILINE)
    return set(re.findall(r"\b(lt_\w+)\(", text))


CLIENT_HEADERS = [path.name for path in (REPO / "clients/lib/include/lienthon").glob("*.h")]
HOST_HEADERS = [path.name for path in (REPO / "bridges/sdk/include/lienthon").glob("*.h")]


def test_nothing_is_visible_but_what_the_headers_declare(prefix):
    everything = [path.name for path in (prefix / "include" / "lienthon").glob("*.h")]
    of_schemas = declared(prefix, *(name for name in everything if name not in CLIENT_HEADERS + HOST_HEADERS))
    for kind in ("so", "a"):
        assert exported(libraries(prefix) / f"liblienthon.{kind}") == declared(prefix, *CLIENT_HEADERS), kind
        assert exported(libraries(prefix) / f"liblienthon-schemas.{kind}") == of_schemas, kind


def test_the_strangers_functions_are_called_as_inner_ones_are():
    """Else tests/package/clashes.c would prove nothing."""
    inner = exported(BUILD / "clients/lib/liblienthon.a") | exported(BUILD / "schemas/liblienthon-schemas.a")
    clashes = set(re.findall(r"^CLASH\((\w+)\)", (PROJECT / "clashes.c").read_text(), re.MULTILINE))
    assert len(clashes) > 10 and clashes <= inner, clashes - inner


def test_the_shared_libraries_say_their_version(prefix):
    for name in ("liblienthon", "liblienthon-schemas"):
        library = libraries(prefix) / f"{name}.so"
        assert f"Library soname: [{name}.so.0]" in run("readelf", "-d", library).stdout
        assert "@@LIENTHON_0.1" in run("nm", "-D", "--defined-only", library).stdout


@pytest.mark.parametrize("compiler", [[C, "-std=c11"], [CXX, "-std=c++11"]], ids=["c11", "c++11"])
def test_each_header_stands_alone(prefix, tmp_path, compiler):
    include = prefix / "include"
    program = tmp_path / ("one.c" if compiler[0] == C else "one.cpp")
    for header in sorted(include.rglob("*.h")):
        program.write_text(f"#include <{header.relative_to(include)}>\nint nothing;\n")
        run(*compiler, *STRICT, "-fsyntax-only", f"-I{include}", program)
        foreign = re.findall(r"#include <((?!lienthon/|std|string\.h)[^>]*)>", header.read_text())
        assert not foreign, (header, foreign)


def build_with_cmake(prefix, folder, kind, project=PROJECT):
    flags = shlex.join(SANITIZE)
    run("cmake", "-G", "Ninja", "-S", project, "-B", folder, f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DCMAKE_C_COMPILER={C}", f"-DCMAKE_CXX_COMPILER={CXX}", f"-DCMAKE_C_FLAGS={flags}",
        f"-DCMAKE_CXX_FLAGS={flags}", f"-DLienThon_USE_STATIC_LIBS={'ON' if kind == 'static' else 'OFF'}")
    run("cmake", "--build", folder, "-j2", timeout=300)


def build_with_pkg_config(prefix, folder, kind):
    folder.mkdir()
    env = environment(PKG_CONFIG_PATH=str(libraries(prefix) / "pkgconfig"))
    more = ["--static"] if kind == "static" else []
    for name, source, compiler, package in (
            ("consumer-c", "consumer.c", [C, "-std=gnu11"], "lienthon"),
            ("consumer-cxx", "consumer.cpp", [CXX, "-std=c++17"], "lienthon"),
            ("offline", "offline.c", [C, "-std=gnu11"], "lienthon-schemas")):
        found = run("pkg-config", *more, "--cflags", "--libs", package, env=env).stdout.split()
        run(C, *SANITIZE, "-c", PROJECT / "clashes.c", "-o", folder / "clashes.o")
        run(*compiler, *STRICT, *SANITIZE, PROJECT / source, folder / "clashes.o", "-o", folder / name, *found)


def needs(program):
    return set(re.findall(r"NEEDED.*\[(liblienthon[^]]*)\]", run("readelf", "-d", program).stdout))


@pytest.mark.parametrize("kind", ["shared", "static"])
@pytest.mark.parametrize("way", [build_with_cmake, build_with_pkg_config], ids=["find_package", "pkg-config"])
def test_a_strangers_program_joins_publishes_and_sees_the_receipt(request, prefix, hub, tmp_path, way, kind):
    # pkg-config has no word for "the static one": it is what is there.
    only_static = kind == "static" and way is build_with_pkg_config
    where = request.getfixturevalue("static_prefix") if only_static else prefix
    folder = tmp_path / "built"
    way(where, folder, kind)
    env = environment(LD_LIBRARY_PATH=str(libraries(where)))
    assert run(folder / "offline", env=env).stdout.strip() == "done"
    for language in ("c", "cxx"):
        program = folder / f"consumer-{language}"
        assert needs(program) == ({"liblienthon.so.0", "liblienthon-schemas.so.0"} if kind == "shared" else set())
        name = f"loa.{way.__name__.rpartition('_')[2]}-{kind}.{language}"
        topic = f"thu/{name.replace('.', '-')}/thong-bao"
        invited, _ = make_invitation(hub, name)
        said = run(program, tmp_path / f"state-{language}", topic, input=invited.encode() + "\n", env=env)
        assert said.stdout == "the receipt has been seen\n"


def test_the_installed_examples_are_a_project_that_builds(prefix, tmp_path):
    (examples,) = (path for path in prefix.rglob("examples") if (path / "CMakeLists.txt").exists())
    shutil.copytree(examples, tmp_path / "examples")
    build_with_cmake(prefix, tmp_path / "built", "shared", tmp_path / "examples")
    env = environment(LIENTHON_URL="")
    found = run(tmp_path / "built" / "lienthon-example-subscribe", "xa/#", "1", status=1, env=env)
    assert "LIENTHON_PRINCIPAL" in found.stderr


def test_where_only_the_static_ones_are_they_are_found(static_prefix, tmp_path):
    build_with_cmake(static_prefix, tmp_path / "built", "shared")
    assert needs(tmp_path / "built" / "consumer-c") == set()


def test_the_host_has_for_a_bridge_all_that_its_headers_declare_and_shows_nothing_else(prefix):
    everything = [path.name for path in (prefix / "include" / "lienthon").glob("*.h")]
    wanted = declared(prefix, "settings/option.h", "settings/file.h", "settings/secret.h", *(name for name in everything if name not in CLIENT_HEADERS))
    shown = exported(BIN / "lienthon-bridge")
    assert wanted - {"lt_bridge_entry"} <= shown  # which is the bridge's
    assert not [name for name in shown if re.match(r"(delivery|host|intake|keeper|ledger|link|session)_", name)]


def test_a_bridge_built_against_the_installed_headers_is_loaded_by_the_host(prefix, tmp_path):
    env = environment(PKG_CONFIG_PATH=str(libraries(prefix) / "pkgconfig"))
    found = run("pkg-config", "--cflags", "lienthon-bridge", env=env).stdout.split()
    run(C, *STRICT, "-std=gnu11", "-shared", "-fPIC", *found, PROJECT / "doorbell.c", PROJECT / "clashes.c",
        "-o", tmp_path / "doorbell.so")
    said = run(BIN / "lienthon-bridge", "--sample", "doorbell", env=environment(LIENTHON_BRIDGES=str(tmp_path)))
    assert "Where the texts are written" in said.stdout


@pytest.mark.parametrize("components", [("tools",), ("tools", "hub"), ("tools", "bridges"), ("library", "development")], ids="+".join)
def test_links_in_what_is_installed_lead_somewhere(tmp_path, components):
    for component in components:
        run("cmake", "--install", BUILD, "--prefix", tmp_path / "usr", "--component", component)
    said = run(PROJECT / "links", tmp_path / "usr" / "share" / "doc")
    assert int(said.stdout.split()[0]) > 1, said.stdout


def test_a_link_that_leads_nowhere_is_told(tmp_path):
    page = tmp_path / "README.md"
    page.write_text("[here](README.md) and `[no](link)` and [`there`](sdk/there.h) and [web](https://x) and [a](#a)\n")
    told = run(PROJECT / "links", tmp_path, status=1).stdout
    assert told.splitlines() == [f"{page}: nothing is at sdk/there.h", "3 links in 1 documents"]
