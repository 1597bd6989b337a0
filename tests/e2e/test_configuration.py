"""Where the configuration comes from: flags over the environment over the file."""

import pytest

from harness import clients
from harness.ambassador import mapping, run, write_config
from harness.ports import free_port
from harness.scripted_upstream import answering, ok


@pytest.fixture(name="server")
def _server(upstream):
    return upstream(answering(ok("mapped")))


def entry(source, server):
    return mapping(source, f"http://{server.authority}")


def test_the_environment_adds_to_the_map_of_the_file(launch, server, tmp_path):
    path = write_config(tmp_path, "listen: 127.0.0.1:0\n", entry("http://one", server))
    proxy = launch("-c", path, env={"AMBASSADOR_MAP_1": f"http://two/x => http://{server.authority}/y"})
    assert [clients.curl(proxy.port, url).body for url in ("http://one/", "http://two/x/z")] == ["mapped", "mapped"]
    assert [seen.target for seen in server.requests] == ["/", "/y/z"]


def test_the_environment_alone_is_enough(launch, server):
    env = {"AMBASSADOR_LISTEN": "127.0.0.1:0", "AMBASSADOR_MAP_1": f"http://localhost/api => http://{server.authority}/rng"}
    assert clients.curl(launch(env=env).port, "http://localhost/api").body == "mapped"
    assert server.requests[0].target == "/rng"


def test_flags_win_over_the_environment_and_that_over_the_file(launch, server, tmp_path):
    ports = [free_port() for _ in range(3)]
    path = write_config(tmp_path, f"listen: 127.0.0.1:{ports[0]}\n", entry("http://one", server))
    env = {"AMBASSADOR_LISTEN": f"127.0.0.1:{ports[1]}"}
    assert launch("-c", path).port == ports[0]
    assert launch("-c", path, env=env).port == ports[1]
    assert launch("-c", path, "--listen", f"127.0.0.1:{ports[2]}", env=env).port == ports[2]


def test_the_file_is_found_by_its_variable_and_in_the_working_directory(launch, server, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    named = write_config(elsewhere, "listen: 127.0.0.1:0\n", entry("http://named", server), name="named.yaml")
    write_config(tmp_path, "listen: 127.0.0.1:0\n", entry("http://here", server))
    by_variable = launch(env={"AMBASSADOR_CONFIG": str(named)})
    assert clients.curl(by_variable.port, "http://named/").status == 200
    assert clients.curl(by_variable.port, "http://here/").status == 403
    assert clients.curl(launch().port, "http://here/").status == 200


def test_values_come_from_the_environment(launch, server, tmp_path):
    path = write_config(tmp_path, "listen: 127.0.0.1:0\n", mapping("http://h", "http://${UPSTREAM}"))
    assert clients.curl(launch("-c", path, env={"UPSTREAM": server.authority}).port, "http://h/").body == "mapped"


def test_a_value_that_the_environment_lacks_is_an_error(tmp_path):
    path = write_config(tmp_path, "listen: 127.0.0.1:0\n", mapping("http://h", "http://${UPSTREAM}"))
    done = run("check", "-c", path, cwd=tmp_path)
    assert done.returncode == 1
    assert f"{path}:4:" in done.stderr + done.stdout and "UPSTREAM" in done.stderr + done.stdout


def test_an_error_in_the_environment_names_the_variable(tmp_path):
    done = run("check", cwd=tmp_path, env={"AMBASSADOR_MAP_1": "http://one", "AMBASSADOR_TIMEOUT_CONNECT": "soon"})
    assert done.returncode == 1
    assert "AMBASSADOR_MAP_1" in done.stderr + done.stdout
    assert "AMBASSADOR_TIMEOUT_CONNECT" in done.stderr + done.stdout


def test_json_is_yaml(launch, server, tmp_path):
    path = tmp_path / "it.json"
    path.write_text('{"listen": "127.0.0.1:0", "map": [{"source": "http://h", "target": "http://%s"}]}' % server.authority)
    assert clients.curl(launch("-c", path).port, "http://h/").body == "mapped"


def test_the_proxy_variables_of_the_environment_do_not_concern_it(launch, server, tmp_path):
    path = write_config(tmp_path, "listen: 127.0.0.1:0\n", entry("http://h", server))
    nowhere = f"http://127.0.0.1:{free_port()}"
    proxy = launch("-c", path, env={"http_proxy": nowhere, "HTTP_PROXY": nowhere})
    assert clients.curl(proxy.port, "http://h/").body == "mapped"
