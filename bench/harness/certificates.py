"""A CA of the run's own, and a certificate of it for localhost: made by openssl, and gone with the run."""

import dataclasses
import pathlib
import subprocess

from harness.errors import BenchError

DAYS = "2"
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclasses.dataclass(frozen=True)
class Certificates:
    directory: pathlib.Path

    @property
    def ca(self):
        return self.directory / "ca.pem"

    @property
    def certificate(self):
        return self.directory / "localhost.pem"

    @property
    def key(self):
        return self.directory / "localhost.key"

    @property
    def pair(self):
        """Both in one file, as HAProxy wants it."""
        return self.directory / "pair.pem"


def make_certificates(run):
    made = Certificates(pathlib.Path(run) / "tls")
    made.directory.mkdir()
    ca_key, asked, names = (made.directory / name for name in ("ca.key", "localhost.csr", "names"))
    names.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl("req", "-x509", *KEY, "-keyout", ca_key, "-out", made.ca, "-subj", "/CN=bench", "-days", DAYS)
    openssl("req", *KEY, "-keyout", made.key, "-out", asked, "-subj", "/CN=localhost")
    openssl("x509", "-req", "-in", asked, "-CA", made.ca, "-CAkey", ca_key, "-CAcreateserial", "-days", DAYS,
            "-extfile", names, "-out", made.certificate)
    made.pair.write_text(made.certificate.read_text() + made.key.read_text())
    return made


def openssl(*words):
    try:
        done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              timeout=30)
    except FileNotFoundError:
        raise BenchError("openssl is not installed: ./dev bench installs what it needs") from None
    if done.returncode:
        raise BenchError(f"openssl {words[0]} made no certificate:\n{done.stderr}")
