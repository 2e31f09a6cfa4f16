# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
"""A machine in QEMU with domain 0 on a hypervisor, driven from a program.

The demo and the system tests use this. The machine's serial line is read all
the time and kept with the moment of each line; commands go to domain 0
through its agent (scripts/dom0/agent), not through the console, so that no
message of a kernel can garble them.
"""
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class MachineError(Exception):
    """What went wrong, in words for the user."""


class EmulatorError(MachineError):
    """QEMU itself crashed: that says nothing about what ran in it."""


def free_port():
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Machine:
    """One run of QEMU, from power-on to its end.

    `words` are options for scripts/run-qemu, `qemu` more words for QEMU
    itself; without `words`, `qemu` is the whole command. The serial line is
    copied to `log`, and shown when `echo`.
    """

    def __init__(self, words, log, qemu=(), echo=False, agent=True):
        self.folder = tempfile.mkdtemp(prefix="paravane-")
        self.agent_path = os.path.join(self.folder, "agent")
        self.log_path = log
        self.echo = echo
        self.lines = []             # (seconds since power-on, text)
        self.ended = False
        self.changed = threading.Condition()
        self.commands = {}          # id -> [lines, status or None]
        self.next_id = 1
        self.socket = None
        if words is None:
            command, agent = list(qemu), False
        else:
            command = [os.path.join(TOP, "scripts", "run-qemu"), *words]
            if agent:
                command += ["--agent", self.agent_path]
            if qemu:
                command += ["--", *qemu]
        self.command = command
        self.start = time.monotonic()
        # Should this program be killed, the machine goes with it.
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *command],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        threading.Thread(target=self._read_serial, daemon=True).start()
        if agent:
            self._connect()

    # --- the serial line

    def _read_serial(self):
        pending = b""
        with open(self.log_path, "wb") as log:
            while True:
                data = os.read(self.process.stdout.fileno(), 65536)
                now = time.monotonic() - self.start
                if not data:
                    break
                log.write(data)
                log.flush()
                *whole, pending = (pending + data).split(b"\n")
                self._add_lines(now, whole)
        if pending:
            self._add_lines(time.monotonic() - self.start, [pending])
        self.process.wait()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def _add_lines(self, now, raw):
        texts = [line.decode("utf-8", "replace").replace("\r", "")
                 for line in raw]
        if self.echo:
            for text in texts:
                print(f"    | {text}", flush=True)
        with self.changed:
            self.lines += [(now, text) for text in texts]
            self.changed.notify_all()

    def elapsed(self):
        """Seconds since power-on."""
        return time.monotonic() - self.start

    def wait_line(self, pattern, seconds, bad=r"pv: failed|Kernel panic",
                  after=0):
        """The time and text of the first line that matches `pattern`.

        Looks from line number `after`; fails when `bad` matches first, when
        the machine ends, and after `seconds` from now.
        """
        want, unwanted = re.compile(pattern), re.compile(bad)
        deadline = time.monotonic() + seconds
        at = after
        with self.changed:
            while True:
                while at < len(self.lines):
                    when, text = self.lines[at]
                    at += 1
                    if want.search(text):
                        return when, text
                    if unwanted.search(text):
                        raise MachineError(f"the machine said: {text.strip()}")
                if self.ended:
                    raise self._stopped(f"before it said '{pattern}'")
                left = deadline - time.monotonic()
                if left <= 0:
                    raise MachineError(
                        f"no '{pattern}' within {seconds:.0f} s"
                        + self._last_words())
                self.changed.wait(left)

    def _stopped(self, when):
        """The error of a machine that ended when it should not."""
        text = f"the machine stopped {when}" + self._last_words()
        if self.process.returncode in (-signal.SIGSEGV, -signal.SIGABRT):
            return EmulatorError("QEMU crashed (signal "
                                 f"{-self.process.returncode}); {text}")
        return MachineError(text)

    def _last_words(self):
        said = [text for _, text in self.lines if text.strip()][-3:]
        if not said:
            return "; it said nothing"
        return "; its last words: " + " / ".join(s.strip() for s in said)

    def type(self, text):
        """Types on the serial line."""
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    # --- commands in domain 0

    def _connect(self):
        # Before domain 0 opens its end, so that it never sees us missing.
        while not os.path.exists(self.agent_path):
            if self.process.poll() is not None:
                return          # the serial line has QEMU's reason
            time.sleep(0.01)
        self.socket = socket.socket(socket.AF_UNIX)
        for _ in range(100):
            try:
                self.socket.connect(self.agent_path)
                break
            except ConnectionRefusedError:
                time.sleep(0.01)
        threading.Thread(target=self._read_agent, daemon=True).start()

    def _read_agent(self):
        pending = b""
        while True:
            try:
                data = self.socket.recv(65536)
            except OSError:
                data = b""
            if not data:
                return
            *whole, pending = (pending + data).split(b"\n")
            with self.changed:
                for raw in whole:
                    self._agent_line(raw.decode("utf-8", "replace"))
                self.changed.notify_all()

    def _agent_line(self, text):
        match = re.match(r"(\d+)([>=]) ?(.*)", text.rstrip("\r"))
        if not match or int(match[1]) not in self.commands:
            return
        command = self.commands[int(match[1])]
        if match[2] == ">":
            command[0].append(match[3])
        else:
            command[1] = int(match[3])

    def begin(self, command):
        """Starts a shell command in domain 0; returns its number."""
        if self.socket is None:
            raise MachineError("QEMU did not start" + self._last_words())
        number = self.next_id
        self.next_id += 1
        self.commands[number] = [[], None]
        self.socket.sendall(f"{number} {command}\n".encode())
        return number

    def _wait_command(self, number, seconds, done, what):
        deadline = time.monotonic() + seconds
        with self.changed:
            while True:
                result = done(self.commands[number])
                if result is not None:
                    return result
                left = deadline - time.monotonic()
                if self.ended:
                    raise self._stopped(f"during '{what}'")
                if left <= 0:
                    raise MachineError(f"'{what}' took more than "
                                       f"{seconds:.0f} s"
                                       + self._said(number))
                self.changed.wait(left)

    def _said(self, number):
        said = self.commands[number][0][-5:]
        return "; it said: " + " / ".join(said) if said else ""

    def output_line(self, number, pattern, seconds):
        """Waits until the running command `number` prints such a line."""
        want = re.compile(pattern)

        def done(command):
            for text in command[0]:
                if want.search(text):
                    return text
            if command[1] is not None:
                raise MachineError(f"the command ended without '{pattern}'"
                                   + self._said(number))
            return None

        return self._wait_command(number, seconds, done, pattern)

    def run(self, command, seconds=60, check=True):
        """Runs a command in domain 0: its output; or (status, output)."""
        number = self.begin(command)
        status = self._wait_command(number, seconds, lambda c: c[1], command)
        text = "\n".join(self.commands[number][0])
        if not check:
            return status, text
        if status != 0:
            raise MachineError(f"'{command}' in domain 0 failed "
                               f"(status {status}): {text.strip()[-600:]}")
        return text

    # --- the end

    def wait_end(self, seconds):
        """Waits for QEMU to end by itself; returns its exit status."""
        deadline = time.monotonic() + seconds
        with self.changed:
            while not self.ended:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise MachineError(f"the machine is still on after "
                                       f"{seconds:.0f} s" + self._last_words())
                self.changed.wait(left)
        return self.process.returncode

    def close(self):
        """Pulls the plug, if it is still on, and forgets the machine."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.socket is not None:
            self.socket.close()
        if os.path.exists(self.agent_path):
            os.unlink(self.agent_path)
        os.rmdir(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
