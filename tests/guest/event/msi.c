/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * PHYSDEVOP_map_pirq gives an MSI-X vector of a device a number to be bound to a
 * port. The hypervisor writes the device's table, which lies where the caller
 * says: a place that no table can have is refused, and however many there are,
 * and however little memory is left, the call fails at worst.
 *
 * From <xen/physdev.h> (map_pirq, restore_msi_ext), PCI Local Bus 3.0, 6.8.2.
 */
#include "common/audit.h"
#include "common/peer.h"

#define CAP_MSIX	0x11
#define TABLES		512	/* places that Paravane keeps mapped */
/* No memory and no device of the test machine is here. */
#define NOWHERE		0xa0000000UL

static uint32_t pci_read(unsigned int bdf, unsigned int reg)
{
	uint32_t value;

	asm volatile("out %%eax, %%dx" : : "a" (1U << 31 | bdf << 8 | reg),
		     "d" (0xcf8));
	asm volatile("in %%dx, %%eax" : "=a" (value) : "d" (0xcfc));
	return value;
}

/* The register of a device's MSI-X capability; 0: none. */
static unsigned int find_msix(unsigned int bdf)
{
	unsigned int at;

	if (!(pci_read(bdf, 4) >> 16 & 0x10)) {
		return 0;
	}
	for (at = pci_read(bdf, 0x34) & 0xfc; at; ) {
		uint32_t head = pci_read(bdf, at);

		if ((head & 0xff) == CAP_MSIX) {
			return at;
		}
		at = head >> 8 & 0xfc;
	}
	return 0;
}

static struct physdev_map_pirq found = {
	.domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_MSI_SEG, .index = -1, .pirq = -1,
};
static uint32_t table_offset;

/* The first device that has MSI-X, and where its table is. */
static void find_device(void)
{
	struct physdev_pci_device_add add = { 0 };

	if (!is_initial_domain()) {
		test_skip("no devices here");
	}
	CHECK_EQ(set_iopl(1), 0);
	for (unsigned int bdf = 0; bdf < 32 << 3; bdf += 8) {
		unsigned int cap = pci_read(bdf, 0) == ~0U ? 0 : find_msix(bdf);
		uint32_t table, bar;

		if (cap) {
			table = pci_read(bdf, cap + 4);
			bar = pci_read(bdf, 0x10 + 4 * (table & 7));
			found.devfn = bdf;
			found.table_base = bar & ~15U;
			table_offset = table & ~7U;
			add.devfn = bdf;
			CHECK_EQ(hc_physdev_op(PHYSDEVOP_pci_device_add, &add),
				 0);
			CHECK_EQ(set_iopl(0), 0);
			return;
		}
	}
	CHECK_EQ(set_iopl(0), 0);
	test_skip("no device with MSI-X");
}

/* The number of an MSI-X vector; negative: not mapped. */
static int map(uint64_t table_base, int entry)
{
	struct physdev_map_pirq op = found;
	int err;

	op.table_base = table_base;
	op.entry_nr = entry;
	err = hc_physdev_op(PHYSDEVOP_map_pirq, &op);
	return err ? err : op.pirq;
}

static int unmap(int pirq)
{
	struct physdev_unmap_pirq op = { .domid = DOMID_SELF, .pirq = pirq };

	return hc_physdev_op(PHYSDEVOP_unmap_pirq, &op);
}

static int restore(void)
{
	struct physdev_pci_device op = { .devfn = found.devfn };

	return hc_physdev_op(PHYSDEVOP_restore_msi_ext, &op);
}

TEST(event_msi, 0)
{
	int pirq, port;
	struct evtchn_bind_pirq bind = { 0 };

	find_device();
	pirq = map(found.table_base, 0);
	CHECK(pirq >= 16, "%d", pirq);
	test_case("as a port");
	bind.pirq = pirq;
	CHECK_EQ(hc_event_channel_op(EVTCHNOP_bind_pirq, &bind), 0);
	port = bind.port;
	CHECK_EQ(restore(), 0);
	CHECK_EQ(event_close(port), 0);
	CHECK_EQ(unmap(pirq), 0);
	test_case("gone");
	CHECK(unmap(pirq) < 0);
	if (on_paravane()) {
		CHECK_EQ(restore(), -XEN_ENODEV);
	}
	test_case("an entry that the table has not");
	CHECK_EQ(map(found.table_base, 2047), -XEN_EINVAL);
}

/*
 * Where a table cannot be: in memory, or with an entry in two pages.
 *
 * Differs from Xen 4.17: a device's MSI-X table is where domain 0 says; Xen looks
 * for it itself, and only warns of another address.
 */
TEST(event_msi_bad_place, 0)
{
	find_device();
	if (!on_paravane()) {
		test_skip("Xen looks for the table itself");
	}
	test_case("in memory");
	CHECK_EQ(map(virt_to_mfn(&found) << PAGE_SHIFT, 0), -XEN_EINVAL);
	for (unsigned int over = 1; over < 16; over++) {
		test_case("%u bytes in the next page", over);
		CHECK_EQ(map(NOWHERE + PAGE_SIZE - table_offset - 16 + over,
			     0), -XEN_EINVAL);
	}
}

static domid_t hoarder;

/* Gives all of the machine's memory to a domain that does nothing with it. */
static void use_up_memory(void)
{
	hoarder = domain_new();
	domain_set_limit(hoarder, 1UL << 24);
	for (int order = 9; order >= 0; order -= 3) {
		struct xen_memory_reservation r = {
			.nr_extents = 1, .extent_order = order,
			.domid = hoarder,
		};

		while (hc_memory_op(XENMEM_increase_reservation, &r) == 1) {
		}
	}
	CHECK_EQ(free_pages(), 0);
}

/*
 * More places than can be kept, the last ones without memory.
 *
 * Differs from Xen 4.17: as in event_msi_bad_place.
 */
TEST(event_msi_no_memory, ALONE)
{
	unsigned int mapped = 0, refused = 0;

	find_device();
	if (!on_paravane()) {
		test_skip("Xen looks for the table itself");
	}
	for (unsigned int i = 0; i < TABLES + 100; i++) {
		int pirq;

		if (i == TABLES - 60) {
			use_up_memory();
		}
		pirq = map(NOWHERE + i * PAGE_SIZE - table_offset, 0);
		if (pirq >= 0) {
			mapped++;
			CHECK_EQ(unmap(pirq), 0);
		} else {
			refused++;
			CHECK_EQ(pirq, -XEN_ENOMEM);
		}
	}
	CHECK(mapped >= TABLES - 60 && mapped <= TABLES, "%u", mapped);
	CHECK_EQ(mapped + refused, TABLES + 100);
	test_case("one that is there already");
	domain_end(hoarder);
	{
		int pirq = map(NOWHERE - table_offset, 0);

		CHECK(pirq >= 0, "%d", pirq);
		CHECK_EQ(unmap(pirq), 0);
	}
}
