/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* Input of the workload "build": Conway's game on a torus. */

#define W 64
#define H 64

static unsigned char cells[2][H][W];

static int neighbours(int now, int y, int x)
{
	int n = 0;

	for (int dy = -1; dy <= 1; dy++) {
		for (int dx = -1; dx <= 1; dx++) {
			if (dy || dx) {
				n += cells[now][(y + dy + H) % H]
					  [(x + dx + W) % W];
			}
		}
	}
	return n;
}

static void step(int now)
{
	for (int y = 0; y < H; y++) {
		for (int x = 0; x < W; x++) {
			int n = neighbours(now, y, x);

			cells[!now][y][x] = n == 3 ||
					    (n == 2 && cells[now][y][x]);
		}
	}
}

static int alive(int now)
{
	int n = 0;

	for (int y = 0; y < H; y++) {
		for (int x = 0; x < W; x++) {
			n += cells[now][y][x];
		}
	}
	return n;
}

int life(unsigned int seed, int steps)
{
	for (int y = 0; y < H; y++) {
		for (int x = 0; x < W; x++) {
			seed = seed * 1103515245 + 12345;
			cells[0][y][x] = seed >> 30 == 1;
		}
	}
	for (int i = 0; i < steps; i++) {
		step(i & 1);
	}
	return alive(steps & 1);
}
