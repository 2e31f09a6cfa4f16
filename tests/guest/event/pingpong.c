/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Ping-pong: each event is answered by the next, by an upcall, between two
 * vCPUs and between two domains. Whose turn it is is known, so an event too
 * many is seen at once, and one too few ends the game. Both ends sleep while
 * they wait; so these are races of blocking with waking, too. (An end that
 * spins is no race, and slow: where the host is busy, its CPU has had its time
 * when the event comes, and each round costs a turn of the host's scheduler.)
 *
 * As many rounds as half a second has room for, 20,000 at most; the word
 * rounds=1000000 has all of a million (tests/guest/README.md has the figures).
 *
 * From <xen/event_channel.h>, <xen/sched.h>.
 */
#include "common/peer.h"
#include "common/smp.h"
#include "fuzz/random.h"

#define ROUNDS	20000
#define BUDGET	(500 * NSEC_PER_MSEC)
#define FEW	20	/* at least, however busy the host is */

static struct {
	int ports[2];
	volatile unsigned int turn;	/* whose event is under way */
	volatile bool over;
	unsigned long rounds, got[2], unexpected, late;
	uint64_t began, longest, last;
	bool all;			/* rounds, however long they take */
} game;

static void game_begin(void)
{
	unsigned long rounds = number_word("rounds=", 0);

	memset(&game, 0, sizeof(game));
	game.rounds = rounds ? rounds : ROUNDS;
	game.all = rounds;
	game.began = game.last = clock_ns();
}

static void game_told(const char *what)
{
	uint64_t ns = game.last - game.began;

	printk("PING-PONG %s: %lu rounds, %lu ns each, the longest %lu us\n",
	       what, game.got[0], ns / game.got[0],
	       game.longest / NSEC_PER_USEC);
}

/* Ours came back: whether that was the last. */
static bool round_is_over(void)
{
	uint64_t now = clock_ns();

	if (now - game.last > game.longest) {
		game.longest = now - game.last;
	}
	game.last = now;
	if (game.got[0] % 1000 == 0 && game.all) {
		printk("STEP %lu\n", game.got[0]);
	}
	return game.got[0] >= game.rounds ||
	       (!game.all && game.got[0] >= FEW && now > game.began + BUDGET);
}

/* One for us: expected, and not the last? */
static bool goes_on(unsigned int me)
{
	if (game.over) {
		game.late++;
		return false;
	}
	game.unexpected += game.turn != me;
	game.got[me]++;
	game.over = !me && round_is_over();
	game.turn = !me;
	return !game.over;
}

static void answer(evtchn_port_t port, void *arg)
{
	unsigned int me = port == (evtchn_port_t)game.ports[1];

	(void)arg;
	if (goes_on(me)) {
		event_send(game.ports[!me]);
	}
}

static void sleep_until_over(void *arg)
{
	(void)arg;
	for (;;) {
		events_disable();
		if (game.over) {
			return;
		}
		hc_sched_op(SCHEDOP_block, NULL);
	}
}

/* Ours are open for a moment, behind the last. */
static void nothing_comes_late(void)
{
	test_case("nothing comes behind the last");
	events_enable();
	clock_spin(NSEC_PER_MSEC);
	events_disable();
	CHECK_EQ(game.late, 0);
}

TEST(event_ping_pong_vcpus, 0)
{
	need_two_vcpus();
	game_begin();
	for (unsigned int i = 0; i < 2; i++) {
		game.ports[i] = event_bind_ipi(i);
		CHECK(game.ports[i] > 0);
		event_set_handler(game.ports[i], answer, NULL);
	}
	CHECK_EQ(cpu_start(1, sleep_until_over, NULL), 0);
	game.turn = 1;
	CHECK_EQ(event_send(game.ports[1]), 0);
	sleep_until_over(NULL);
	game_told("of two vCPUs");
	CHECK_EQ(game.unexpected, 0);
	CHECK_EQ(game.got[0], game.got[1]);
	nothing_comes_late();
	/* It may sleep still. */
	event_send(game.ports[1]);
	CHECK(other_is_down());
	CHECK(game.late <= 1);
	event_close(game.ports[0]);
	event_close(game.ports[1]);
}

/* Its own events are counted by the peer. */
static void answer_peer(evtchn_port_t port, void *arg)
{
	(void)arg;
	game.turn = 0;
	if (goes_on(0)) {
		event_send(port);
	}
}

static struct peer p;

/* A channel between the peer, whose end is told, and us. */
static int channel(evtchn_port_t *its)
{
	struct evtchn_bind_interdomain bind = { .remote_dom = 0 };
	int ours = event_alloc_unbound(DOMID_SELF, p.id);

	CHECK(ours > 0);
	bind.remote_port = ours;
	CHECK_EQ(peer_op(&p, __HYPERVISOR_event_channel_op,
			 EVTCHNOP_bind_interdomain, &bind, sizeof(bind)), 0);
	*its = bind.local_port;
	event_clear(ours);
	return ours;
}

TEST(event_ping_pong_domains, 0)
{
	unsigned long echoes, in_vain;
	evtchn_port_t its;
	int ours;

	peer_create(&p);
	ours = channel(&its);
	peer_echo_begin(&p, its);
	game_begin();
	event_set_handler(ours, answer_peer, NULL);
	CHECK_EQ(event_send(ours), 0);
	sleep_until_over(NULL);
	game_told("of two domains");
	nothing_comes_late();
	echoes = peer_echo_end(&p, ours, &in_vain);
	CHECK_EQ(echoes, game.got[0]);
	CHECK_EQ(in_vain, 0);
	event_close(ours);
	peer_destroy(&p);
}

/*
 * It dies in the middle of a game that our other vCPU plays with it: what we
 * send then goes nowhere, and our end waits for a new partner. (On Xen the
 * game ends first: on a busy host it does not always come back from destroying
 * a domain that is just being sent events.)
 */
TEST(event_ping_pong_dying, 0)
{
	for (unsigned int round = 0; round < 3; round++) {
		struct evtchn_status s = { .dom = DOMID_SELF };
		struct evtchn_bind_vcpu bind = { .vcpu = 1 };
		evtchn_port_t its;
		int ours;

		need_two_vcpus();
		test_case("round %u", round);
		printk("STEP %u\n", round);
		peer_create(&p);
		ours = channel(&its);
		peer_echo_begin(&p, its);
		game_begin();
		game.rounds = ~0UL;
		game.all = true;
		bind.port = s.port = ours;
		CHECK_EQ(hc_event_channel_op(EVTCHNOP_bind_vcpu, &bind), 0);
		event_set_handler(ours, answer_peer, NULL);
		CHECK_EQ(cpu_start(1, sleep_until_over, NULL), 0);
		CHECK_EQ(event_send(ours), 0);
		while (READ_ONCE(game.got[0]) < 5 + round) {
			nap(NSEC_PER_MSEC);
		}
		if (!on_paravane()) {
			game.over = true;
			nap(20 * NSEC_PER_MSEC);
		}
		peer_destroy(&p);
		CHECK_EQ(hc_event_channel_op(EVTCHNOP_status, &s), 0);
		CHECK_EQ(s.status, EVTCHNSTAT_unbound);
		CHECK_EQ(s.vcpu, 1);
		/* Its last one may still be on its way to our vCPU. */
		event_mask(ours);
		event_clear(ours);
		CHECK_EQ(event_send(ours), 0);
		CHECK(!event_is_pending(ours));
		game.over = true;
		event_close(ours);
		ours = event_bind_ipi(1);
		event_set_handler(ours, answer, NULL);
		event_send(ours);
		CHECK(other_is_down());
		event_close(ours);
	}
}
