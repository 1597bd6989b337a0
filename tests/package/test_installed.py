"""The package installed, used, upgraded and removed in a Debian of its own, under a systemd that really runs."""

import contextlib
import shutil
import subprocess

import pytest

from conftest import PROJECT
from harness.needs import PYTHON, program
from machine import MOUNTED, Machine, debian, until

UNIT = "ambassador.service"
CONFIGURATION = "/etc/ambassador/ambassador.yaml"
NEXT = "0.1.99"
NOTHING_MAPPED = "listen: localhost:1080\nunmapped: block\n"


@pytest.fixture(name="packages", scope="module")
def _packages(deb, artefacts, tmp_path_factory):
    """A directory with the package, and with a later version of it."""
    directory = tmp_path_factory.mktemp("packages")
    shutil.copy(deb, directory / "this.deb")
    command = [program("cpack"), "--config", artefacts.parent / "CPackConfig.cmake", "-D", f"CPACK_PACKAGE_VERSION={NEXT}", "-B", directory]
    subprocess.run(command, cwd=PROJECT, capture_output=True, timeout=120, check=True)
    (later,) = directory.glob(f"ambassador_{NEXT}_*.deb")
    later.rename(directory / "next.deb")
    return directory


@pytest.fixture(name="root", scope="module")
def _root(deb):
    return debian(deb, PROJECT / "build/package")


@pytest.fixture(name="bare")
def _bare(root, packages):
    """A machine on which the package was never installed."""
    machine = Machine(root, packages)
    yield machine
    machine.end()


@pytest.fixture(name="machine")
def _machine(bare):
    """One on which it is."""
    install(bare, "this")
    return bare


def install(machine, which):
    return machine.run("dpkg", "--install", f"{MOUNTED}/{which}.deb")


def status_of(machine, url, *options):
    return machine.beside("curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", *options, url, check=False).stdout


def by_proxy(machine, url):
    return status_of(machine, url, "--proxy", "http://127.0.0.1:1080")


def in_journal(machine, text):
    """Waits until the service's journal has it."""
    journal = ["journalctl", "--unit", UNIT, "--output=cat"]
    until(lambda: text in machine.run(*journal).stdout, 20, f"the journal does not say: {text}")


@contextlib.contextmanager
def served(machine, directory, port):
    """A server of files, on the machine's loopback."""
    server = machine.start_beside(PYTHON, "-m", "http.server", "--bind", "127.0.0.1", "--directory", directory, port)
    try:
        until(lambda: status_of(machine, f"http://127.0.0.1:{port}/") == "200", 20, "the server of files did not start")
        yield
    finally:
        server.kill()
        server.wait()


def test_it_runs_once_installed_and_blocks_everything(machine):
    assert machine.run("systemctl", "is-enabled", UNIT).stdout == "enabled\n"
    # `active` is what it says itself: the unit is of the type notify.
    assert machine.run("systemctl", "is-active", UNIT).stdout == "active\n"
    assert status_of(machine, "http://127.0.0.1:9901/readyz") == "200"
    assert by_proxy(machine, "http://orders/") == "403"
    in_journal(machine, "GET http://orders/ [BLOCKED] 403")
    user = machine.run("getent", "passwd", "ambassador").stdout.split(":")
    assert user[5:] == ["/nonexistent", "/usr/sbin/nologin\n"]
    assert int(user[2]) < 1000
    assert machine.run("ambassador", "--version").stdout.startswith("ambassador 0.")


def test_it_works_inside_its_sandbox(machine, tmp_path):
    (tmp_path / "numbers").write_text("42\n")
    (tmp_path / "much").write_bytes(bytes(range(256)) * 4096 * 32)
    machine.write(CONFIGURATION, "listen: 0.0.0.0:80\nmap:\n"
                  "  - {source: http://localhost/api, target: 'http://localhost:8000/numbers'}\n"
                  "  - {source: http://self, target: 'http://192.0.2.7:80'}\n"
                  "  - {source: tcp://localhost:9092, target: 'tcp://localhost:8000'}\n")  # fmt: skip
    machine.run("systemctl", "restart", UNIT)
    with served(machine, tmp_path, 8000):
        # A port below 1024, a name that is looked up, and a transfer of the kind that the kernel splices.
        assert machine.beside("curl", "--silent", "http://localhost/api").stdout == "42\n"
        machine.beside("curl", "--silent", "--output", tmp_path / "copy", "http://127.0.0.1:9092/much")
    assert (tmp_path / "copy").read_bytes() == (tmp_path / "much").read_bytes()
    # An address that is only known to be its own from the list of the machine's addresses.
    machine.beside(program("ip"), "address", "add", "192.0.2.7/32", "dev", "lo")
    assert "the ambassador itself" in machine.beside("curl", "--silent", "--proxy", "http://127.0.0.1:80", "http://self/").stdout

    pid = machine.show(UNIT, "MainPID")
    about = dict(line.split(":\t", 1) for line in machine.run("cat", f"/proc/{pid}/status").stdout.splitlines())
    user = machine.run("id", "--user", "ambassador").stdout.strip()
    assert set(about["Uid"].split()) == {user}
    assert about["CapEff"] == about["CapBnd"] == f"{1 << 10:016x}", "CAP_NET_BIND_SERVICE"
    assert (about["NoNewPrivs"], about["Seccomp"]) == ("1", "2")
    assert machine.show(UNIT, "NRestarts") == "0"
    verified = machine.run("systemd-analyze", "verify", "--man=no", UNIT)
    assert not verified.stdout + verified.stderr


def test_a_reload_is_in_force_or_fails_and_says_why(machine, tmp_path):
    (tmp_path / "numbers").write_text("42\n")
    pid = machine.show(UNIT, "MainPID")
    machine.write(CONFIGURATION, NOTHING_MAPPED + "map: [{source: http://numbers, target: 'http://127.0.0.1:8000'}]\n")
    machine.run("systemctl", "reload", UNIT)
    with served(machine, tmp_path, 8000):
        until(lambda: by_proxy(machine, "http://numbers/numbers") == "200", 20, "the new map is not in force")
        machine.write(CONFIGURATION, "unmapped: perhaps\n")
        assert machine.run("systemctl", "reload", UNIT, check=False).returncode != 0
        in_journal(machine, f"{CONFIGURATION}:1:")
        assert by_proxy(machine, "http://numbers/numbers") == "200"
    assert machine.run("systemctl", "is-active", UNIT).stdout == "active\n"
    assert machine.show(UNIT, "MainPID") == pid


def test_an_upgrade_runs_the_new_version_with_the_configuration_as_it_was_left(machine):
    machine.write(CONFIGURATION, NOTHING_MAPPED + "admin: 127.0.0.1:9955\n")
    machine.run("systemctl", "restart", UNIT)
    pid = machine.show(UNIT, "MainPID")
    install(machine, "next")
    assert machine.run("dpkg-query", "--show", "--showformat=${Version} ${Status}", "ambassador").stdout == f"{NEXT} install ok installed"
    assert machine.run("systemctl", "is-active", UNIT).stdout == "active\n"
    assert machine.show(UNIT, "MainPID") != pid
    assert status_of(machine, "http://127.0.0.1:9955/readyz") == "200"


def test_who_has_disabled_it_finds_it_disabled_after_an_upgrade(machine):
    machine.run("systemctl", "disable", "--now", UNIT)
    install(machine, "next")
    assert machine.run("systemctl", "is-enabled", UNIT, check=False).stdout == "disabled\n"
    assert machine.run("systemctl", "is-active", UNIT, check=False).stdout == "inactive\n"


def test_removal_stops_it_and_keeps_the_configuration_and_a_purge_keeps_nothing(machine):
    machine.write(CONFIGURATION, NOTHING_MAPPED)
    machine.run("dpkg", "--remove", "ambassador")
    assert machine.run("systemctl", "is-active", UNIT, check=False).stdout == "inactive\n"
    assert status_of(machine, "http://127.0.0.1:9901/readyz") == "000"
    assert machine.run("cat", CONFIGURATION).stdout == NOTHING_MAPPED
    machine.run("dpkg", "--purge", "ambassador")
    left = machine.run("find", "/", "-xdev", "-name", "*ambassador*", "-not", "-path", "/proc/*").stdout
    assert not left
    # But for the user, who may own files elsewhere.
    machine.run("getent", "passwd", "ambassador")


def test_it_can_be_installed_again_after_a_removal(machine):
    machine.run("dpkg", "--remove", "ambassador")
    install(machine, "this")
    assert machine.run("systemctl", "is-active", UNIT).stdout == "active\n"


def test_a_port_that_is_taken_leaves_the_package_installed_and_the_reason_in_the_journal(bare, tmp_path):
    with served(bare, tmp_path, 1080):
        said = install(bare, "this")
        assert "ambassador: the service does not run" in said.stderr
        in_journal(bare, "127.0.0.1:1080")
    assert bare.run("dpkg-query", "--show", "--showformat=${Status}", "ambassador").stdout == "install ok installed"


def test_it_installs_where_no_systemd_runs(root, packages):
    """As in the build of an image."""
    script = f"dpkg --install {MOUNTED}/this.deb && ambassador check -c {CONFIGURATION} && dpkg --purge ambassador && ! ls /etc/ambassador"
    command = [program("systemd-nspawn"), "--quiet", "--volatile=overlay", "--private-network", "--register=no", "--keep-unit",
               f"--directory={root}", f"--bind-ro={packages}:{MOUNTED}", "--pipe", "/bin/sh", "-c", script]  # fmt: skip
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
