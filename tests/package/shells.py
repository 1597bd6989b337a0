"""What a shell offers after a line, asked of the shell itself."""

import os
import pty
import select
import subprocess
import time

from harness.environment import clean
from harness.limits import LINE
from harness.needs import program

# Bash's own way: the line as words, the last of which is being written. Then what completion was set up to call.
BASH = r"""
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
read -r _ _ function _ <<<"$(complete -p ambassador)"
"$function"
printf '%s\n' "${COMPREPLY[@]}"
"""

# Zsh completes only where a line is edited: a shell on a terminal, which writes down what its functions add.
ZSHRC = r"""
PS1='ready> '
fpath=(%(directory)s $fpath)
autoload -Uz compinit
compinit -u -D
compadd() {
  local -a found
  # The functions' own bookkeeping adds nothing.
  if [[ " ${@[1,(i)(-|--)]}" == *' -'[[:alpha:]]#[OAD]\ * ]]; then builtin compadd "$@"; return; fi
  builtin compadd -O found "$@"
  print -rl -- $found >>%(answer)s
}
note() { _main_complete; print END >>%(answer)s; compstate[insert]=''; compstate[list]='' }
setopt extended_glob
zle -C note complete-word note
bindkey '^X' note
"""


def bash(completion, line, cwd):
    words = line.replace("=", " = ").split(" ")
    return asked([program("bash"), "--norc", "--noprofile", "-c", BASH, "bash", completion, *words], cwd)


def fish(completion, line, cwd):
    script = 'source $argv[1]; complete -C "$argv[2]"'
    lines = asked([program("fish"), "--no-config", "-c", script, completion, line], cwd, HOME=str(cwd))
    return {offer.partition("\t")[0] for offer in lines}


def asked(command, cwd, **variables):
    run = subprocess.run([str(part) for part in command], cwd=cwd, env=clean(variables), capture_output=True, text=True, timeout=30, check=True)
    assert not run.stderr, run.stderr
    return {offer for offer in run.stdout.splitlines() if offer}


def zsh(completion, line, cwd):
    home = cwd.parent / "zsh-home"
    home.mkdir(exist_ok=True)
    (home / "_ambassador").write_text(completion.read_text())
    answer = home / "answer"
    answer.unlink(missing_ok=True)
    (home / ".zshrc").write_text(ZSHRC % {"directory": home, "answer": answer})
    leader, terminal = pty.openpty()
    environment = clean({"ZDOTDIR": str(home), "TERM": "dumb"})
    with subprocess.Popen([program("zsh"), "-d", "-i"], cwd=cwd, env=environment, stdin=terminal, stdout=terminal, stderr=terminal,
                          start_new_session=True) as shell:  # fmt: skip
        os.close(terminal)
        try:
            wait(leader, lambda screen: "ready> " in screen)
            os.write(leader, (line + "\x18").encode())
            screen = wait(leader, lambda _: answer.exists() and answer.read_text().endswith("END\n"))
            assert answer.exists(), screen
            return set(answer.read_text().splitlines()) - {"END", ""}
        finally:
            shell.kill()
            os.close(leader)


def wait(leader, done):
    """Reads the terminal until it is done, or time is up."""
    screen = ""
    deadline = time.monotonic() + LINE
    while not done(screen) and time.monotonic() < deadline:
        if select.select([leader], [], [], 0.05)[0]:
            screen += os.read(leader, 4096).decode(errors="replace")
    return screen
