"""A certificate authority of the tests' own, by the openssl command line: good certificates, and every bad kind."""

import dataclasses
import datetime
import functools
import pathlib
import ssl

from harness import needs
from harness.clients import execute
from harness.environment import clean

# Each name in full: OpenSSL takes no wildcard for all of a top-level domain.
LOCAL = ("DNS:localhost", "IP:127.0.0.1", "IP:::1", "DNS:name.test", "DNS:code.test", "DNS:chat.test", "DNS:*.name.test")
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
AUTHORITY = """
[ca]
default_ca = own
[own]
dir = {directory}
database = {directory}/index.txt
new_certs_dir = {directory}
certificate = {directory}/ca.crt
private_key = {directory}/ca.key
default_md = sha256
policy = any
unique_subject = no
rand_serial = yes
[any]
commonName = supplied
"""
EXTENSIONS = """
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = {usage}
subjectAltName = {names}
"""


@dataclasses.dataclass(frozen=True)
class Pair:
    """A certificate and its key: PEM files."""

    cert: pathlib.Path
    key: pathlib.Path

    def server_context(self, client_ca=None):
        """For a Python server that shows it, and with `client_ca` wants one of the client's."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)
        if client_ca:
            context.load_verify_locations(client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def ends(self):
        """When it ends, in seconds since 1970."""
        shown = openssl("x509", "-in", self.cert, "-noout", "-enddate").strip().partition("=")[2]
        return ssl.cert_time_to_seconds(shown)

    def put(self, other):
        """Replaces both files by another pair's, each by a rename, as a secret's mount is."""
        for own, new in ((self.cert, other.cert), (self.key, other.key)):
            replace(own, new.read_bytes())

    def copy(self, directory, name):
        """The same pair in files that a test may change."""
        pair = Pair(directory / f"{name}.crt", directory / f"{name}.key")
        pair.put(self)
        return pair


def replace(path, content):
    """A file's new content, never seen half written."""
    beside = path.with_name(path.name + ".new")
    beside.write_bytes(content)
    beside.rename(path)


def openssl(*args):
    return execute([needs.program("openssl"), *args], clean()).stdout


class Authority:
    """Signs certificates in a directory of its own."""

    def __init__(self, directory, name="Test CA"):
        self._directory = directory
        self.cert = directory / "ca.crt"
        (directory / "index.txt").touch()
        (directory / "ca.conf").write_text(AUTHORITY.format(directory=directory))
        openssl("req", "-x509", *NEW_KEY, "-days", "3650", "-subj", f"/CN={name}", "-keyout", directory / "ca.key",
                "-out", self.cert, "-addext", "keyUsage=critical,keyCertSign,cRLSign")  # fmt: skip

    def issue(self, name, names=LOCAL, days=(-1, 365), usage="serverAuth"):
        """A pair that is valid between these two days, counted from now."""
        cert, key, request, extensions = (self._directory / f"{name}.{kind}" for kind in ("crt", "key", "csr", "ext"))
        extensions.write_text(EXTENSIONS.format(usage=usage, names=",".join(names)))
        openssl("req", "-new", *NEW_KEY, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        now = datetime.datetime.now(datetime.timezone.utc)
        start, end = ((now + datetime.timedelta(days=day)).strftime("%Y%m%d%H%M%SZ") for day in days)
        openssl("ca", "-batch", "-notext", "-config", self._directory / "ca.conf", "-in", request, "-out", cert,
                "-startdate", start, "-enddate", end, "-extfile", extensions)  # fmt: skip
        return Pair(cert, key)


class Certificates:
    """Each made when it is first asked for."""

    def __init__(self, directory):
        self._directory = directory

    @functools.cached_property
    def authority(self):
        return self._authority("ours")

    @functools.cached_property
    def other_authority(self):
        """Nobody trusts it unless told to."""
        return self._authority("others")

    @property
    def ca(self):
        return self.authority.cert

    @property
    def other_ca(self):
        return self.other_authority.cert

    @functools.cached_property
    def good(self):
        return self.authority.issue("good")

    @functools.cached_property
    def renewed(self):
        return self.authority.issue("renewed", days=(-1, 700))

    @functools.cached_property
    def expired(self):
        return self.authority.issue("expired", days=(-30, -1))

    @functools.cached_property
    def not_yet_valid(self):
        return self.authority.issue("not-yet-valid", days=(10, 30))

    @functools.cached_property
    def wrong_name(self):
        return self.authority.issue("wrong-name", names=["DNS:elsewhere.example"])

    @functools.cached_property
    def of_unknown_ca(self):
        return self.other_authority.issue("of-unknown-ca")

    @functools.cached_property
    def self_signed(self):
        pair = Pair(self._directory / "self-signed.crt", self._directory / "self-signed.key")
        openssl("req", "-x509", *NEW_KEY, "-days", "30", "-subj", "/CN=self-signed", "-keyout", pair.key, "-out", pair.cert,
                "-addext", "subjectAltName=" + ",".join(LOCAL))  # fmt: skip
        return pair

    @functools.cached_property
    def client(self):
        return self.authority.issue("client", names=["DNS:client.test"], usage="clientAuth")

    @functools.cached_property
    def other_client(self):
        return self.other_authority.issue("other-client", names=["DNS:client.test"], usage="clientAuth")

    def named(self, *names):
        """A good pair for these names alone."""
        return self.authority.issue("-".join(names).replace("*", "any"), names=[f"DNS:{name}" for name in names])

    def _authority(self, name):
        directory = self._directory / name
        directory.mkdir()
        return Authority(directory, name=f"Test CA {name}")
