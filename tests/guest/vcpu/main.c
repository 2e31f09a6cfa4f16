/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * vCPUs: initialise gives one its context, up makes it run there, down stops
 * it, is_up tells. A context that could not be loaded is refused, and so is a
 * second initialise. Each vCPU has its own events, timer and registers.
 *
 * From <xen/vcpu.h>, <xen/arch-x86/xen.h> (vcpu_guest_context).
 */
#include "common/audit.h"
#include "common/snippet.h"

#define NO_VCPU		1000
#define OTHER		1
#define HYPERVISOR_AREA	((void *)0xffff830000100000)

static void need_two(void)
{
	if (hc_vcpu_op(VCPUOP_is_up, OTHER, NULL) < 0) {
		test_skip("one vCPU only");
	}
}

static bool wait_for(volatile unsigned int *what, unsigned int value)
{
	uint64_t end = clock_ns() + 5 * NSEC_PER_SEC;

	while (*what != value && clock_ns() < end) {
		hc_sched_op(SCHEDOP_yield, NULL);
	}
	return *what == value;
}

static bool wait_down(unsigned int id)
{
	uint64_t end = clock_ns() + 5 * NSEC_PER_SEC;

	while (cpu_is_up(id) && clock_ns() < end) {
		hc_sched_op(SCHEDOP_yield, NULL);
	}
	return !cpu_is_up(id);
}

static volatile unsigned int said;
static struct {
	unsigned int id;
	uint64_t rflags, cr3;
	unsigned int mask;
	int ud, pf;
} other;

SNIPPET(v_ud2, "ud2");

static void say(void *arg)
{
	struct fault f;

	other.id = this_cpu()->id;
	asm volatile("pushfq; pop %0" : "=r" (other.rflags));
	asm volatile("mov %%cr3, %0" : "=r" (other.cr3));
	other.mask = this_cpu()->info->evtchn_upcall_mask;
	TRY(f, "ud2", : : : "memory");
	other.ud = f.vector;
	f = try_read((void *)TEST_VA);
	other.pf = f.vector;
	said = (unsigned long)arg;
}

TEST(vcpu_bring_up, 0)
{
	need_two();
	for (unsigned int round = 1; round <= 3; round++) {
		test_case("round %u", round);
		CHECK_EQ(cpu_is_up(OTHER), 0);
		CHECK_EQ(cpu_start(OTHER, say, (void *)(long)round), 0);
		CHECK(wait_for(&said, round));
		CHECK(wait_down(OTHER));
	}
	CHECK_EQ(other.id, OTHER);
	CHECK_EQ(other.mask, 1);
	CHECK_EQ(other.rflags & (FLAG_DF | FLAG_TF), 0);
	CHECK_EQ(xen_cr3_to_pfn(other.cr3), virt_to_mfn(kernel_root));
	CHECK_EQ(other.ud, VEC_UD);
	CHECK_EQ(other.pf, VEC_PF);
}

TEST(vcpu_op_refusals, 0)
{
	static struct vcpu_guest_context ctxt;

	test_case("no such vCPU");
	CHECK_EQ(hc_vcpu_op(VCPUOP_up, NO_VCPU, NULL), -XEN_ENOENT);
	CHECK_EQ(hc_vcpu_op(VCPUOP_down, NO_VCPU, NULL), -XEN_ENOENT);
	CHECK_EQ(hc_vcpu_op(VCPUOP_is_up, NO_VCPU, NULL), -XEN_ENOENT);
	CHECK_EQ(hc_vcpu_op(VCPUOP_is_up, ~0U, NULL), -XEN_ENOENT);
	CHECK_EQ(hc_vcpu_op(VCPUOP_initialise, NO_VCPU, &ctxt), -XEN_ENOENT);
	test_case("oneself");
	CHECK_EQ(hc_vcpu_op(VCPUOP_is_up, 0, NULL), 1);
	CHECK_EQ(hc_vcpu_op(VCPUOP_up, 0, NULL), 0);
	CHECK_EQ(hc_vcpu_op(VCPUOP_initialise, 0, &ctxt), -XEN_EEXIST);
	test_case("unreadable context");
	if (hc_vcpu_op(VCPUOP_is_up, OTHER, NULL) >= 0) {
		CHECK_EQ(hc_vcpu_op(VCPUOP_initialise, OTHER,
				    (void *)TEST_VA), -XEN_EFAULT);
	}
}

/* Contexts that must not be loaded; ALONE, as a good one is taken once only. */
TEST(vcpu_bad_context, ALONE)
{
	static struct vcpu_guest_context good, ctxt;
	char *page = page_alloc();

	need_two();
	CHECK_EQ(hc_vcpu_op(VCPUOP_up, OTHER, NULL), -XEN_EINVAL);
	cpu_context(OTHER, &good);

	test_case("a writable page as root");
	ctxt = good;
	ctxt.ctrlreg[3] = xen_pfn_to_cr3(virt_to_mfn(page));
	CHECK_EQ(hc_vcpu_op(VCPUOP_initialise, OTHER, &ctxt), -XEN_EINVAL);
	test_case("a wild frame as root");
	ctxt.ctrlreg[3] = xen_pfn_to_cr3(0xffffffffUL);
	CHECK_EQ(hc_vcpu_op(VCPUOP_initialise, OTHER, &ctxt), -XEN_EINVAL);
	test_case("a writable page as user root");
	ctxt = good;
	ctxt.ctrlreg[1] = xen_pfn_to_cr3(virt_to_mfn(page));
	CHECK_EQ(hc_vcpu_op(VCPUOP_initialise, OTHER, &ctxt), -XEN_EINVAL);
	test_case("an LDT beyond the limit");
	ctxt = good;
	ctxt.ldt_ents = 8193;
	CHECK_EQ(hc_vcpu_op(VCPUOP_initialise, OTHER, &ctxt), -XEN_EINVAL);
	test_case("an LDT that is not aligned");
	ctxt = good;
	ctxt.ldt_base = (unsigned long)page + 8;
	ctxt.ldt_ents = 1;
	CHECK_EQ(hc_vcpu_op(VCPUOP_initialise, OTHER, &ctxt), -XEN_EINVAL);
	test_case("a GDT beyond the limit");
	ctxt = good;
	ctxt.gdt_ents = 8193;
	CHECK_EQ(hc_vcpu_op(VCPUOP_initialise, OTHER, &ctxt), -XEN_EINVAL);
	test_case("a writable GDT");
	ctxt = good;
	ctxt.gdt_ents = 512;
	ctxt.gdt_frames[0] = virt_to_mfn(page);
	CHECK_EQ(hc_vcpu_op(VCPUOP_initialise, OTHER, &ctxt), -XEN_EINVAL);
	test_case("bad callbacks");
	ctxt = good;
	ctxt.event_callback_eip = 0x0000800000000000;
	CHECK_EQ(hc_vcpu_op(VCPUOP_initialise, OTHER, &ctxt), -XEN_EINVAL);
	ctxt = good;
	ctxt.syscall_callback_eip = 0x0000800000000000;
	CHECK_EQ(hc_vcpu_op(VCPUOP_initialise, OTHER, &ctxt), -XEN_EINVAL);
	test_case("bad segment bases");
	ctxt = good;
	ctxt.fs_base = 0x0000800000000000;
	CHECK_EQ(hc_vcpu_op(VCPUOP_initialise, OTHER, &ctxt), -XEN_EINVAL);
	ctxt = good;
	ctxt.gs_base_kernel = 0x0000800000000000;
	CHECK_EQ(hc_vcpu_op(VCPUOP_initialise, OTHER, &ctxt), -XEN_EINVAL);
	test_case("nothing was kept of them");
	CHECK_EQ(hc_vcpu_op(VCPUOP_up, OTHER, NULL), -XEN_EINVAL);
	CHECK_EQ(try_write(page).vector, -1);
	test_case("the good one, once");
	CHECK_EQ(hc_vcpu_op(VCPUOP_initialise, OTHER, &good), 0);
	CHECK_EQ(hc_vcpu_op(VCPUOP_initialise, OTHER, &good), -XEN_EEXIST);
	CHECK_EQ(cpu_is_up(OTHER), 0);
	CHECK_EQ(cpu_start(OTHER, say, (void *)77), 0);
	CHECK(wait_for(&said, 77));
	CHECK(wait_down(OTHER));
	page_free(page);
}

static unsigned int got[2];
static volatile unsigned int stop;

static void on_event(evtchn_port_t port, void *arg)
{
	(void)port;
	(void)arg;
	got[this_cpu()->id]++;
}

static void wait_events(void *arg)
{
	(void)arg;
	said = 1;
	events_enable();
	while (!stop) {
		cpu_relax();
	}
	events_disable();
}

/* IPIs and re-bound channels come where they are bound. */
TEST(vcpu_events, 0)
{
	int ipi, a, b;
	struct evtchn_bind_vcpu bind;
	uint64_t end;

	need_two();
	ipi = event_bind_ipi(OTHER);
	CHECK(ipi > 0);
	a = event_alloc_unbound(DOMID_SELF, DOMID_SELF);
	b = event_bind_interdomain(DOMID_SELF, a);
	bind = (struct evtchn_bind_vcpu) { .port = b, .vcpu = OTHER };
	event_clear(b);
	CHECK_EQ(hc_event_channel_op(EVTCHNOP_bind_vcpu, &bind), 0);
	event_set_handler(ipi, on_event, NULL);
	event_set_handler(b, on_event, NULL);
	stop = said = got[0] = got[1] = 0;
	CHECK_EQ(cpu_start(OTHER, wait_events, NULL), 0);
	CHECK(wait_for(&said, 1));

	test_case("IPI");
	for (unsigned int i = 1; i <= 100; i++) {
		CHECK_EQ(event_send(ipi), 0);
		end = clock_ns() + NSEC_PER_SEC;
		while (READ_ONCE(got[1]) != i && clock_ns() < end) {
			cpu_relax();
		}
		if (got[1] != i) {
			break;
		}
	}
	CHECK_EQ(got[1], 100);
	test_case("interdomain");
	CHECK_EQ(event_send(a), 0);
	CHECK(wait_for(&got[1], 101));
	CHECK_EQ(got[0], 0);
	stop = 1;
	CHECK(wait_down(OTHER));
	event_close(b);
	event_close(a);
	event_close(ipi);
}

static void block_until(void *arg)
{
	(void)arg;
	said = 1;
	while (!stop) {
		hc_sched_op(SCHEDOP_block, NULL);
		events_disable();
	}
	said = 2;
}

/* A blocked vCPU is woken by an event from another. */
TEST(vcpu_block_wake, 0)
{
	int ipi;

	need_two();
	ipi = event_bind_ipi(OTHER);
	stop = said = got[0] = got[1] = 0;
	event_set_handler(ipi, on_event, NULL);
	CHECK_EQ(cpu_start(OTHER, block_until, NULL), 0);
	CHECK(wait_for(&said, 1));
	for (unsigned int i = 1; i <= 20; i++) {
		clock_spin(NSEC_PER_MSEC);
		event_send(ipi);
		if (!CHECK(wait_for(&got[1], i), "wake-up %u", i)) {
			break;
		}
	}
	stop = 1;
	event_send(ipi);
	CHECK(wait_for(&said, 2));
	CHECK(wait_down(OTHER));
	event_close(ipi);
}

/*
 * Where the hypervisor says that one record serves all vCPUs, no reading is
 * behind one that was taken before it; a CPU may read its TSC a little early.
 * Elsewhere two of a busy, emulated machine may differ.
 */
#define EARLY	NSEC_PER_USEC
#define FAR	NSEC_PER_SEC

static struct {
	volatile uint64_t last;		/* of anybody's readings */
	volatile unsigned long readings, back;
	uint64_t allowed;
} times;

static void read_time(void)
{
	uint64_t before = times.last, mine;

	barrier();
	mine = clock_ns();
	if (mine + times.allowed < before) {
		__atomic_add_fetch(&times.back, 1, __ATOMIC_SEQ_CST);
	}
	if (mine > before) {
		times.last = mine;
	}
	__atomic_add_fetch(&times.readings, 1, __ATOMIC_SEQ_CST);
}

static void read_times(void *arg)
{
	(void)arg;
	while (!stop) {
		read_time();
	}
}

/* System time is one, for all vCPUs. */
TEST(vcpu_time, 0)
{
	unsigned int cpus = 1;
	uint64_t end;

	need_two();
	stop = 0;
	memset(&times, 0, sizeof(times));
	times.allowed = this_cpu()->info->time.flags &
			XEN_PVCLOCK_TSC_STABLE_BIT ? EARLY : FAR;
	CHECK(times.allowed == EARLY || !on_paravane());
	while (hc_vcpu_op(VCPUOP_is_up, cpus, NULL) >= 0) {
		CHECK_EQ(cpu_start(cpus++, read_times, NULL), 0);
	}
	end = clock_ns() + 3 * NSEC_PER_SEC;
	while (times.readings < 200000 && clock_ns() < end) {
		read_time();
	}
	stop = 1;
	while (--cpus) {
		CHECK(wait_down(cpus));
	}
	CHECK_EQ(times.back, 0);
	CHECK(times.readings > 1000, "%lu readings", times.readings);
}

/* Each read belongs to the phase that it found when it began. */
static volatile unsigned int phase, read_in, worked_in;

static void touch(void *arg)
{
	volatile char *va = arg;

	said = 1;
	while (!stop) {
		unsigned int now = phase;

		fault_take();
		asm volatile(MAY_FAULT("movb (%0), %%al")
			     : : "r" (va) : "rax", "memory");
		if (fault_take().vector != VEC_PF) {
			worked_in = now;
		}
		read_in = now;
	}
}

/* A new phase, and whether reads that began in it work. */
static bool reads_work(void)
{
	uint64_t end = clock_ns() + 5 * NSEC_PER_SEC;

	phase++;
	while (read_in != phase && clock_ns() < end) {
		cpu_relax();
	}
	CHECK_EQ(read_in, phase);
	return worked_in == phase;
}

/* A flush of all, or by mask, reaches another vCPU before it returns. */
TEST(vcpu_tlb_flush, 0)
{
	char *page = page_alloc();
	pte_t pte = pte_make(virt_to_mfn(page), PTE_USER);
	static uint64_t mask = 1 << OTHER;

	need_two();
	CHECK_EQ(map_page(kernel_root, TEST_VA, pte), 0);
	stop = said = 0;
	CHECK_EQ(cpu_start(OTHER, touch, (void *)TEST_VA), 0);
	CHECK(wait_for(&said, 1));
	for (unsigned int i = 0; i < 8; i++) {
		unsigned long how = i & 1 ? UVMF_INVLPG | UVMF_ALL :
			UVMF_TLB_FLUSH | UVMF_MULTI | (unsigned long)&mask;

		test_case("round %u", i);
		CHECK(reads_work());
		CHECK_EQ(hc_update_va_mapping(TEST_VA, 0, how), 0);
		CHECK(!reads_work());
		CHECK_EQ(hc_update_va_mapping(TEST_VA, pte, how), 0);
	}
	stop = 1;
	CHECK(wait_down(OTHER));
	unmap_test_va(TEST_VA);
	page_free(page);
}

static void spin(void *arg)
{
	(void)arg;
	said = 1;
	while (!stop) {
		cpu_relax();
	}
}

/* down from outside, and up again where it was. */
TEST(vcpu_down_up, 0)
{
	need_two();
	stop = said = 0;
	CHECK_EQ(cpu_start(OTHER, spin, NULL), 0);
	CHECK(wait_for(&said, 1));
	CHECK_EQ(cpu_is_up(OTHER), 1);
	CHECK_EQ(hc_vcpu_op(VCPUOP_down, OTHER, NULL), 0);
	CHECK_EQ(cpu_is_up(OTHER), 0);
	CHECK_EQ(hc_vcpu_op(VCPUOP_up, OTHER, NULL), 0);
	CHECK_EQ(cpu_is_up(OTHER), 1);
	stop = 1;
	CHECK(wait_down(OTHER));
}

/* Blocked or offline: one that slept when it went down may be told as either. */
static bool wait_stopped(unsigned int id)
{
	uint64_t end = clock_ns() + 5 * NSEC_PER_SEC;
	struct vcpu_runstate_info r;

	do {
		if (hc_vcpu_op(VCPUOP_get_runstate_info, id, &r)) {
			return false;
		}
	} while ((r.state == RUNSTATE_running ||
		  r.state == RUNSTATE_runnable) && clock_ns() < end);
	return r.state == RUNSTATE_offline || r.state == RUNSTATE_blocked;
}

/*
 * Down while it sleeps: an event does not make it run, and is there when it is
 * up again; again and again, as it falls asleep.
 */
TEST(vcpu_down_blocked, 0)
{
	uint64_t began = clock_ns();
	unsigned int n, back = 0;
	int ipi;

	need_two();
	ipi = event_bind_ipi(OTHER);
	stop = said = got[0] = got[1] = 0;
	event_set_handler(ipi, on_event, NULL);
	CHECK_EQ(cpu_start(OTHER, block_until, NULL), 0);
	CHECK(wait_for(&said, 1));
	for (n = 0; n < 2000 && clock_ns() < began + 300 * NSEC_PER_MSEC; n++) {
		CHECK_EQ(hc_vcpu_op(VCPUOP_down, OTHER, NULL), 0);
		/* At once, or when it has really stopped. */
		if (n % 8 == 0) {
			CHECK(wait_stopped(OTHER));
		}
		CHECK_EQ(event_send(ipi), 0);
		back += cpu_is_up(OTHER) != 0;
		if (n % 8 == 0) {
			clock_spin(200 * NSEC_PER_USEC);
			CHECK_EQ(got[1], n);
		}
		CHECK_EQ(hc_vcpu_op(VCPUOP_up, OTHER, NULL), 0);
		if (!CHECK(wait_for(&got[1], n + 1), "round %u", n)) {
			break;
		}
	}
	CHECK_EQ(back, 0);
	CHECK(n > 0);
	stop = 1;
	event_send(ipi);
	CHECK(wait_for(&said, 2));
	CHECK(wait_down(OTHER));
	event_close(ipi);
}

TEST(vcpu_runstate, 0)
{
	struct vcpu_runstate_info a, b;
	uint64_t before[2], after[2], sum = 0;

	before[0] = clock_ns();
	CHECK_EQ(hc_vcpu_op(VCPUOP_get_runstate_info, 0, &a), 0);
	before[1] = clock_ns();
	CHECK_EQ(a.state, RUNSTATE_running);
	CHECK(a.state_entry_time <= before[1]);
	clock_spin(5 * NSEC_PER_MSEC);
	{
		struct sched_poll poll = {
			.timeout = clock_ns() + 5 * NSEC_PER_MSEC,
		};

		hc_sched_op(SCHEDOP_poll, &poll);
	}
	after[0] = clock_ns();
	CHECK_EQ(hc_vcpu_op(VCPUOP_get_runstate_info, 0, &b), 0);
	after[1] = clock_ns();
	for (unsigned int i = 0; i < 4; i++) {
		CHECK(b.time[i] >= a.time[i], "state %u", i);
		sum += b.time[i] - a.time[i];
	}
	test_case("the sum is the time that passed");
	CHECK(sum + clock_tolerance() >= after[0] - before[1], "%lu of %lu", sum,
	      after[0] - before[1]);
	CHECK(sum <= after[1] - before[0] + clock_tolerance(), "%lu of %lu", sum,
	      after[1] - before[0]);
	CHECK(b.time[RUNSTATE_running] > a.time[RUNSTATE_running]);
	test_case("unwritable");
	CHECK_EQ(hc_vcpu_op(VCPUOP_get_runstate_info, 0, (void *)TEST_VA),
		 -XEN_EFAULT);
	test_case("no such vCPU");
	CHECK_EQ(hc_vcpu_op(VCPUOP_get_runstate_info, NO_VCPU, &a),
		 -XEN_ENOENT);
}

static struct vcpu_runstate_info live;

/* Polls until `ns` from now: the time in which the area says it was blocked. */
static uint64_t blocked_for(uint64_t ns)
{
	uint64_t before = live.time[RUNSTATE_blocked];
	struct sched_poll poll = { .timeout = clock_ns() + ns };

	hc_sched_op(SCHEDOP_poll, &poll);
	return live.time[RUNSTATE_blocked] - before;
}

/*
 * The registered area follows without a call: it has what the call tells of
 * the same moment, and what a vCPU slept shows in it. How much of a nap is
 * sleep is the machine's matter (it may begin late): one of them must be.
 */
TEST(vcpu_runstate_area, 0)
{
	struct vcpu_register_runstate_memory_area reg;
	struct vcpu_runstate_info told;
	uint64_t nap = 5 * NSEC_PER_MSEC, slept = 0;

	set_xen_guest_handle(reg.addr.h, &live);
	CHECK_EQ(hc_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &reg), 0);
	CHECK_EQ(live.state, RUNSTATE_running);
	CHECK(live.state_entry_time != 0);
	for (unsigned int i = 0; i < 20 && slept < nap / 2; i++) {
		slept = blocked_for(nap);
	}
	CHECK(slept >= nap / 2, "%lu of %lu ns", slept, nap);
	CHECK_EQ(live.state, RUNSTATE_running);
	test_case("as the call tells");
	CHECK_EQ(hc_vcpu_op(VCPUOP_get_runstate_info, 0, &told), 0);
	CHECK_EQ(told.time[RUNSTATE_blocked], live.time[RUNSTATE_blocked]);
	test_case("unreadable argument");
	CHECK_EQ(hc_vcpu_op(VCPUOP_register_runstate_memory_area, 0,
			    (void *)TEST_VA), -XEN_EFAULT);
	test_case("in the hypervisor's range");
	set_xen_guest_handle(reg.addr.h, HYPERVISOR_AREA);
	CHECK_EQ(hc_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &reg),
		 -XEN_EFAULT);
	test_case("taken back");
	set_xen_guest_handle(reg.addr.h, NULL);
	hc_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &reg);
	CHECK_EQ(blocked_for(NSEC_PER_MSEC), 0);
}

/* A second copy of the time. */
TEST(vcpu_time_area, 0)
{
	static struct vcpu_time_info area;
	struct vcpu_register_time_memory_area reg;

	set_xen_guest_handle(reg.addr.h, &area);
	CHECK_EQ(hc_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &reg),
		 0);
	CHECK_EQ(area.version & 1, 0);
	CHECK_EQ(area.tsc_to_system_mul,
		 this_cpu()->info->time.tsc_to_system_mul);
	CHECK_EQ(area.tsc_shift, this_cpu()->info->time.tsc_shift);
	CHECK(area.system_time != 0);
	test_case("unreadable argument");
	CHECK_EQ(hc_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0,
			    (void *)TEST_VA), -XEN_EFAULT);
	test_case("in the hypervisor's range");
	set_xen_guest_handle(reg.addr.h, HYPERVISOR_AREA);
	CHECK_EQ(hc_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &reg),
		 -XEN_EFAULT);
	set_xen_guest_handle(reg.addr.h, NULL);
	hc_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &reg);
}

/* vcpu_info in a page of the guest's, once, with what was there before. */
TEST(vcpu_info_placement, ALONE)
{
	char *page = page_alloc();
	struct vcpu_info *info = (struct vcpu_info *)(page + 256);
	struct vcpu_register_vcpu_info reg = {
		.mfn = virt_to_mfn(page), .offset = PAGE_SIZE - 32,
	};
	int port = event_bind_ipi(0);

	test_case("across a page end");
	CHECK_EQ(hc_vcpu_op(VCPUOP_register_vcpu_info, 0, &reg), -XEN_ENXIO);
	test_case("not aligned");
	reg.offset = 257;
	CHECK_EQ(hc_vcpu_op(VCPUOP_register_vcpu_info, 0, &reg), -XEN_ENXIO);
	test_case("a wild frame");
	reg.offset = 256;
	reg.mfn = 0xffffffffUL;
	CHECK_EQ(hc_vcpu_op(VCPUOP_register_vcpu_info, 0, &reg), -XEN_EINVAL);
	test_case("a page table");
	reg.mfn = virt_to_mfn(kernel_root);
	CHECK_EQ(hc_vcpu_op(VCPUOP_register_vcpu_info, 0, &reg), -XEN_EINVAL);
	test_case("another vCPU, not there");
	CHECK_EQ(hc_vcpu_op(VCPUOP_register_vcpu_info, NO_VCPU, &reg),
		 -XEN_ENOENT);

	test_case("another vCPU's, while it is up");
	reg.mfn = virt_to_mfn(page);
	need_two();
	stop = said = 0;
	CHECK_EQ(cpu_start(OTHER, spin, NULL), 0);
	CHECK(wait_for(&said, 1));
	CHECK_EQ(hc_vcpu_op(VCPUOP_register_vcpu_info, OTHER, &reg),
		 -XEN_EINVAL);
	stop = 1;
	CHECK(wait_down(OTHER));

	test_case("placed");
	events_disable();
	CHECK_EQ(hc_vcpu_op(VCPUOP_register_vcpu_info, 0, &reg), 0);
	this_cpu()->info = info;
	CHECK_EQ(info->evtchn_upcall_mask, 1);
	CHECK(info->time.system_time != 0);
	got[0] = 0;
	event_set_handler(port, on_event, NULL);
	events_enable();
	event_send(port);
	CHECK_EQ(got[0], 1);
	events_disable();
	CHECK_EQ(try_read((void *)TEST_VA).cr2, TEST_VA);
	test_case("a second time");
	CHECK_EQ(hc_vcpu_op(VCPUOP_register_vcpu_info, 0, &reg), -XEN_EINVAL);
	event_close(port);
}
