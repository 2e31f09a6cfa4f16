/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Processes: an address space, open files, signal handlers, and the threads
 * that share them. A process that has ended stays as a zombie until its parent
 * has asked how.
 */
#ifndef KEEL_KERNEL_PROCESS_H
#define KEEL_KERNEL_PROCESS_H

#include "kernel/file.h"
#include "kernel/space.h"
#include "kernel/thread.h"

struct process {
	int pid;
	struct process *parent, *children, *sibling;	/* under tree_lock */
	struct process *next;				/* of all, too */
	struct thread *threads;
	bool exiting, zombie;
	struct waitq thread_ended;
	int status;			/* as wait4 gives it */
	struct waitq child_ended;
	struct thread *vfork_parent;	/* waits for our exec or end */

	struct space *space;
	struct lock lock;		/* of what is below */
	struct file *file[MAX_FILES];
	uint64_t close_on_exec;
	struct linux_sigaction action[NR_SIGNALS];
	uint64_t pending;		/* signals for any of the threads */
};

/* The process tree: parents, children, threads, ends. */
extern struct lock tree_lock;

static inline struct process *process_current(void)
{
	return thread_current()->process;
}

/* The user's registers, as its last entry left them. */
static inline struct regs *thread_regs(struct thread *t)
{
	return (struct regs *)thread_stack_top(t) - 1;
}

/* Makes process 1 of a program of the archive. 0 or a negative errno. */
long process_init(const char *path);

/* clone, fork and vfork; the new pid or tid. */
struct clone_args {
	unsigned long flags, stack, parent_tid, child_tid, tls;
};
long process_clone(const struct clone_args *args);

/*
 * Replaces the program. 0 with the registers set, or a negative errno. Without
 * argv it is the first program, and gets the settings of the command line.
 */
long process_exec(const char *path, unsigned long argv, unsigned long envp);

/* Leaves the current thread alone in its process. False: it must end, too. */
bool process_end_others(void);

/* The end of a thread; of the process with its last one. */
void process_exit_thread(int code) __attribute__((noreturn));
void process_exit(int status) __attribute__((noreturn));
long process_wait(int pid, unsigned long status_at, unsigned int options);
struct process *process_find(int pid);
/* The parent that waits for p's exec or end waits no longer. */
void process_vfork_end(struct process *p);

/* The file behind a descriptor with a user more, or NULL. */
struct file *fd_get(unsigned int fd);
/* The lowest free descriptor from `from` on, or -EMFILE; takes the user. */
long fd_install(struct file *f, unsigned int from, bool close_on_exec);
long fd_close(unsigned int fd);
long fd_dup(unsigned int fd, unsigned int to, bool close_on_exec);

/* ---- signal.c ---- */

void signal_send(struct process *p, int signal);
void signal_send_locked(struct process *p, int signal);
void signal_send_thread(struct thread *t, int signal);
/* One that cannot be blocked or ignored: the thread's own fault. */
void signal_fault(int signal, unsigned long address);
/* Before a return to user mode: handlers to call, or the end. */
void signal_deliver(struct regs *regs);
long signal_return(struct regs *regs);

/* ---- futex.c ---- */

long futex_wait(unsigned long address, uint32_t value, uint64_t deadline);
long futex_wake(unsigned long address, unsigned int n);

#endif
