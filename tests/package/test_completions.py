"""Each shell offers every command, every option, and the values that are known."""

import functools

import pytest

import said_by_help
import shells


@pytest.fixture(name="offers", params=["bash", "zsh", "fish"])
def _offers(request, project, tmp_path):
    """offers(LINE): what the shell offers after it, in a directory with two files."""
    directory = tmp_path / "here"
    directory.mkdir()
    for name in ("ambassador.yaml", "app.log"):
        (directory / name).write_text("")
    ask = getattr(shells, request.param)
    return functools.partial(ask, project / f"packaging/completions/ambassador.{request.param}", cwd=directory)


@functools.cache
def commands():
    return said_by_help.commands()


def long(options):
    return {option for option in options if option.startswith("--")}


def test_every_command_is_offered(offers):
    offered = offers("ambassador ")
    assert commands().keys() - {""} <= offered
    assert not {"ambassador.yaml", "--listen"} & offered


def test_every_option_of_every_command_is_offered_and_no_other(offers):
    for command, options in commands().items():
        offered = long(offers(" ".join(filter(None, ["ambassador", command, "--"]))))
        assert offered == long(options), command or "no command"


def test_the_values_that_are_known_are_offered(offers):
    assert offers("ambassador run --unmapped ") == {"block", "report", "allow"}
    assert offers("ambassador --log-format ") == {"text", "json"}
    assert offers("ambassador redirect --with iptables-") == {"iptables-nft", "iptables-legacy"}
    assert {"GET", "CONNECT"} <= offers("ambassador explain ")


def test_a_value_behind_an_equals_sign_is_offered_too(offers):
    offered = offers("ambassador check --unmapped=b")
    assert {offer.removeprefix("--unmapped=") for offer in offered} == {"block"}


def test_files_are_offered_where_a_file_is_meant_and_nowhere_else(offers):
    assert offers("ambassador check -c ") == {"ambassador.yaml", "app.log"}
    assert offers("ambassador -c amb") == {"ambassador.yaml"}
    assert offers("ambassador suggest --from-log app") == {"app.log"}
    assert offers("ambassador inject amb") == {"ambassador.yaml"}
    assert not offers("ambassador run --listen ")
    assert not offers("ambassador schema ") - {"-h", "--help"}
