# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
"""A model: what instructions and privileged events would cost in cycles.

Instruction counts leave out what silicon charges for crossing rings, loading
CR3 and refilling the TLB.  Here each event has a price; SOURCES says where
from.  The result is a model, good for comparing places, not a measurement.
"""

# Cycles for one event; an instruction besides is worth 1 / IPC.
IPC = 1.0
PRICES = {
    "syscall": 40,      # SYSCALL, with the serialising it implies
    "sysret": 40,       # SYSRET
    "iret": 250,        # an IRET, and the exception or interrupt before it
    "cr3": 250,         # MOV to CR3 that flushes, without the refill
    "hv_cr3": 250,
    "cr4": 200,         # MOV to CR4, flushing global entries
    "invlpg": 150,
    "vmrun": 1300,      # VM entry and exit, there and back
}
# Refilling the TLB after a flush: so many entries, each a page walk.
REFILL = 20 * 25

SOURCES = (
    "Prices are round figures of the order that is reported for processors of "
    "these years, not measured by us; vmrun's is between the 1,344 and 1,376 "
    "cycles posted to the Linux kernel list in December 2020 for AMD's. "
    "Refill: 20 entries at 25 cycles a page walk, a guess that favours "
    "nobody. Under nested paging a walk costs about twice as much, which the "
    "model leaves out."
)


def cycles(row):
    """Modelled cycles per operation; None without the events."""
    if "hv_cr3" not in row:
        return None
    total = row["total"] / IPC
    total += sum(row[event] * price for event, price in PRICES.items())
    return total + (row["cr3"] + row["hv_cr3"] + row["cr4"]) * REFILL
