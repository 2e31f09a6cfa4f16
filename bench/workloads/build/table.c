/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* Input of the workload "build": a hash table with open addressing. */

#define SIZE 1024

struct entry {
	unsigned long key, value;
	int used;
};

struct table {
	struct entry entries[SIZE];
	int count;
};

static unsigned int slot_of(unsigned long key)
{
	key ^= key >> 33;
	key *= 0xff51afd7ed558ccdUL;
	key ^= key >> 33;
	return key % SIZE;
}

static struct entry *find(struct table *t, unsigned long key)
{
	unsigned int slot = slot_of(key);

	for (int i = 0; i < SIZE; i++) {
		struct entry *e = &t->entries[(slot + i) % SIZE];

		if (!e->used || e->key == key) {
			return e;
		}
	}
	return 0;
}

int table_put(struct table *t, unsigned long key, unsigned long value)
{
	struct entry *e = find(t, key);

	if (!e) {
		return -1;
	}
	if (!e->used) {
		e->used = 1;
		e->key = key;
		t->count++;
	}
	e->value = value;
	return 0;
}

int table_get(struct table *t, unsigned long key, unsigned long *value)
{
	struct entry *e = find(t, key);

	if (!e || !e->used) {
		return -1;
	}
	*value = e->value;
	return 0;
}

unsigned long table_sum(const struct table *t)
{
	unsigned long sum = 0;

	for (int i = 0; i < SIZE; i++) {
		if (t->entries[i].used) {
			sum += t->entries[i].key * 31 + t->entries[i].value;
		}
	}
	return sum;
}
