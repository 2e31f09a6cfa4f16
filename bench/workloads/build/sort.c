/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* Input of the workload "build": three ways to sort. */

typedef unsigned long word;

static void swap(word *a, word *b)
{
	word t = *a;

	*a = *b;
	*b = t;
}

void sort_insertion(word *v, int n)
{
	for (int i = 1; i < n; i++) {
		for (int j = i; j > 0 && v[j - 1] > v[j]; j--) {
			swap(&v[j - 1], &v[j]);
		}
	}
}

static void sift(word *v, int at, int n)
{
	int child;

	while ((child = 2 * at + 1) < n) {
		if (child + 1 < n && v[child + 1] > v[child]) {
			child++;
		}
		if (v[at] >= v[child]) {
			return;
		}
		swap(&v[at], &v[child]);
		at = child;
	}
}

void sort_heap(word *v, int n)
{
	for (int i = n / 2 - 1; i >= 0; i--) {
		sift(v, i, n);
	}
	for (int i = n - 1; i > 0; i--) {
		swap(&v[0], &v[i]);
		sift(v, 0, i);
	}
}

void sort_quick(word *v, int n)
{
	int left = 0, right = n - 1;
	word pivot;

	if (n < 12) {
		sort_insertion(v, n);
		return;
	}
	pivot = v[n / 2];
	while (left <= right) {
		while (v[left] < pivot) {
			left++;
		}
		while (v[right] > pivot) {
			right--;
		}
		if (left <= right) {
			swap(&v[left++], &v[right--]);
		}
	}
	sort_quick(v, right + 1);
	sort_quick(v + left, n - left);
}
