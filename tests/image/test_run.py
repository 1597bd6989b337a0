"""The image in the restricted profile of Kubernetes: not root, nothing writable, no capability, 64 MiB, the default seccomp."""

import pathlib
import sys

from conftest import write_config_map
from containers import until

UPSTREAM = 8000
MAPPED = f"""
map:
  - {{source: http://localhost/api, target: "http://127.0.0.1:{UPSTREAM}/answers"}}
"""
OTHER_MAPPED = MAPPED.replace("/api", "/other")


def answers(tmp_path, text="fine"):
    """A Python web server's command that serves it at /answers."""
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "answers").write_text(text)
    return "/usr/bin/python3", "-m", "http.server", UPSTREAM, "--bind", "127.0.0.1", "--directory", tmp_path / "www"


def status_of(pid):
    """What the kernel says of a process."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def test_serves_a_mapped_call_and_blocks_the_rest(start, serve, tmp_path):
    container = start(MAPPED)
    container.wait_until_ready()
    serve(container, *answers(tmp_path))
    until(lambda: container.call("http://localhost/api")[0] == 200, "the upstream's start")
    assert container.call("http://localhost/api") == (200, "fine")
    status, text = container.call("http://localhost/apis")
    assert status == 403 and "not in the map" in text
    assert "GET http://localhost/apis [BLOCKED] 403" in container.log()


def test_is_confined_as_the_restricted_profile_wants(start):
    container = start(MAPPED)
    container.wait_until_ready()
    status = status_of(container.pid)
    assert status["Uid"].split() == ["1080"] * 4 and status["Gid"].split() == ["1080"] * 4
    assert [status[f"Cap{kind}"] for kind in ("Inh", "Prm", "Eff", "Bnd")] == ["0" * 16] * 4
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    mount = next(line for line in pathlib.Path(f"/proc/{container.pid}/mounts").read_text().splitlines() if " / " in line)
    assert "ro" in mount.split()[3].split(",")
    assert int(status["VmRSS"].split()[0]) < 32 * 1024


def test_probes_by_command_work_without_a_shell(start):
    container = start(MAPPED)
    container.wait_until_ready()
    done = container.execute("healthcheck")
    assert (done.returncode, done.stdout) == (0, "alive\n")
    assert container.execute("quit").returncode == 0
    assert container.exit_status() == 0


def test_ends_with_0_when_the_first_process_is_told_to(start):
    container = start(MAPPED)
    container.wait_until_ready()
    assert container.end("TERM") == 0


def test_takes_up_the_next_version_of_a_config_map(start, tmp_path, serve):
    container = start(MAPPED)
    container.wait_until_ready()
    serve(container, *answers(tmp_path))
    until(lambda: container.call("http://localhost/api")[0] == 200, "the upstream's start")
    write_config_map(tmp_path / "config", OTHER_MAPPED)
    until(lambda: container.call("http://localhost/other")[0] == 200, "the new configuration")
    assert container.call("http://localhost/api")[0] == 403


def test_a_wrong_configuration_ends_it_with_its_place(start):
    container = start("mapp: []\n")
    assert container.exit_status() != 0
    assert "/etc/ambassador/ambassador.yaml:1" in container.log()


def tls_server(pair, port):
    program = (
        "import http.server, ssl, sys;"
        "s = http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), http.server.SimpleHTTPRequestHandler);"
        "c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); c.load_cert_chain(sys.argv[2], sys.argv[3]);"
        "s.socket = c.wrap_socket(s.socket, server_side=True); s.serve_forever()"
    )
    return sys.executable, "-c", program, port, pair.cert, pair.key


def test_trusts_a_mounted_ca_and_without_it_only_the_bundle_inside(start, serve, certificates, tmp_path):
    ca = tmp_path / "ca"
    ca.mkdir()
    (ca / "ca.crt").write_bytes(certificates.ca.read_bytes())
    container = start(
        """
map:
  - source: http://localhost/ours
    target: https://localhost:8443/
    tls: {ca: /secrets/ca/ca.crt}
  - source: http://localhost/public
    target: https://localhost:8443/
""",
        mounts=[(ca, "/secrets/ca")],
    )
    container.wait_until_ready()
    serve(container, *tls_server(certificates.good, 8443))
    until(lambda: container.call("http://localhost/ours")[0] == 200, "the upstream's start")
    status, text = container.call("http://localhost/public")
    assert status == 502 and "certificate" in text


def test_shows_its_demo(start):
    container = start(None, "demo", "--once")
    assert container.exit_status() == 0
    assert "[BLOCKED] 403" in container.log()
