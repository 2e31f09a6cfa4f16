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
#include "mm/guest_copy.h"
#include "pvcpu/io.h"
#include "pvcpu/pit.h"
#include "pvcpu/pvcpu.h"
#include "x86/msr.h"

#define PCI_ADDRESS	0xcf8
#define PCI_DATA	0xcfc
#define PCI_ENABLE	0x80000000U
#define INS_BATCH	64	/* iterations of rep ins or outs in one go */

bool guest_iopl_ok(const struct vcpu *v)
{
	bool architectural = v->domain->vm_assist &
		BIT(VMASST_TYPE_architectural_iopl);
	unsigned int cpl = 3;

	if (v->pv.kernel_mode) {
		cpl = architectural ? 0 : 1;
	}
	return cpl <= v->pv.iopl;
}

bool guest_io_allowed(const struct vcpu *v, unsigned int port,
		      unsigned int bytes)
{
	u8 bits[2];

	if (guest_iopl_ok(v)) {
		return true;
	}
	if (!v->pv.iobmp || port + bytes > v->pv.iobmp_ports) {
		return false;
	}
	/* Two bytes, as the CPU reads them: a port's bits may straddle. */
	if (copy_from_guest_va(bits, v->pv.iobmp + port / 8, 2)) {
		return false;
	}
	return !((((unsigned int)bits[1] << 8 | bits[0]) >> (port & 7)) &
		 ((1U << bytes) - 1));
}

static bool domain_owns_ports(const struct domain *d, unsigned int port,
			      unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++) {
		if (!d->io_ports || port + i > 0xffff ||
		    !(d->io_ports[(port + i) / 8] & (1U << ((port + i) & 7)))) {
			return false;
		}
	}
	return true;
}

/*
 * PCI configuration by ports 0xcf8 and 0xcfc.  The address latch is ours and
 * each domain has its own, so that domain 0's CPUs and we do not disturb one
 * another.  AMD's CPUs take register bits 8..11 from bits 24..27.
 */
static bool pci_data_port(const struct domain *d, unsigned int port,
			  unsigned int bytes)
{
	return d->privileged && port >= PCI_DATA &&
		port + bytes <= PCI_DATA + 4;
}

static unsigned int pci_register(u32 latch, unsigned int port)
{
	return (latch & 0xfc) | (port & 3) | (latch >> 16 & 0xf00);
}

static u32 pci_data_read(struct domain *d, unsigned int port,
			 unsigned int bytes)
{
	u32 latch = READ_ONCE(d->pci_address);

	if (!(latch & PCI_ENABLE) || (port & (bytes - 1))) {
		return ~0U;
	}
	return pci_read(0, (u8)(latch >> 16), (u8)(latch >> 8),
			pci_register(latch, port), bytes);
}

static void pci_data_write(struct domain *d, unsigned int port,
			   unsigned int bytes, u32 val)
{
	u32 latch = READ_ONCE(d->pci_address);

	if ((latch & PCI_ENABLE) && !(port & (bytes - 1))) {
		pci_write(0, (u8)(latch >> 16), (u8)(latch >> 8),
			  pci_register(latch, port), bytes, val);
	}
}

static bool pci_address_port(const struct domain *d, unsigned int port,
			     unsigned int bytes)
{
	return d->privileged && port == PCI_ADDRESS && bytes == 4;
}

u32 guest_io_read(struct vcpu *v, unsigned int port, unsigned int bytes)
{
	if (v->domain->privileged && pit_port(port, bytes)) {
		return pit_read(v->domain, port);
	}
	if (pci_address_port(v->domain, port, bytes)) {
		return v->domain->pci_address;
	}
	if (pci_data_port(v->domain, port, bytes)) {
		return pci_data_read(v->domain, port, bytes);
	}
	if (!domain_owns_ports(v->domain, port, bytes)) {
		return bytes == 4 ? ~0U : (1U << (8 * bytes)) - 1;
	}
	switch (bytes) {
	case 1:
		return inb((u16)port);
	case 2:
		return inw((u16)port);
	default:
		return inl((u16)port);
	}
}

void guest_io_write(struct vcpu *v, unsigned int port, unsigned int bytes,
		    u32 val)
{
	if (v->domain->privileged && pit_port(port, bytes)) {
		pit_write(v->domain, port, (u8)val);
		return;
	}
	if (pci_address_port(v->domain, port, bytes)) {
		WRITE_ONCE(v->domain->pci_address, val);
		return;
	}
	if (pci_data_port(v->domain, port, bytes)) {
		pci_data_write(v->domain, port, bytes, val);
		return;
	}
	if (!domain_owns_ports(v->domain, port, bytes)) {
		return;
	}
	switch (bytes) {
	case 1:
		outb((u8)val, (u16)port);
		break;
	case 2:
		outw((u16)val, (u16)port);
		break;
	default:
		outl(val, (u16)port);
		break;
	}
}

static void write_accumulator(struct cpu_user_regs *regs, u32 val,
			      unsigned int bytes)
{
	switch (bytes) {
	case 1:
		regs->al = (u8)val;
		break;
	case 2:
		regs->ax = (u16)val;
		break;
	default:
		regs->rax = val;
		break;
	}
}

/* One element of ins or outs; false: its memory faults. */
static bool string_element(struct vcpu *v, const struct insn *in,
			   struct cpu_user_regs *regs, unsigned int bytes)
{
	u64 *pointer = in->opcode <= 0x6d ? &regs->rdi : &regs->rsi;
	u64 step = regs->rflags & EFLAGS_DF ? -(u64)bytes : bytes;
	vaddr_t va = in->addr32 ? (u32)*pointer : *pointer;
	u32 val = 0;

	if (in->opcode <= 0x6d) {
		/* Not before the memory is known good: reads have effects. */
		if (copy_from_guest_va(&val, va, bytes) ||
		    copy_to_guest_va(va, &val, bytes)) {
			guest_page_fault(regs, va, PF_WRITE);
			return false;
		}
		val = guest_io_read(v, regs->dx, bytes);
		if (copy_to_guest_va(va, &val, bytes)) {
			guest_page_fault(regs, va, PF_WRITE);
			return false;
		}
	} else {
		if (copy_from_guest_va(&val, va, bytes)) {
			guest_page_fault(regs, va, 0);
			return false;
		}
		guest_io_write(v, regs->dx, bytes, val);
	}
	*pointer += step;
	return true;
}

/* rip moves on only when the count is done: the rest comes by a new fault. */
static bool string_io(struct vcpu *v, const struct insn *in,
		      struct cpu_user_regs *regs, unsigned int bytes)
{
	bool rep = in->rep || in->repne;

	for (unsigned int i = 0; i < INS_BATCH; i++) {
		if (rep && !regs->rcx) {
			break;
		}
		if (!string_element(v, in, regs, bytes)) {
			return true;
		}
		if (!rep) {
			break;
		}
		regs->rcx--;
	}
	if (!rep || !regs->rcx) {
		regs->rip += in->length;
		regs->rflags &= ~(u64)EFLAGS_RF;
	}
	return true;
}

bool emulate_io(struct vcpu *v, const struct insn *in,
		struct cpu_user_regs *regs)
{
	unsigned int bytes = in->width;
	unsigned int port = (in->opcode & 0xf8) == 0xe0 ?
		(unsigned int)in->imm : regs->dx;

	if (!guest_io_allowed(v, port, bytes)) {
		return false;
	}
	if (in->opcode <= 0x6f) {
		if (in->segment >= INSN_SEG_FS) {
			return false;
		}
		return string_io(v, in, regs, bytes);
	}
	if (in->opcode & 2) {
		guest_io_write(v, port, bytes,
			       bytes == 1 ? regs->al :
			       bytes == 2 ? regs->ax : regs->eax);
	} else {
		write_accumulator(regs, guest_io_read(v, port, bytes), bytes);
	}
	regs->rip += in->length;
	regs->rflags &= ~(u64)EFLAGS_RF;
	return true;
}
