/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Channel 2 of the interval timer, with its gate in port 0x61: kernels measure
 * the TSC by it.  The real one is ours, so domain 0 gets one that is computed
 * from the system time.  Modes 0 (count down once) and 2, 3 (again and again)
 * differ only in where the count goes on after 0.  Two vCPUs that use it at
 * one time spoil each other's measurement, as on a real machine.
 */
#include "pvcpu/pit.h"
#include "x86/clock.h"

#define PIT_HZ		1193182
#define GATE		0x01
#define SPEAKER		0x02
#define REFRESH		0x10
#define OUTPUT		0x20

#define ACCESS(control)	(((control) >> 4) & 3)	/* 1 low, 2 high, 3 both */
#define MODE(control)	(((control) >> 1) & 7)

static u64 ticks(const struct pv_pit *p)
{
	return ((now_ns() - p->start_ns) >> 9) * PIT_HZ / (1000000000 >> 9);
}

static u32 reload(const struct pv_pit *p)
{
	return p->count ? p->count : 0x10000;
}

static u16 current_count(const struct pv_pit *p)
{
	u64 t = ticks(p);

	if (!(p->gate & GATE)) {
		return p->count;
	}
	if (MODE(p->control) >= 2) {
		t %= reload(p);
	}
	return (u16)(reload(p) - t);
}

static u8 read_count(struct pv_pit *p)
{
	u16 val = p->latched ? p->latch : current_count(p);

	switch (ACCESS(p->control)) {
	case 1:
		p->latched = false;
		return (u8)val;
	case 2:
		p->latched = false;
		return val >> 8;
	default:
		break;
	}
	p->read_high = !p->read_high;
	if (p->read_high) {
		return (u8)val;
	}
	p->latched = false;
	return val >> 8;
}

static u8 read_gate(struct pv_pit *p)
{
	u8 val = p->gate;

	if ((p->gate & GATE) && ticks(p) >= reload(p)) {
		val |= OUTPUT;
	}
	/* Memory refresh: toggles every 15 us. */
	return val | (now_ns() / 15000 & 1 ? REFRESH : 0);
}

u8 pit_read(struct domain *d, unsigned int port)
{
	switch (port) {
	case 0x42:
		return read_count(&d->pit);
	case 0x61:
		return read_gate(&d->pit);
	default:
		return 0xff;
	}
}

static void write_count(struct pv_pit *p, u8 val)
{
	switch (ACCESS(p->control)) {
	case 1:
		p->count = val;
		break;
	case 2:
		p->count = (u16)(val << 8);
		break;
	default:
		p->write_high = !p->write_high;
		if (p->write_high) {
			p->low = val;
			return;
		}
		p->count = (u16)(val << 8 | p->low);
		break;
	}
	p->start_ns = now_ns();
}

static void write_control(struct pv_pit *p, u8 val)
{
	if (val >> 6 != 2) {
		return;			/* other channels are not there */
	}
	if (!ACCESS(val)) {
		p->latch = current_count(p);
		p->latched = true;
		return;
	}
	p->control = val;
	p->read_high = p->write_high = p->latched = false;
}

void pit_write(struct domain *d, unsigned int port, u8 val)
{
	struct pv_pit *p = &d->pit;

	switch (port) {
	case 0x42:
		write_count(p, val);
		break;
	case 0x43:
		write_control(p, val);
		break;
	default:
		if ((val & GATE) && !(p->gate & GATE)) {
			p->start_ns = now_ns();
		}
		p->gate = val & (GATE | SPEAKER);
		break;
	}
}
