/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* See virtio.h; the registers are in section 4.1.4.8 of the standard. */
#include "platform/native/virtio.h"
#include "platform/native/start.h"

#define PCI_ADDRESS	0xcf8
#define PCI_DATA	0xcfc
#define VENDOR		0x1af4
#define HOST_FEATURES	0
#define GUEST_FEATURES	4
#define QUEUE_PAGE	8
#define QUEUE_SIZE	12
#define QUEUE_SELECT	14
#define QUEUE_NOTIFY	16
#define STATUS		18
#define ISR		19
#define CONFIG		20
#define ACKNOWLEDGE	1
#define DRIVER		2
#define DRIVER_OK	4
#define MAX_QUEUE	256
#define NO_INTERRUPT	1
#define MAX_LISTENING	4

static uint32_t in32(uint16_t port)
{
	uint32_t v;

	asm volatile("inl %1, %0" : "=a" (v) : "Nd" (port));
	return v;
}

static void out32(uint16_t port, uint32_t v)
{
	asm volatile("outl %0, %1" :: "a" (v), "Nd" (port));
}

static uint32_t pci_read(unsigned int device, unsigned int at)
{
	out32(PCI_ADDRESS, 0x80000000 | device << 11 | at);
	return in32(PCI_DATA);
}

static void pci_write(unsigned int device, unsigned int at, uint32_t v)
{
	out32(PCI_ADDRESS, 0x80000000 | device << 11 | at);
	out32(PCI_DATA, v);
}

uint16_t virtio_find(uint16_t kind, unsigned int index)
{
	for (unsigned int device = 0; device < 32; device++) {
		uint32_t bar;

		if (pci_read(device, 0) != ((uint32_t)kind << 16 | VENDOR) ||
		    index--) {
			continue;
		}
		/* Ports and its own access to memory, switched on. */
		pci_write(device, 4, pci_read(device, 4) | 5);
		bar = pci_read(device, 0x10);
		return bar & 1 ? bar & 0xfffc : 0;
	}
	return 0;
}

uint32_t virtio_begin(uint16_t port, uint32_t wanted)
{
	uint32_t features;

	virtio_reset(port);
	out8(port + STATUS, ACKNOWLEDGE | DRIVER);
	features = in32(port + HOST_FEATURES) & wanted;
	out32(port + GUEST_FEATURES, features);
	return features;
}

void virtio_ready(uint16_t port)
{
	out8(port + STATUS, ACKNOWLEDGE | DRIVER | DRIVER_OK);
}

void virtio_reset(uint16_t port)
{
	out8(port + STATUS, 0);
}

uint8_t virtio_config(uint16_t port, unsigned int at)
{
	return in8(port + CONFIG + at);
}

uint64_t virtio_address(const void *memory)
{
	return (uint64_t)memory - KEEL_BASE;
}

/* Buffers, then the available ones; on a new page the used ones. */
bool virtio_queue_open(struct virtio_queue *q, uint16_t port, uint16_t number)
{
	char *memory = pages_alloc(2);
	unsigned int size;

	out16(port + QUEUE_SELECT, number);
	size = in16(port + QUEUE_SIZE);
	if (!memory || !size || size > MAX_QUEUE) {
		return false;
	}
	memset(memory, 0, 4 * PAGE_SIZE);
	*q = (struct virtio_queue) {
		.port = port, .number = number, .size = size,
		.buffer = (void *)memory,
		.available = (void *)(memory + size * 16),
		.used = (void *)(memory + ((size * 18 + 6 + PAGE_SIZE - 1) &
					   PAGE_MASK)),
	};
	q->available->flags = NO_INTERRUPT;
	out32(port + QUEUE_PAGE, virtio_address(memory) >> PAGE_SHIFT);
	return true;
}

static uint16_t listening[MAX_LISTENING];
static unsigned int nr_listening;

void virtio_listen(struct virtio_queue *q)
{
	for (unsigned int device = 0; device < 32; device++) {
		if (pci_read(device, 0) % 0x10000 == VENDOR &&
		    (pci_read(device, 0x10) & 0xfffc) == q->port) {
			apic_route(pci_read(device, 0x3c) & 0xff,
				   VECTOR_DEVICE);
		}
	}
	if (nr_listening < MAX_LISTENING) {
		listening[nr_listening++] = q->port;
	}
	q->available->flags = 0;
}

/* Lines are shared: each device is asked, which makes it let go of its own. */
void virtio_interrupt(void)
{
	for (unsigned int i = 0; i < nr_listening; i++) {
		in8(listening[i] + ISR);
	}
	kernel_device();
}

void virtio_send(struct virtio_queue *q, uint16_t id)
{
	uint16_t index = q->available->index;

	q->available->ring[index % q->size] = id;
	barrier();
	q->available->index = index + 1;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	out16(q->port + QUEUE_NOTIFY, q->number);
}

bool virtio_take(struct virtio_queue *q, uint32_t *id, uint32_t *size)
{
	if (q->used->index == q->seen) {
		return false;
	}
	barrier();
	*id = q->used->ring[q->seen % q->size].id;
	*size = q->used->ring[q->seen % q->size].size;
	q->seen++;
	return true;
}
