# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
"""What pvctl must refuse. Files that it must not make a domain of: the kernels
of tests/guest/images.py, which the hypervisor refuses as domain 0's, and what
else a user may name by mistake; commands that make no sense. Each gets one line
that says why and a status that is not 0, and nothing is left behind.
"""
import json
import re
import sys

from machine import TOP
from scenarios import (create, guest, must, same_state, state_of,
                       write_config)

sys.path.insert(0, f"{TOP}/tests/guest")
# pylint: disable=wrong-import-position
import images  # noqa: E402

KERNEL = "/guests/keel-hello"

# libxenguest loads these: it finds notes by section headers, too, takes the
# hypercall page as it is, and reads zeros where the file has nothing. Then it is
# the domain that dies of it.
TAKEN = {"image_headers_small", "image_offset_wild", "image_file_size_wild",
         "image_no_notes", "image_hypercall_page",
         "image_no_dom0"}        # a guest need not be able to be domain 0

# What is no kernel at all: how it is made in domain 0, and other keys.
FILES = [
    ("a file that is not there", "true", {}),
    ("a folder", "mkdir /run/bad", {}),
    ("an empty file", ": > /run/bad", {}),
    ("a text", "echo '#!/bin/sh' > /run/bad", {}),
    ("a broken gzip file", r"printf '\037\213\010\000 no gzip' > /run/bad", {}),
    ("an initramfs", "cp /guests/initrd-6.1 /run/bad", {}),
    ("half a kernel", "head -c 20000000 /guests/vmlinux-6.1 > /run/bad", {}),
    ("a kernel larger than the domain", "cp /guests/vmlinux-6.1 /run/bad",
     {"memory": 24}),
    ("no ramdisk there", f"cp {KERNEL} /run/bad", {"ramdisk": "/run/none"}),
    ("a folder as ramdisk", f"cp {KERNEL} /run/bad", {"ramdisk": "/run"}),
    ("a ramdisk larger than the domain", f"cp {KERNEL} /run/bad",
     {"ramdisk": "/guests/vmlinux-6.1"}),
]


def _spoil_command(good, spoil):
    """How to make the bad file of a good one, in domain 0's shell."""
    bad = images.spoil(good, spoil)
    lines = [f"head -c {len(bad)} {KERNEL} > /run/bad"]
    for at in range(0, len(bad)):
        if bad[at] != good[at]:
            lines.append(f"printf '\\{bad[at]:03o}' | dd of=/run/bad bs=1 "
                         f"seek={at} conv=notrunc 2>/dev/null")
    return "; ".join(lines)


def _try(machine, make, **keys):
    """Makes the file and creates a domain of it: (status, what was said)."""
    machine.run(f"rm -rf /run/bad; {make}")
    text = guest("bad", 0, kernel="/run/bad",
                 **{"memory": 32, "extra": "", "disk": [], "vif": [],
                    "ramdisk": None, "on_poweroff": "destroy",
                    "on_reboot": "destroy", "on_crash": "destroy", **keys})
    lines = " ".join("'" + li + "'" for li in text.splitlines())
    machine.run(f"printf '%s\\n' {lines} > /run/bad.cfg")
    return machine.run("pvctl create -p /run/bad.cfg 2>&1", 60, check=False)


def bad_kernels(shared):
    """Each file; what is left at the end."""
    m = shared.get()
    with open(f"{shared.world.build}/keel-hello", "rb") as f:
        good = f.read()
    before = state_of(m)
    tries = [(name, _spoil_command(good, spoil), {})
             for name, spoil, _ in images.BAD] + FILES
    refused = 0
    for name, make, keys in tries:
        status, said = _try(m, make, **keys)
        said = said.strip()
        if status == 0:
            must(name in TAKEN, f"{name}: a domain was made of it")
            m.run("pvctl unpause bad; sleep 0.5; "
                  "while pvctl list bad; do pvctl destroy bad; sleep 0.1; done")
            continue
        errors = [li for li in said.splitlines() if "pvctl: error: " in li]
        must(status == 1, f"{name}: status {status}: {said}")
        must(len(errors) == 1 and len(said.splitlines()) == 1,
             f"{name}: not one line: {said}")
        refused += 1
    same_state(before, state_of(m))
    return f"{refused} files refused"



# Status, what is said, and the command. "held" is paused and has disk 0,
# "stopped" has shut down and is kept.
COMMANDS = [
    (2, "no number of seconds", "pvctl shutdown --timeout=soon held"),
    (2, "no number of seconds", "pvctl shutdown held --timeout="),
    (1, "is paused and cannot answer", "pvctl shutdown held -w"),
    (1, "has stopped already", "pvctl shutdown stopped"),
    (1, "has stopped already", "pvctl reboot stopped"),
    (2, "no command 'lsit'", "pvctl help lsit"),
    (1, "cannot write the output", "pvctl list --json > /dev/full"),
    # As where no xenstored runs.
    (1, "cannot reach xenstore", "XENSTORED_RUNDIR=/run/none pvctl list"),
    (1, "a domain called 'held' already runs", "pvctl create /run/held.cfg"),
    (1, "disk xvda: cannot open .*: it is mounted, or another disk",
     "pvctl create /run/held.cfg 'name=\"other\"'"),
    (1, "disk xvda: cannot open .*: it is mounted, or another disk",
     "pvctl create /run/other.cfg 'disk=[\"vdev=xvda,access=rw,"
     "target=/dev/disk/by-id/virtio-store\"]'"),
    (1, "disk '/run' is no file and no block device",
     "pvctl create /run/other.cfg 'disk=[\"/run,raw,xvda\"]'"),
    (1, r"vif 0: cannot create a tap device \(eth0 on xenbr0\)",
     "pvctl create /run/other.cfg 'vif=[\"vifname=eth0\"]'"),
    (1, "vif [01]: cannot create a tap device .*: Device or resource busy",
     "pvctl create /run/other.cfg "
     "'vif=[\"vifname=tap7\",\"vifname=tap7\"]'"),
    (1, "disk xvda: cannot run /none/pv-blkback",
     "PATH=/none PARAVANE_BACKEND_DIR=/none $(which pvctl) "
     "create /run/other.cfg 'disk=[\"/run/image,raw,xvda\"]'"),
]


def _interrupt(machine):
    """^C while a disk's backend takes its time to start."""
    machine.run("mkdir /run/slow; echo '#!/bin/sh' > /run/slow/pv-blkback; "
                "echo 'touch /run/starts; sleep 2; exit 1' "
                ">> /run/slow/pv-blkback; chmod +x /run/slow/pv-blkback")
    said = machine.run(
        "export PARAVANE_BACKEND_DIR=/run/slow; "
        "pvctl create /run/other.cfg 'disk=[\"/run/image,raw,xvda\"]' "
        "> /run/said 2>&1 & until [ -e /run/starts ]; do sleep 0.1; done; "
        "kill $!; wait $! || echo status $?; cat /run/said; pvctl list --json; "
        "rm -r /run/slow /run/starts", 30)
    must("status 1\n" in said and "'other' is not created" in said, said)
    names = [d["name"] for d in json.loads(said[said.index("["):])]
    must(sorted(names) == ["Domain-0", "held", "stopped"],
         f"there is more when pvctl has ended: {names}")


def bad_commands(shared):
    """Each command; what is left at the end."""
    m = shared.get()
    m.run("truncate -s 1M /run/image")
    bare = {"kernel": KERNEL, "ramdisk": None, "memory": 32, "extra": "",
            "disk": [], "vif": [], "on_reboot": "preserve"}
    before = state_of(m)
    create(m, guest("held", 0, **{**bare, "disk": [
        "format=raw, vdev=xvda, access=rw, "
        "target=/dev/disk/by-id/virtio-disk0"]}), "-p")
    create(m, guest("stopped", 0, **bare))
    write_config(m, guest("other", 0, **bare))
    ended = "until pvctl list {} | grep -q -e '--s--'; do sleep 0.1; done"
    m.run(ended.format("stopped"), 30)
    for status, words, command in COMMANDS:
        got, said = m.run(f"({command}) 2>&1", 60, check=False)
        must(got == status and len(said.splitlines()) == 1 and
             re.search("^pvctl: error: .*" + words, said),
             f"{command}: status {got}: {said}")
    _interrupt(m)
    # Pausing again changes nothing: one word lets it go on.
    must("paused already" in m.run("pvctl pause held 2>&1"), "paused twice")
    m.run("pvctl unpause held; " + ended.format("held"), 30)
    m.run("pvctl destroy stopped; pvctl destroy held")
    # A guest that restarts all the time ends when it is destroyed.
    # It was named from another folder than the one where it is built anew.
    write_config(m, guest("again", 0, **{**bare, "on_reboot": "restart"}))
    first = m.run("cd /guests; pvctl create /run/again.cfg "
                  f"'kernel=\"{KERNEL.split('/')[-1]}\"'").split()[1]
    m.run("until [ \"$(pvctl list again | awk 'NR == 2 {print $2}')\" -gt "
          f"{first} ]; do sleep 0.1; done", 60)
    m.run("until pvctl list again | grep -q -e '--s--'; do sleep 0.05; done; "
          "until pvctl destroy again; do sleep 0.05; done", 60)
    must("{pvctl-watcher}" not in m.run("sleep 1; ps"), "it was restarted")
    same_state(before, state_of(m))
    return f"{len(COMMANDS)} commands refused"
