/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Restart and power off: ACPI's registers where the tables name them, and for
 * a restart then the chipset's, the keyboard controller's and, when nothing
 * helps, a triple fault.
 */
#include "boot/boot_info.h"
#include "device/acpi.h"
#include "device/console.h"
#include "device/power.h"
#include "lib/lock.h"
#include "lib/printk.h"
#include "x86/clock.h"
#include "x86/descriptors.h"
#include "x86/msr.h"
#include "x86/smp.h"

#define SLP_EN		0x2000
#define SLP_TYP(v)	(((v) & 7) << 10)
#define SLP_MASK	0x3c00

void machine_halt(void)
{
	for (;;) {
		__asm__ volatile("cli; hlt");
	}
}

/* This CPU alone goes on, and what it says is on the line at once. */
void machine_stop_others(void)
{
	irq_disable();
	smp_stop_others();
	console_force_unlock();
}

void machine_reboot(void)
{
	static const struct table_ptr no_idt;

	log_info("Restarting the machine.\n");
	machine_stop_others();
	if (acpi_info.reset_port) {
		outb(acpi_info.reset_value, acpi_info.reset_port);
		delay_us(10000);
	}
	outb(0x02, 0xcf9);
	delay_us(50);
	outb(0x06, 0xcf9);
	delay_us(10000);
	outb(0xfe, 0x64);
	delay_us(10000);
	__asm__ volatile("lidt %0; int3" : : "m" (no_idt));
	machine_halt();
}

void machine_restart(void)
{
	if (boot_options.noreboot) {
		log_error("Restart was asked for; halted because of \"noreboot\".\n");
		machine_stop_others();
		machine_halt();
	}
	machine_reboot();
}

static void write_sleep(u16 a, u16 b)
{
	outw(a, acpi_info.pm1a_cnt);
	if (acpi_info.pm1b_cnt) {
		outw(b, acpi_info.pm1b_cnt);
	}
}

int acpi_enter_sleep(u32 state, u16 pm1a_cnt_val, u16 pm1b_cnt_val)
{
	if (state != 5) {
		return -EOPNOTSUPP;
	}
	if (!acpi_info.pm1a_cnt) {
		return -ENODEV;
	}
	log_info("Powering the machine off.\n");
	machine_stop_others();
	write_sleep(pm1a_cnt_val & ~SLP_EN, pm1b_cnt_val & ~SLP_EN);
	write_sleep(pm1a_cnt_val | SLP_EN, pm1b_cnt_val | SLP_EN);
	delay_us(100000);
	log_error("The machine ignored its power-off register; halted.\n");
	machine_halt();
}

void machine_poweroff(void)
{
	if (acpi_info.s5_known && acpi_info.pm1a_cnt) {
		u16 a = inw(acpi_info.pm1a_cnt) & ~(SLP_EN | SLP_MASK);

		acpi_enter_sleep(5, a | SLP_TYP(acpi_info.s5_typ_a),
				 SLP_TYP(acpi_info.s5_typ_b));
	}
	log_error("This machine has no power-off that we know; halted.\n");
	machine_stop_others();
	machine_halt();
}
