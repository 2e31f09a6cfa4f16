/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The end of the machine: restart, power off, and ACPI sleep states that
 * domain 0 asks for (XENPF_enter_acpi_sleep).
 */
#ifndef DEVICE_POWER_H
#define DEVICE_POWER_H

#include "lib/types.h"

/* For domain 0, which may always restart its machine. */
void machine_reboot(void) __noreturn;
/* After a fault: halts instead, saying so, when "noreboot" was given. */
void machine_restart(void) __noreturn;
void machine_poweroff(void) __noreturn;
void machine_halt(void) __noreturn;
void machine_stop_others(void);

/*
 * Writes PM1A/PM1B control with the values from domain 0's \_Sx object.  Only
 * S5 (power off) is done; others are -EOPNOTSUPP; S5 does not return (a
 * machine that ignores it is halted); -ENODEV without the register.
 */
int acpi_enter_sleep(u32 state, u16 pm1a_cnt_val, u16 pm1b_cnt_val);

#endif
