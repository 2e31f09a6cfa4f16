/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Port I/O of guests.  Whether the code that runs may use a port at all is
 * for the guest's kernel to say: its IOPL, or the bitmap that it registered
 * (PHYSDEVOP_set_iopl, set_iobitmap).  Whether the domain may reach the real
 * port is for the hypervisor: domain 0 may, but for a few of ours; elsewhere
 * reads give all ones and writes go nowhere.
 */
#include "device/pci.h"
#include "lib/bits.h"
#include "pvcpu/pvcpu.h"
#include "x86/msr.h"

#define PCI_ADDRESS	0xcf8
#define PCI_DATA	0xcfc
#define PCI_ENABLE	0x80U		/* the address's top byte */
#define INS_BATCH	64UL	/* iterations of rep ins or outs in one go */

bool guest_iopl_ok(const struct vcpu *v)
{
	unsigned int kernel_cpl = guest_assist_iopl(v) ? 0 : 1;

	return (v->pv.kernel_mode ? kernel_cpl : 3) <= v->pv.iopl;
}

/* The bitmap is the kernel's, and in its tables only. */
static bool port_allowed(struct vcpu *v, unsigned int port, unsigned int bytes)
{
	bool kernel = v->pv.kernel_mode;
	u16 bits = ~0;

	if (guest_iopl_ok(v)) {
		return true;
	}
	if (port + bytes <= v->pv.iobmp_ports) {
		guest_set_mode(v, true);
		/* Two, as the CPU reads them: a port's bits may straddle. */
		bits = copy_from_guest_va(&bits, v->pv.iobmp + port / 8, 2) ?
		       ~0 : bits;
		guest_set_mode(v, kernel);
	}
	return !(bits >> (port & 7) & ((1U << bytes) - 1));
}

static bool domain_owns_ports(const struct domain *d, unsigned int port,
			      unsigned int bytes)
{
	for (unsigned int i = port; i < port + bytes; i++) {
		if (!d->io_ports || i > 0xffff || !bit_is_set(d->io_ports, i)) {
			return false;
		}
	}
	return true;
}

/*
 * PCI configuration by ports 0xcf8 and 0xcfc.  The address latch is ours and
 * each domain has its own, so that domain 0's CPUs and we do not disturb one
 * another.  AMD's CPUs take register bits 8..11 from bits 24..27: not here.
 */
static void pci_data_port(u32 latch, unsigned int port, unsigned int bytes,
			  u32 *val, bool out)
{
	u16 bdf = (u16)(latch >> 8);
	u8 reg = (latch & 0xfc) | (port & 3);

	if (latch >> 24 != PCI_ENABLE || (port & (bytes - 1))) {
		*val = ~0U;
	} else if (out) {
		pci_write(bdf, reg, bytes, *val);
	} else {
		*val = pci_read(bdf, reg, bytes);
	}
}

/* One access that the guest's kernel allows; *val may be more than bytes. */
static void port_access(struct domain *d, unsigned int port,
			unsigned int bytes, u32 *val, bool out)
{
	if (d->privileged && port == PCI_ADDRESS && bytes == 4) {
		if (out) {
			WRITE_ONCE(d->pci_address, *val);
		} else {
			*val = d->pci_address;
		}
	} else if (d->privileged && port >= PCI_DATA &&
		   port + bytes <= PCI_DATA + 4) {
		pci_data_port(READ_ONCE(d->pci_address), port, bytes, val, out);
	} else if (!domain_owns_ports(d, port, bytes)) {
		*val = ~0U;
	} else if (out) {
		port_write((u16)port, bytes, *val);
	} else {
		*val = port_read((u16)port, bytes);
	}
}

/* One element of ins or outs; false: its memory faults. */
static bool string_element(struct vcpu *v, const struct insn *in,
			   struct cpu_user_regs *regs)
{
	bool ins = in->opcode <= 0x6d;
	u64 *pointer = ins ? &regs->rdi : &regs->rsi;
	vaddr_t va = in->addr32 ? (u32)*pointer : *pointer;
	u8 bytes = in->width;
	u32 val = 0;
	/* Not before the memory is known good: reads have effects. */
	bool good = !copy_from_guest_va(&val, va, bytes) &&
		(!ins || !copy_to_guest_va(va, &val, bytes));

	if (good) {
		port_access(v->domain, regs->dx, bytes, &val, !ins);
		good = !ins || !copy_to_guest_va(va, &val, bytes);
	}
	if (!good) {
		guest_page_fault(regs, va, ins ? PF_WRITE : 0);
		return false;
	}
	va += regs->rflags & EFLAGS_DF ? -(u64)bytes : bytes;
	*pointer = in->addr32 ? (u32)va : va;
	return true;
}

/* Is the instruction over?  The rest of it comes by a new fault. */
static bool string_io(struct vcpu *v, const struct insn *in,
		      struct cpu_user_regs *regs)
{
	bool rep = in->rep || in->repne;

	if (rep && in->addr32) {
		regs->rcx = regs->ecx;
	}
	for (u64 n = rep ? min(regs->rcx, INS_BATCH) : 1; n > 0; n--) {
		if (!string_element(v, in, regs)) {
			return false;
		}
		regs->rcx -= rep;
	}
	return !rep || !regs->rcx;
}

bool emulate_io(struct vcpu *v, struct insn *in, struct cpu_user_regs *regs)
{
	unsigned int port = (in->opcode & 0xf8) == 0xe0 ?
		(unsigned int)in->imm : regs->dx;
	u64 mask = in->width == 4 ? ~0ULL : BIT(8 * in->width) - 1;
	u32 val = regs->eax;

	if (!port_allowed(v, port, in->width)) {
		return false;
	}
	if (in->opcode <= 0x6f) {
		if (in->segment >= INSN_SEG_FS) {
			return false;
		}
		if (!string_io(v, in, regs)) {
			in->length = 0;
		}
		return true;
	}
	port_access(v->domain, port, in->width, &val, in->opcode & 2);
	if (!(in->opcode & 2)) {
		regs->rax = (regs->rax & ~mask) | (val & mask);
	}
	return true;
}
