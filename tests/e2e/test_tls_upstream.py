"""Targets of https://: verified, and each way in which that fails said where it is looked for."""

import dataclasses
import socket
import struct
import threading
import time

import pytest

from harness import needs
from harness.ambassador import run, write_config
from harness.certificates import replace
from harness.clients import execute
from harness.environment import through_proxy
from harness.limits import LINE
from harness.ports import free_port
from harness.scripted_upstream import answering, ok
from harness.tls_servers import nginx_tls

FAILED = "ambassador_failed_total"
EXPIRY = "ambassador_certificate_expiry_timestamp_seconds"


@pytest.fixture(name="secure")
def _secure(ambassador, name_server, connect):
    """secure(port, …) maps http://h to https://name.test:port, this CA or anybody trusted; the proxy, and a client."""

    def start(port, ca, more="", name="name.test", **options):
        trust = f"ca: {ca}" if ca else "verify: false"
        proxy = ambassador(f"""
            map:
              - source: http://h
                target: https://{name}:{port}
                tls:
                  {trust}
                  {more}
        """, env=name_server.environment(), **options)  # fmt: skip
        return proxy, connect(proxy.port)

    return start


@pytest.fixture(name="shown")
def _shown(upstream):
    """shown(pair) starts a TLS upstream that shows this certificate."""

    def start(pair, client_ca=None):
        return upstream(answering(ok("inside TLS")), tls=pair.server_context(client_ca))

    return start


def eventually(holds):
    """Whether it holds in time: files are watched, not asked for at each call."""
    deadline = time.monotonic() + LINE
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.1)
    return False


def test_a_verified_target_is_called_with_its_name(secure, shown, certificates):
    server = shown(certificates.good)
    proxy, client = secure(server.port, certificates.ca)
    assert client.get("http://h/path").text == "inside TLS"
    assert client.get("http://h/again").text == "inside TLS"
    assert server.server_names == ["name.test"], "one connection serves both calls"
    assert [seen.field("Host") for seen in server.requests] == [f"name.test:{server.port}"] * 2
    assert f"GET http://h/path -> https://name.test:{server.port}/path 200 " in proxy.log("/path")


def test_an_address_as_target_is_verified_and_sends_no_name(secure, shown, certificates):
    server = shown(certificates.good)
    _, client = secure(server.port, certificates.ca, name="127.0.0.1")
    assert client.get("http://h/").text == "inside TLS"
    assert server.server_names in ([], [None])


def test_openssl_and_nginx_are_called(secure, s_server, nginx_with, certificates):
    server = s_server(certificates.good)
    _, client = secure(server.port, certificates.ca)
    assert "TLSv1.3" in client.get("http://h/").text
    port = free_port()
    nginx = nginx_with(nginx_tls(port, certificates.good, "location /x { return 200 $ssl_server_name; }"))
    _, client = secure(port, certificates.ca)
    assert client.get("http://h/x").text == "name.test"
    assert [seen["uri"] for seen in nginx.requests()] == ["/x"]


def test_a_session_is_taken_up_again(secure, nginx_with, certificates):
    port = free_port()
    nginx_with(nginx_tls(port, certificates.good, "keepalive_timeout 0; location /x { return 200 $ssl_session_reused; }"))
    _, client = secure(port, certificates.ca)
    assert [client.get("http://h/x").text for _ in range(3)] == [".", "r", "r"]


@dataclasses.dataclass
class Bad:
    """What a server shows, and what is said of it."""

    certificate: str
    reason: str
    words: list


BAD = [
    Bad("expired", "tls_expired", ["expired"]),
    Bad("not_yet_valid", "tls_expired", ["not yet valid"]),
    Bad("wrong_name", "tls_wrong_name", ["name.test"]),
    Bad("of_unknown_ca", "tls_unknown_ca", ["ca"]),
    Bad("self_signed", "tls_unknown_ca", ["ca"]),
]


def assert_refused(proxy, client, reason, words):
    """By 502 with the reason in the reply, the log and the metric; and the metric counts each call once."""
    before = proxy.metric(FAILED, reason=reason)
    reply = client.get("http://h/secret", "Authorization: Bearer of-the-app")
    assert reply.status == 502, reply.text
    line = proxy.log("http://h/secret")
    assert " 502 " in line
    for word in words:
        assert word in reply.text.lower(), reply.text
        assert word in line.lower(), line
    assert proxy.counts(before + 1, FAILED, reason=reason)
    assert reply.field("Proxy-Status")


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.certificate)
def test_refuses_a_bad_certificate_before_anything_is_sent(secure, shown, certificates, bad):
    server = shown(getattr(certificates, bad.certificate))
    proxy, client = secure(server.port, certificates.ca)
    assert_refused(proxy, client, bad.reason, bad.words)
    assert server.requests == []
    assert client.get("http://h/secret").status == 502, "not only the first time"


def test_without_a_ca_the_systems_is_asked(ambassador, shown, certificates, connect, name_server):
    server = shown(certificates.good)
    rest = f"map:\n  - source: http://h\n    target: https://name.test:{server.port}\n"
    proxy = ambassador(rest, env=name_server.environment())
    assert_refused(proxy, connect(proxy.port), "tls_unknown_ca", ["ca"])
    trusting = ambassador(rest, env=name_server.environment() | {"SSL_CERT_FILE": str(certificates.ca)})
    assert connect(trusting.port).get("http://h/").text == "inside TLS"


def test_a_port_without_tls_is_named_so(secure, upstream, certificates):
    server = upstream(lambda connection: connection.send("220 mail.example ESMTP\r\n"))
    proxy, client = secure(server.port, certificates.ca)
    assert_refused(proxy, client, "tls_protocol", ["tls"])


def test_plain_http_at_the_port_is_named_so(secure, upstream, certificates):
    server = upstream(lambda connection: (connection.reader.some(), connection.send("HTTP/1.1 400 Bad Request\r\n\r\n")))
    proxy, client = secure(server.port, certificates.ca)
    assert_refused(proxy, client, "tls_protocol", ["tls"])


def test_an_old_version_is_refused(secure, s_server, certificates):
    server = s_server(certificates.good, "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0")
    proxy, client = secure(server.port, certificates.ca)
    assert_refused(proxy, client, "tls_protocol", ["tls"])


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_server_that_wants_our_certificate_refuses_us_without(secure, s_server, certificates, version):
    server = s_server(certificates.good, "-Verify", "1", "-verify_return_error", "-CAfile", certificates.ca, version)
    proxy, client = secure(server.port, certificates.ca)
    assert_refused(proxy, client, "tls_client_refused", ["certificate"])


def test_a_server_that_wants_another_certificate_refuses_us(secure, s_server, certificates):
    server = s_server(certificates.good, "-Verify", "1", "-verify_return_error", "-CAfile", certificates.ca)
    own = certificates.other_client
    proxy, client = secure(server.port, certificates.ca, f"cert: {own.cert}\n                  key: {own.key}")
    assert_refused(proxy, client, "tls_client_refused", ["certificate"])


def test_our_certificate_is_shown_where_it_is_wanted(secure, nginx_with, certificates):
    port = free_port()
    wanted = f"ssl_client_certificate {certificates.ca}; ssl_verify_client on; location /x {{ return 200 $ssl_client_s_dn; }}"
    nginx_with(nginx_tls(port, certificates.good, wanted))
    own = certificates.client
    _, client = secure(port, certificates.ca, f"cert: {own.cert}\n                  key: {own.key}")
    assert client.get("http://h/x").text == "CN=client"


def test_server_name_is_asked_for_and_verified(secure, shown, certificates):
    server = shown(certificates.named("inner.example"))
    proxy, client = secure(server.port, certificates.ca)
    assert_refused(proxy, client, "tls_wrong_name", ["name.test"])
    _, client = secure(server.port, certificates.ca, "server_name: inner.example")
    assert client.get("http://h/").text == "inside TLS"
    assert server.server_names[-1] == "inner.example"
    assert server.requests[-1].field("Host") == f"name.test:{server.port}"


@pytest.mark.parametrize("kind", ["self_signed", "expired", "wrong_name"])
def test_verify_false_takes_anything_and_warns(secure, shown, certificates, kind):
    server = shown(getattr(certificates, kind))
    proxy, client = secure(server.port, None)
    assert client.get("http://h/").text == "inside TLS"
    assert proxy.process.err.wait_for(lambda line: "verify" in line and "warn" in line.lower())


def test_a_server_that_ends_in_the_handshake_is_no_reply(secure, upstream, certificates):
    server = upstream(lambda connection: connection.reader.some())
    proxy, client = secure(server.port, certificates.ca)
    assert client.get("http://h/x").status == 502
    assert " 502 " in proxy.log("http://h/x")


def test_a_server_that_is_silent_in_the_handshake_is_given_up(secure, upstream, certificates):
    release = threading.Event()
    server = upstream(lambda connection: release.wait(30))
    _, client = secure(server.port, certificates.ca, "\n                timeout: {connect: 300ms}")
    begin = time.monotonic()
    assert client.get("http://h/x").status == 504
    assert time.monotonic() - begin < 5
    release.set()


def truncated(connection):
    """A body that ends with the connection, which ends below TLS."""
    connection.request()
    connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf of it")
    plain = socket.socket(fileno=connection.sock.detach())
    plain.shutdown(socket.SHUT_RDWR)
    plain.close()


def test_a_body_cut_off_below_tls_is_not_passed_on_as_whole(secure, upstream, certificates):
    """A body that ends with the connection is whole only when TLS says that it was all."""
    server = upstream(truncated, tls=certificates.good.server_context())
    proxy, client = secure(server.port, certificates.ca)
    client.request("GET", "http://h/")
    head = client.reader.head()
    if head.status == 200:
        assert "chunked" in head.field("Transfer-Encoding"), "otherwise the client cannot tell that something is missing"
        with pytest.raises((EOFError, OSError)):
            client.reader.body(head)
    assert "cut" in proxy.log("http://h/")


def test_a_reset_in_a_kept_connection_is_tried_again(secure, upstream, certificates):
    def script(connection):
        connection.request()
        connection.send(ok(str(connection.number)))
        if connection.number == 1:
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        connection.request()

    server = upstream(script, tls=certificates.good.server_context())
    _, client = secure(server.port, certificates.ca)
    assert [client.get("http://h/").text for _ in range(2)] == ["1", "2"]


def test_a_new_ca_is_taken_in_place(secure, shown, certificates, tmp_path):
    ca = tmp_path / "ca.crt"
    replace(ca, certificates.other_ca.read_bytes())
    server = shown(certificates.good)
    proxy, client = secure(server.port, ca)
    assert_refused(proxy, client, "tls_unknown_ca", ["ca"])
    replace(ca, certificates.ca.read_bytes())
    assert eventually(lambda: client.get("http://h/").status == 200)


def test_an_unreadable_ca_keeps_the_old_one_and_says_so(secure, shown, certificates, tmp_path):
    ca = tmp_path / "ca.crt"
    replace(ca, certificates.ca.read_bytes())
    server = shown(certificates.good)
    proxy, client = secure(server.port, ca)
    assert client.get("http://h/").status == 200
    replace(ca, b"no certificate\n")
    assert proxy.process.err.wait_for("ca.crt"), "nothing said of the bad file"
    assert client.get("http://h/").status == 200


@pytest.fixture(name="mutual")
def _mutual(secure, nginx_with, certificates, tmp_path):
    """A target that tells the client certificate's serial, and our pair in files that the test may change."""
    port = free_port()
    wanted = (f"ssl_client_certificate {certificates.ca}; ssl_verify_client on; keepalive_timeout 0; ssl_session_tickets off; "
              "location /x { return 200 $ssl_client_s_dn; }")  # fmt: skip
    nginx_with(nginx_tls(port, certificates.good, wanted))
    pair = certificates.client.copy(tmp_path, "own")
    proxy, client = secure(port, certificates.ca, f"cert: {pair.cert}\n                  key: {pair.key}")
    return proxy, client, pair


def test_a_new_certificate_of_ours_is_taken_in_place(mutual, certificates):
    _, client, pair = mutual
    assert client.get("http://h/x").text == "CN=client"
    pair.put(certificates.authority.issue("second-client", usage="clientAuth"))
    assert eventually(lambda: client.get("http://h/x").text == "CN=second-client")


@pytest.mark.parametrize("bad", ["a key of another", "no certificate", "gone"])
def test_a_bad_pair_keeps_the_old_one_and_says_so(mutual, certificates, bad):
    proxy, client, pair = mutual
    assert client.get("http://h/x").text == "CN=client"
    if bad == "a key of another":
        replace(pair.key, certificates.other_client.key.read_bytes())
    elif bad == "no certificate":
        replace(pair.cert, b"nothing of use\n")
    else:
        pair.cert.unlink()
    said = proxy.process.err.wait_for(lambda line: "own.crt" in line or "own.key" in line)
    assert said, "nothing said of the bad pair"
    assert "PRIVATE KEY" not in "\n".join(said)
    assert client.get("http://h/x").text == "CN=client"
    assert proxy.process.running()


def test_when_certificates_end_is_a_metric(mutual, certificates):
    proxy, client, pair = mutual
    assert client.get("http://h/x").status == 200
    assert proxy.metric(EXPIRY, file=str(pair.cert)) == certificates.client.ends()
    renewed = certificates.authority.issue("renewed-client", usage="clientAuth", days=(-1, 800))
    pair.put(renewed)
    assert eventually(lambda: proxy.metric(EXPIRY, file=str(pair.cert)) == renewed.ends())


def test_check_finds_a_pair_that_does_not_fit(certificates, tmp_path):
    config = write_config(tmp_path, f"""
        map:
          - source: http://h
            target: https://name.test
            tls: {{cert: {certificates.client.cert}, key: {certificates.other_client.key}}}
    """)
    done = run("check", "-c", config, cwd=tmp_path)
    assert done.returncode == 1
    assert "key" in done.stderr + done.stdout


def test_busybox_calls_an_https_url_through_the_proxy(ambassador, shown, certificates, name_server):
    """It sends `GET https://…` to its proxy: the ambassador originates the TLS, for a destination that is allowed."""
    server = shown(certificates.good)
    proxy = ambassador(f"""
        allow:
          - {{to: "name.test:{server.port}", addresses: [127.0.0.0/8]}}
    """, env=name_server.environment() | {"SSL_CERT_FILE": str(certificates.ca)})  # fmt: skip
    proxied = through_proxy(proxy.port) | {"https_proxy": f"http://127.0.0.1:{proxy.port}"}
    url = f"https://name.test:{server.port}/file"
    argv = [needs.program("busybox"), "wget", "-q", "-O", "-", url]
    assert execute(argv, proxied).stdout == "inside TLS"
    assert proxy.log(f"GET {url} 200 ")
