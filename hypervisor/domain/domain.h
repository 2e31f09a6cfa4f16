/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Domains and their virtual CPUs: the two structures that everything above
 * mm/ and device/ works on.  Each layer's share is a struct of its own inside;
 * the lock that guards a field is named beside it.
 *
 *               create          setvcpucontext+unpause
 *   (none) ------------> built ------------------------> running
 *                          |                               |  shutdown, crash
 *                          | destroydomain                 v
 *                          v            destroydomain    shut down
 *                        dying <---------------------------+
 *                          | all frames, ports, grants, vCPUs given back
 *                          v
 *                        dead, freed with the last reference
 */
#ifndef DOMAIN_DOMAIN_H
#define DOMAIN_DOMAIN_H

#include "lib/types.h"
#include "lib/atomic.h"
#include "lib/bits.h"
#include "lib/list.h"
#include "lib/lock.h"
#include "x86/current.h"
#include "mm/frame.h"
#include "domain/timer.h"
#include <xen/callback.h>
#include <xen/vcpu.h>
#include <xen/sched.h>
#include <xen/version.h>

struct evtchn;
struct grant_table;
struct cpu_policy;
struct e820_entry;

/* ---- what a PV guest believes to be its CPU (pvcpu/) ---- */

/* A place where the guest's kernel wants to be entered. */
struct trap_entry {
	u64 address;		/* 0: no handler */
	u16 cs;
	u8 dpl;
	bool masks_events;	/* TI_GET_IF: upcalls masked on entry */
};

#define GDT_GUEST_PAGES		14	/* FIRST_RESERVED_GDT_PAGE */

struct pv_vcpu {
	/* Read by entry.S on its straight-line paths: keep together. */
	bool kernel_mode;		/* guest kernel or guest user */
	bool fast_iret;			/* entry.S may carry out iret */
	bool fast_syscall, fast_pf;	/* and bounce these, given a stack */
	u64 fast_sp;			/* frame for a syscall from user mode on
					   the kernel stack; 0: C must look */
	u64 fast_pf_sp;			/* the same for a page fault */
	u64 cr3_kernel;			/* what goes into CR3 in kernel mode */
	u64 cr3_user;			/* the same in user mode; 0: none */
	u64 kernel_sp;			/* STACK_SWITCH: stack on user entry */
	u64 kernel_ss;
	struct trap_entry callbacks[8];	/* by CALLBACKTYPE_* */

	bool nmi_pending, nmi_masked;

	mfn_t root_kernel, root_user;	/* L4 frames, typed; user may be none */

	unsigned int gdt_entries;
	mfn_t gdt_frames[16];
	u64 ldt_base;
	unsigned int ldt_entries;
	unsigned int ldt_mapped;	/* LDT window pages filled (bit mask) */
	mfn_t ldt_frames[16];		/* and what they hold, typed */

	u64 fs_base, gs_base_kernel, gs_base_user;
	u64 cr0_ts;			/* guest's CR0.TS, as CR0_TS or 0 */
	u64 cr2;			/* what the guest reads: in vcpu_info */
	u64 cr4;			/* guest's own CR4 bits */
	u64 dr[8];
	unsigned int iopl;		/* 0..3, as PHYSDEVOP_set_iopl set it */
	vaddr_t iobmp;			/* guest address of its I/O bitmap */
	unsigned int iobmp_ports;
	u64 msr_xcr0;
	u32 tsc_aux;
	mfn_t old_root;			/* reference still to be given back */
	bool old_root_held;
	bool bad_selectors;		/* of regs: the guest must be told */
	u64 dr7_io;			/* I/O breakpoints: kept, not armed */

	struct trap_entry traps[256];
};

/* ---- scheduling (domain/sched.c) ---- */

/* vcpu.pause_flags: any bit set keeps the vCPU from running. */
#define VPF_BLOCKED	BIT(0)	/* SCHEDOP_block, until an event */
#define VPF_DOWN	BIT(1)	/* not brought up, or VCPUOP_down */
#define VPF_POLLING	BIT(2)	/* SCHEDOP_poll, until port or time */
#define VPF_ASLEEP	(VPF_BLOCKED | VPF_POLLING)

struct sched_vcpu {
	struct list run_item;		/* on a CPU's run queue, or alone */
	unsigned int cpu;		/* where it runs or is queued */
	cpumask_t affinity, soft_affinity;
	u64 charged_at;			/* paid for until then */
	u64 slice_end;
	bool turn_over;			/* slice used, or yielded */
	bool boosted;			/* just woken: goes before others */
	bool yielding;			/* last choice at the next pick */
	bool sending;			/* an event to another, just now */
	bool running;			/* its registers are on a CPU now */
	bool queued;
};

struct vcpu {
	struct domain *domain;
	unsigned int id;
	bool initialised;		/* has a context (setvcpucontext) */
	struct pv_vcpu pv;
	struct cpu_user_regs regs;	/* while switched out */
	bool fpu_dirty;			/* FPU registers on the CPU are ours */
	void *fpu;			/* XSAVE or FXSAVE area, 64-aligned */

	/*
	 * The guest's vcpu_info, as we see it (direct map): in shared_info for
	 * the first 32, or where VCPUOP_register_vcpu_info put it.
	 */
	struct vcpu_info *info;
	mfn_t info_mfn;			/* referenced frame, or INVALID_MFN */
	struct vcpu_info spare_info;	/* until then for those after the 32nd */

	u64 pause_flags;		/* VPF_*, atomic */
	u32 pause_count;		/* pauses by us and the toolstack */
	struct sched_vcpu sched;

	struct vcpu_runstate_info runstate_info;	/* times so far */
	vaddr_t runstate_guest;		/* where the guest wants it; 0: no */
	vaddr_t time_guest;		/* secondary vcpu_time_info; 0: no */
	struct vcpu_time_info time_copy; /* last published; version is ours */

	struct timer singleshot, periodic, poll;
	u64 periodic_ns;
	evtchn_port_t virq_port[NR_VIRQS];	/* 0: not bound */
	evtchn_port_t poll_port;	/* one port; 0 none; ~0 several */

	/* Dirty: page tables of this vCPU are loaded on that CPU (~0: no). */
	u32 dirty_cpu;
	u64 last_hypercall;		/* for reports */
	mfn_t put_later[4];		/* tables still to settle (mm/) */
	unsigned int nr_put_later;
};

/* ---- the domain ---- */

struct domain {
	domid_t id;
	bool privileged;		/* domain 0 */
	bool dying;
	bool shut_down;
	bool crashed_reported;
	u32 refs;			/* domain_get / domain_put */
	struct domain *next_dead;	/* waits to be freed; domain.c's lock */
	u32 kill_busy;			/* domain_kill is at work; atomic */
	u32 kill_step;			/* ... and had come so far */
	u8 shutdown_code;
	u8 uuid[16];
	u32 ssidref;

	spinlock_t lock;		/* life cycle; taken first */
	unsigned int max_vcpus;
	struct vcpu **vcpus;		/* max_vcpus entries */
	u32 pause_count;		/* atomic */
	u32 controller_pauses;		/* DOMCTL pause/unpause; atomic */

	/* memory (mm/) */
	spinlock_t frame_lock;		/* frames, tot_pages, max_pages */
	u32 frames_first;		/* list through struct frame; mfns */
	u32 frames_kept;		/* the same, gone through by destruction */
	u32 relinquish_frame;		/* destruction is at work on it; 0: none */
	u64 tot_pages, max_pages;
	u64 claimed_pages;
	u64 vm_assist;			/* VMASST_TYPE_* bits */
	struct e820_entry *e820;	/* XENMEM_set_memory_map; heap, kept */
	unsigned int nr_e820;

	struct shared_info *shared;	/* our address */
	mfn_t shared_mfn;
	u64 wallclock_offset_s;		/* DOMCTL settimeoffset */
	cpumask_t dirty_cpus;		/* atomic: where our tables may live */

	/* events (event/) */
	spinlock_t event_lock;		/* ports; irqsave */
	struct evtchn *ports;
	unsigned int nr_ports;		/* <= 4096, two-level */
	u64 polling_vcpus;		/* each vCPU sets and clears its own bit */

	/* grants (grant/) */
	struct grant_table *grants;

	/* scheduling parameters */
	u16 weight;			/* 256 is normal */
	u16 cap;			/* per cent of one CPU; 0: none */
	u64 vtime;			/* atomic; domain/share.c */
	s64 cap_left;			/* ns until it is filled again; atomic */
	struct timer watchdog[2];	/* set: in use; lock */

	/* I/O ports, memory and IRQs a domain may touch: domain 0 only now */
	u8 *io_ports;			/* 8 KiB bitmap, 1: allowed; or NULL */
	u32 pci_address;		/* port 0xcf8 as it wrote it */

	struct cpu_policy *policy;	/* CPUID and MSR values (pvcpu/) */
	u32 tsc_mode;
	u64 enosys_logged[2];		/* hypercalls already reported */
	u32 log_tokens; u64 log_refill;	/* guest_printk's rate limit */
	u32 log_dropped;

	char *console_buf;		/* console_io line buffer */
	unsigned int console_len;
};

extern struct domain *dom0;

/* A domain with that id and a reference on it, or NULL. */
struct domain *domain_get_by_id(domid_t id);
void domain_get(struct domain *d);
void domain_put(struct domain *d);

/*
 * The owner of a frame by its id, without a reference: valid only while a
 * frame with that owner is held.
 */
struct domain *domain_of_frame_owner(domid_t id);

/* As domain_get_by_id; DOMID_SELF is the caller's own. */
struct domain *domain_get_or_self(domid_t id);

/* Calls fn for each domain, in order of ids from first; stops when it is 1. */
int domain_for_each(domid_t first, int (*fn)(struct domain *d, void *arg),
		    void *arg);

#define for_each_vcpu(d, v) \
	for (unsigned int _i = 0; _i < (d)->max_vcpus; _i++) \
		if (((v) = (d)->vcpus[_i]) != NULL)

/* NULL if there is none of that number. */
static inline struct vcpu *domain_vcpu(const struct domain *d, u32 id)
{
	return id < d->max_vcpus ? d->vcpus[id] : NULL;
}

struct xen_domctl_createdomain;

/*
 * A new domain, as xen/domctl.h describes it, with shared info, ports and
 * grant table but no frames and no vCPU contexts; paused once by its
 * controller.  id DOMID_INVALID chooses one.  0, or -EEXIST, -ENOMEM, -EINVAL.
 * All max_vcpus vCPUs exist afterwards, down and not initialised.  Found by
 * others only when it is complete.
 */
int domain_create(domid_t id, const struct xen_domctl_createdomain *how,
		  bool privileged, struct domain **out);

/*
 * Takes everything from a domain, in budgeted steps: -ERESTART until done,
 * then 0.  Only one caller gets on at a time.
 */
int domain_kill(struct domain *d);

/* Ends one domain with a reason in words: the only way a guest is killed. */
void domain_crash(struct domain *d, const char *fmt, ...) __printf(2, 3);

/* Like the guest's own SCHEDOP_shutdown; reason is SHUTDOWN_*. */
void domain_shutdown(struct domain *d, u8 reason);
void domain_resume(struct domain *d);

/* Pauses nest; the sync form returns once no vCPU is on a CPU. */
void domain_pause(struct domain *d);
void domain_unpause(struct domain *d);
int domain_controller_pause(struct domain *d);
int domain_controller_unpause(struct domain *d);

/* May the vCPU run, as far as flags and pauses go? */
static inline bool vcpu_runnable(const struct vcpu *v)
{
	return !(READ_ONCE(v->pause_flags) | READ_ONCE(v->pause_count) |
		 READ_ONCE(v->domain->pause_count));
}

static inline bool is_idle_vcpu(const struct vcpu *v)
{
	return v->domain->id == DOMID_IDLE;
}

/* VCPUOP_up and VCPUOP_down; the last one down powers the domain off. */
int vcpu_up(struct vcpu *v);
void vcpu_down(struct vcpu *v);

/* Clears what SCHEDOP_block or SCHEDOP_poll set, and wakes. */
void vcpu_unblock(struct vcpu *v);

/* VCPUOP_register_vcpu_info; once for each vCPU. */
int vcpu_register_info(struct vcpu *v, mfn_t gmfn, unsigned int offset);

/* Writes v's pvclock record(s) if the guest could see an older one. */
void vcpu_time_publish(struct vcpu *v);
/*
 * The copies that lie at guest addresses (runstate, secondary time), written
 * through the address space loaded now, which must be of v's domain.
 */
void vcpu_guest_areas_publish(struct vcpu *v);
void domain_wallclock_publish(struct domain *d);
/* To RUNSTATE_*, under v's run-queue lock. */
void vcpu_runstate_change(struct vcpu *v, int to, u64 now);
/* Times up to now, or to the last change; any vCPU. */
void vcpu_runstate_read(struct vcpu *v, struct vcpu_runstate_info *out,
			bool up_to_now);

/* SCHEDOP_watchdog: id 0 sets a new one; returns its id, 0 or -errno. */
int domain_watchdog(struct domain *d, u32 id, u32 timeout_s);

/* ---- between the files of domain/: making and ending the parts ---- */

#define SHUTDOWN_CODE_NONE	0xff	/* shutdown_code: not shut down yet */

/* Boot: lookup works from here on. */
void domains_init(void);

int vcpu_create(struct domain *d, unsigned int id);
/* Gives back what the vCPU holds of its domain's frames; it is paused. */
void vcpu_release(struct vcpu *v);
void vcpu_free(struct vcpu *v);		/* NULL is nothing */

void domain_watchdog_init(struct domain *d);

#endif
