"""The waits. None of them is a promise about speed: each only keeps a broken test from hanging."""

READY = 20.0  # a process says that it serves
REPLY = 15.0  # one answer on a socket
LINE = 10.0  # a line appears in a log
STOP = 40.0  # a process ends, its drain of 25 s included
COMMAND = 60.0  # a command line client
