"""The tree keeps the layers' rules, and each rule finds its breach in a tree made to break it."""

import pathlib
import tempfile
import unittest

from rules import DIRECT, sources, violations

PROXY = pathlib.Path(__file__).resolve().parents[2] / "proxy"


def breaches(files):
    """What is found in a tree of these files, given as {name: text}."""
    with tempfile.TemporaryDirectory() as directory:
        proxy = pathlib.Path(directory) / "proxy"
        for name, text in files.items():
            (proxy / name).parent.mkdir(parents=True, exist_ok=True)
            (proxy / name).write_text(text)
        return violations(proxy)


class Tree(unittest.TestCase):
    def test_the_proxy_keeps_the_rules(self):
        self.assertTrue(sources(PROXY), f"no source was found in {PROXY}")
        found = violations(PROXY)
        self.assertFalse(found, "\n" + "\n".join(found))

    def test_the_edges_are_those_of_the_build(self):
        build = (PROXY / "CMakeLists.txt").read_text()
        for line in build.splitlines():
            if line.startswith("ambassador_layer("):
                words = line.replace("(", " ").replace(")", " ").split()
                depends = words[words.index("DEPENDS") + 1:] if "DEPENDS" in words else []
                depends = depends[:depends.index("LIBRARIES")] if "LIBRARIES" in depends else depends
                self.assertLessEqual(set(depends), set(DIRECT[words[1]]), f"{line}: not an edge of rules.py")


class Rules(unittest.TestCase):
    def assert_breach(self, files, *words):
        found = breaches(files)
        self.assertEqual(len(found), 1, found)
        for word in words:
            self.assertIn(word, found[0])

    def test_a_clean_tree_passes(self):
        self.assertEqual(breaches({
            "base/bytes.hpp": "#include <string_view>\n",
            "wire/reader.hpp": '#include "base/bytes.hpp"\n#include <boost/asio/buffer.hpp>\n',
            "net/stream.hpp": "#include <boost/asio/io_context.hpp>\n",
            "app/app.cpp": '#include "net/stream.hpp"\n#include "wire/reader.hpp"\n',
            "main.cpp": '#include "net/stream.hpp"\n#include <iostream>\n'}), [])

    def test_an_io_header_in_the_pure_half(self):
        for layer in ("base", "wire", "config", "route", "balance"):
            for header in ("boost/asio.hpp", "boost/asio/ip/tcp.hpp", "sys/socket.h", "unistd.h", "spdlog/spdlog.h",
                           "iostream", "fstream", "thread", "mutex", "boost/beast/http/read.hpp"):
                with self.subTest(layer=layer, header=header):
                    self.assert_breach({f"{layer}/a.cpp": f"\n#include <{header}>\n"}, f"{layer}/a.cpp:2:", header)

    def test_an_io_header_by_way_of_another_file(self):
        self.assert_breach({"wire/a.cpp": '#include "../shared.hpp"\n', "shared.hpp": "#include <unistd.h>\n"},
                           "wire/a.cpp", "unistd.h", "shared.hpp:1")

    def test_a_clock_in_the_pure_half(self):
        self.assert_breach({"balance/a.cpp": "auto x = std::chrono::steady_clock::now();\n"}, "balance/a.cpp:1", "::now(")

    def test_a_clock_in_a_comment_or_a_string_is_none(self):
        self.assertEqual(breaches({"balance/a.cpp": '// Clock::now() is for others\nauto x = "::now(";\n'}), [])

    def test_a_clock_outside_the_pure_half_is_fine(self):
        self.assertEqual(breaches({"net/a.cpp": "auto x = std::chrono::system_clock::now();\n",
                                   "net/now.hpp": "auto x = std::chrono::steady_clock::now();\n"}), [])

    def test_a_second_place_that_reads_the_steady_clock(self):
        for clock in ("std::chrono::steady_clock", "Clock"):
            with self.subTest(clock=clock):
                self.assert_breach({"app/a.cpp": f"\nauto x = {clock}::now();\n"}, "app/a.cpp:2", "net/now.hpp")

    def test_an_edge_that_is_not_there(self):
        for layer, other in (("wire", "config"), ("balance", "route"), ("net", "wire"), ("upstream", "session"),
                             ("session", "app"), ("session", "admin"), ("admin", "session"), ("admin", "app"), ("app", "command"),
                             ("app", "kubernetes"), ("observe", "net"), ("observe", "route"), ("base", "wire")):
            with self.subTest(layer=layer, other=other):
                self.assert_breach({f"{layer}/a.cpp": f'#include "{other}/b.hpp"\n', f"{other}/b.hpp": ""},
                                   f"{layer} must not include {other}")

    def test_a_layer_that_nobody_knows(self):
        self.assert_breach({"util/a.cpp": ""}, "util is no layer")


if __name__ == "__main__":
    unittest.main()
