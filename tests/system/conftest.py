"""Fixtures: `commune` has a hub of its own, `hub` shares one among the tests of a file."""

import itertools
import os
import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "clients" / "python"))
sys.path.insert(0, str(Path(__file__).parent))

from disk import SmallDisk  # noqa: E402
from harness import Commune, Process, end_all  # noqa: E402

# A run in the background has it ignored, and so would all programs that are to be stopped by it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the end of the log of each process that ran meanwhile."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for process in Process.running:
            if process.log.exists():
                text = process.text()[-6000:]
                report.sections.append((f"{process.name} (pid {process.pid}), {process.log}", text))


def _end_and_check(before):
    """Ends what was started since and looks for sanitizers' reports."""
    mine = Process.running[before:]
    end_all(mine)
    try:
        for process in mine:
            process.check_log()
    finally:
        del Process.running[before:]


@pytest.fixture
def commune(tmp_path):
    """A fresh commune whose hub runs, for a test that stops, kills or fills it."""
    before = len(Process.running)
    made = Commune.init(tmp_path / "xa").start()
    yield made
    try:
        if made.hub.is_running():
            made.stop()
        made.close_clients()
    finally:
        _end_and_check(before)


@pytest.fixture
def make_commune(tmp_path):
    """Makes communes that are not started yet: make_commune(limits={…})."""
    before = len(Process.running)
    made = []

    def make(name="xa", **settings):
        made.append(Commune.init(tmp_path / name, **settings))
        return made[-1]

    yield make
    try:
        for commune in made:
            commune.close_clients()
            if commune.hub is not None and commune.hub.is_running():
                commune.hub.stop()
    finally:
        _end_and_check(before)


@pytest.fixture
def small_disk(tmp_path):
    """small_disk(mib): a file system of that size, mounted until the test ends."""
    if os.geteuid():
        pytest.skip("mounting a file system takes root: run tests/run as root")
    made = []

    def make(mib):
        made.append(SmallDisk(tmp_path, mib))
        return made[-1]

    yield make
    for disk in made:
        disk.unmount()


@pytest.fixture(scope="module")
def _module_hub(request, tmp_path_factory):
    """A file may say LIMITS = {…} for the hub that it shares."""
    before = len(Process.running)
    made = Commune.init(tmp_path_factory.mktemp("hub") / "xa", getattr(request.module, "LIMITS", None)).start()
    yield made
    try:
        if made.hub.is_running():
            made.stop()
    finally:
        _end_and_check(before)


@pytest.fixture
def hub(_module_hub):
    """The hub that the tests of one file share: each takes principals and topics of its own."""
    if not _module_hub.hub.is_running():
        _module_hub.start()
        pytest.fail("the hub had ended before this test; started again")
    yield _module_hub
    assert _module_hub.hub.is_running(), "the hub has ended"
    _module_hub.close_clients()


_topics = itertools.count(1)


@pytest.fixture
def topic():
    """A topic that no other test has."""
    return f"thu/{next(_topics)}/thong-bao"
