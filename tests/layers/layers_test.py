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

    def test_headers_that_include_each_other(self):
        self.assert_breach({"net/a.hpp": '\n#include "net/b.hpp"\n', "net/b.hpp": '#include "net/c.hpp"\n',
                            "net/c.hpp": '#include "net/a.hpp"\n', "net/d.cpp": '#include "net/b.hpp"\n'},
                           "an include cycle: net/a.hpp -> net/b.hpp -> net/c.hpp -> net/a.hpp")

    def test_a_header_that_two_others_include_is_no_cycle(self):
        self.assertEqual(breaches({"net/a.hpp": '#include "net/b.hpp"\n#include "net/c.hpp"\n',
                                   "net/b.hpp": '#include "net/c.hpp"\n', "net/c.hpp": ""}), [])

    def test_a_step_of_config_that_includes_a_later_one(self):
        for own, other in (("document/node.hpp", "keys/keys.hpp"), ("keys/shape.cpp", "settings/settings.hpp"),
                           ("settings/model.cpp", "load.hpp"), ("report.hpp", "load.hpp"), ("units.cpp", "document/node.hpp"),
                           ("protocol.hpp", "settings/settings.hpp"), ("document/node.hpp", "find.hpp")):
            with self.subTest(own=own, other=other):
                self.assert_breach({f"config/{own}": f'\n#include "config/{other}"\n', f"config/{other}": ""},
                                   f"config/{own}:2:", "a later step")

    def test_a_step_of_config_that_includes_an_earlier_one(self):
        for own, other in (("document/node.hpp", "report.hpp"), ("keys/shape.hpp", "document/node.hpp"),
                           ("settings/model.cpp", "keys/keys.hpp"), ("settings/settings.hpp", "protocol.hpp"),
                           ("load.cpp", "settings/model.hpp"), ("find.hpp", "document/node.hpp")):
            with self.subTest(own=own, other=other):
                self.assertEqual(breaches({f"config/{own}": f'#include "config/{other}"\n', f"config/{other}": ""}), [])

    def test_a_folder_of_config_that_nobody_knows(self):
        self.assert_breach({"config/misc/a.cpp": ""}, "config/misc is no step")

    def test_a_comparison_with_the_name_of_a_protocol(self):
        for text in ('if (scheme == "http") {}', 'if ("https" != scheme) {}', 'auto x = iequals(parts.scheme, "tcp");',
                     'auto x = record.method == "TCP"sv;', 'if (url.starts_with("http://")) {}', 'if (a ==\n"redis") {}',
                     'auto x = name.compare("postgres");', 'constexpr std::string_view tls_scheme = "tls://";',
                     'constexpr std::string_view scheme{"rediss"};'):
            with self.subTest(text=text):
                self.assert_breach({"session/a.cpp": f"\n{text}\n"}, "session/a.cpp:", "read the row of config/protocol")

    def test_what_only_looks_like_a_comparison_with_the_name_of_a_protocol(self):
        self.assertEqual(breaches({
            "session/a.cpp": '// scheme == "http"\nauto x = node.find("tls");\nsay("write http:// == fine");\n'
                             'auto y = "http://" + host;\n',
            "config/protocol.cpp": 'auto x = scheme == "tcp";\n', "wire/first_bytes.cpp": 'auto x = begins_with(a, "http");\n',
            "kubernetes/advice.cpp": 'return protocol == "TCP";\n'}), [])

    def test_http1_outside_of_its_places(self):
        for name in ("route/a.cpp", "session/call.cpp", "upstream/pool.cpp"):
            with self.subTest(name=name):
                self.assert_breach({name: "\nhttp1::write();\n"}, f"{name}:2", "http1")

    def test_http1_in_its_places(self):
        self.assertEqual(breaches({"session/http/a.cpp": '#include "wire/http1/writer.hpp"\n', "wire/http1/writer.hpp": "",
                                   "base/a.cpp": "// http1 in a comment\nint http11;\n"}), [])

    def test_a_layer_that_nobody_knows(self):
        self.assert_breach({"util/a.cpp": ""}, "util is no layer")


if __name__ == "__main__":
    unittest.main()
