"""Programs that fetch many files: git and apt, as in an init container."""

import collections

import pytest

from harness import environment, needs
from harness.clients import execute


@pytest.fixture(name="nginx")
def _nginx(nginx_with):
    return nginx_with()


@pytest.fixture(name="proxy")
def _proxy(nginx, ambassador):
    return ambassador(f"""
        map:
          - source: http://localhost/files
            target: http://{nginx.authority}/served
    """)


def assert_each_was_asked_for_once(requests, authority):
    """No request reached the upstream twice, and each had its own name and place there."""
    counts = collections.Counter(seen["uri"] for seen in requests)
    assert counts and set(counts.values()) == {1}, counts
    assert {seen["host"] for seen in requests} == {authority}
    assert all(seen["uri"].startswith("/served/") for seen in requests)


@pytest.fixture(name="git")
def _git(tmp_path):
    program = needs.program("git")
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.invalid", "-c", "init.defaultBranch=main"]

    def git(*args, check=True, proxy=None):
        env = environment.through_proxy(proxy) if proxy else environment.clean()
        env |= {"HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}
        return execute([program, *identity, *args], env, check=check, cwd=tmp_path)

    return git


@pytest.fixture(name="repository")
def _repository(git, nginx, tmp_path):
    """A repository with one file, served as plain files."""
    work = tmp_path / "work"
    bare = nginx.www / "served" / "demo.git"
    git("init", "-q", work)
    (work / "greeting").write_text("hello\n")
    git("-C", work, "add", "greeting")
    git("-C", work, "commit", "-q", "-m", "one")
    git("clone", "-q", "--bare", work, bare)
    git("-C", bare, "update-server-info")


@pytest.mark.usefixtures("repository")
def test_git_clones_through_the_map(git, nginx, proxy, tmp_path):
    git("clone", "-q", "http://localhost/files/demo.git", "clone", proxy=proxy.port)
    assert (tmp_path / "clone" / "greeting").read_text() == "hello\n"
    requests = nginx.requests()
    assert_each_was_asked_for_once(requests, nginx.authority)
    assert requests[0]["uri"] == "/served/demo.git/info/refs?service=git-upload-pack"
    lines = proxy.finish()
    assert len(lines) == len(requests)
    assert all(f"-> http://{nginx.authority}/served/demo.git/" in line for line in lines)


def test_git_is_blocked_from_a_repository_that_is_not_mapped(git, nginx, proxy):
    done = git("clone", "-q", "http://timecheck:8080/demo.git", "clone", proxy=proxy.port, check=False)
    assert done.returncode != 0
    assert "403" in done.stderr
    assert nginx.requests() == []
    assert "GET http://timecheck:8080/demo.git/info/refs?service=git-upload-pack [BLOCKED] 403 " in proxy.finish()[0]


@pytest.fixture(name="apt_update")
def _apt_update(tmp_path, proxy):
    """apt_update(url) updates from a flat repository, with all state in the test's folder."""
    program = needs.program("apt-get")
    for folder in ("lists/partial", "cache/archives/partial"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "status").touch()
    settings = {
        "Acquire::http::Proxy": f"http://127.0.0.1:{proxy.port}",
        "Acquire::GzipIndexes": "false",
        "Acquire::Languages": "none",
        "Acquire::Retries": "0",
        "APT::Sandbox::User": "root",
        "APT::Update::Error-Mode": "any",
        "Dir::Etc::SourceList": tmp_path / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": tmp_path / "lists",
        "Dir::State::Status": tmp_path / "status",
        "Dir::Cache": tmp_path / "cache",
    }

    def update(url):
        (tmp_path / "sources.list").write_text(f"deb [trusted=yes] {url} ./\n")
        options = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
        return execute([program, *options, "update"], environment.clean(), check=False)

    return update


def test_apt_updates_through_the_map(apt_update, nginx, proxy, tmp_path):
    served = nginx.www / "served"
    served.mkdir()
    (served / "Packages").write_text("Package: demo\nVersion: 1\nArchitecture: all\nFilename: ./demo.deb\nSize: 1\n")
    done = apt_update("http://localhost/files")
    assert done.returncode == 0, done.stderr + done.stdout
    lists = [path.read_text() for path in (tmp_path / "lists").glob("*_Packages")]
    assert len(lists) == 1 and "Package: demo" in lists[0]
    requests = nginx.requests()
    assert_each_was_asked_for_once(requests, nginx.authority)
    assert requests[-1]["uri"] == "/served/Packages"  # apt asks for /files/./Packages
    assert len(proxy.finish()) == len(requests)


def test_apt_says_that_what_is_not_mapped_is_forbidden(apt_update, nginx, proxy):
    done = apt_update("http://timecheck:8080/debian")
    assert done.returncode != 0
    assert "403" in done.stderr + done.stdout
    assert nginx.requests() == []
    assert all("[BLOCKED] 403 " in line for line in proxy.finish())
