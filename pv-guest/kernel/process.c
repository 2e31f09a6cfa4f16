/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The tree of processes, from clone to wait4. tree_lock holds it together; a
 * process's own lock, its files and handlers.
 */
#include "kernel/process.h"
#include "kernel/page.h"

struct lock tree_lock;
static struct process *all, *init_process;
static struct waitq vforking;
static int last_id;

static void process_drop(struct process *p);

_Static_assert(sizeof(struct process) <= PAGE_SIZE, "fits a page");

struct process *process_find(int pid)
{
	struct process *p = all;

	while (p && p->pid != pid) {
		p = p->next;
	}
	return p;
}

static struct process *process_create(struct process *parent)
{
	struct process *p = page_zeroed();

	if (p) {
		p->pid = __atomic_add_fetch(&last_id, 1, __ATOMIC_RELAXED);
		p->parent = parent;
	}
	return p;
}

/* The tree knows it, and its first thread, from here on. */
static void process_publish(struct process *p, struct thread *t)
{
	lock(&tree_lock);
	if (p->parent) {
		p->sibling = p->parent->children;
		p->parent->children = p;
	}
	p->next = all;
	all = p;
	p->threads = t;
	unlock(&tree_lock);
}

static void user_begin(void *arg)
{
	struct thread *t = thread_current();

	(void)arg;
	if (t->set_tid) {
		copy_out(t->set_tid, &t->tid, sizeof(t->tid));
	}
	entry_return(thread_regs(t));
}

static struct thread *thread_of_user(struct process *p, int tid)
{
	struct thread *t = thread_create(user_begin, NULL);

	if (t) {
		t->process = p;
		t->tid = tid;
		t->user.tables = p->space ? &p->space->tables : NULL;
	}
	return t;
}

static void init_begin(void *arg)
{
	long err = process_exec(arg, 0, 0);

	if (err) {
		panic("%s: error %ld", (const char *)arg, -err);
	}
	user_begin(NULL);
}

long process_init(const char *path)
{
	struct process *p = process_create(NULL);
	struct thread *t = p ? thread_of_user(p, p->pid) : NULL;
	struct file *console;
	long err;

	if (!t) {
		return -ENOMEM;
	}
	console = file_open("/dev/console", O_RDWR, &err);
	if (!console) {
		return err;
	}
	for (int fd = 0; fd < 3; fd++) {
		file_get(console);
		p->file[fd] = console;
	}
	file_put(console);
	init_process = p;
	t->fn = init_begin;
	t->arg = (void *)path;
	process_publish(p, t);
	thread_wake(t);
	return 0;
}

/* ---- descriptors ---- */

struct file *fd_get(unsigned int fd)
{
	struct process *p = process_current();
	struct file *f;

	if (fd >= MAX_FILES) {
		return NULL;
	}
	lock(&p->lock);
	f = p->file[fd];
	if (f) {
		file_get(f);
	}
	unlock(&p->lock);
	return f;
}

static void fd_set(struct process *p, unsigned int fd, struct file *f,
		   bool close_on_exec)
{
	p->file[fd] = f;
	p->close_on_exec &= ~(1UL << fd);
	p->close_on_exec |= (uint64_t)close_on_exec << fd;
}

long fd_install(struct file *f, unsigned int from, bool close_on_exec)
{
	struct process *p = process_current();
	unsigned int fd = from;

	lock(&p->lock);
	while (fd < MAX_FILES && p->file[fd]) {
		fd++;
	}
	if (fd < MAX_FILES) {
		fd_set(p, fd, f, close_on_exec);
	}
	unlock(&p->lock);
	if (fd >= MAX_FILES) {
		file_put(f);
		return -EMFILE;
	}
	return fd;
}

static struct file *fd_replace(unsigned int fd, struct file *by,
			       bool close_on_exec)
{
	struct process *p = process_current();
	struct file *f;

	lock(&p->lock);
	f = p->file[fd];
	fd_set(p, fd, by, close_on_exec);
	unlock(&p->lock);
	return f;
}

long fd_close(unsigned int fd)
{
	struct file *f = fd < MAX_FILES ? fd_replace(fd, NULL, false) : NULL;

	if (!f) {
		return -EBADF;
	}
	file_put(f);
	return 0;
}

long fd_dup(unsigned int fd, unsigned int to, bool close_on_exec)
{
	struct file *f = fd_get(fd), *old;

	if (!f) {
		return -EBADF;
	}
	if (to >= MAX_FILES) {
		file_put(f);
		return -EBADF;
	}
	old = fd_replace(to, f, close_on_exec);
	if (old) {
		file_put(old);
	}
	return to;
}

/* ---- clone ---- */

/* A child with copies of what the parent has. NULL: no memory. */
static struct process *process_copy(struct process *parent, bool share_space)
{
	struct process *p = process_create(parent);

	if (!p) {
		return NULL;
	}
	if (share_space) {
		p->space = parent->space;
		space_get(p->space);
	} else {
		p->space = space_fork(parent->space);
	}
	if (!p->space) {
		process_drop(p);
		return NULL;
	}
	lock(&parent->lock);
	for (unsigned int fd = 0; fd < MAX_FILES; fd++) {
		p->file[fd] = parent->file[fd];
		if (p->file[fd]) {
			file_get(p->file[fd]);
		}
	}
	p->close_on_exec = parent->close_on_exec;
	memcpy(p->action, parent->action, sizeof(p->action));
	unlock(&parent->lock);
	return p;
}

/* The new thread goes on where its maker is, with another result. */
static void thread_copy(struct thread *t, const struct clone_args *args)
{
	struct thread *self = thread_current();
	struct regs *regs = thread_regs(t);

	*regs = *thread_regs(self);
	regs->rax = 0;
	regs->vector = 0;
	if (args->stack) {
		regs->rsp = args->stack;
	}
	t->user.fs = args->flags & CLONE_SETTLS ? args->tls : self->user.fs;
	t->user.gs = self->user.gs;
	t->blocked = self->blocked;
	if (args->flags & CLONE_CHILD_CLEARTID) {
		t->clear_tid = args->child_tid;
	}
	if (args->flags & CLONE_CHILD_SETTID) {
		t->set_tid = args->child_tid;
	}
	asm volatile("fxsaveq %0" : "=m" (t->fpu));
}

static long clone_thread(const struct clone_args *args)
{
	struct process *p = process_current();
	int tid = __atomic_add_fetch(&last_id, 1, __ATOMIC_RELAXED);
	struct thread *t = thread_of_user(p, tid);

	if (!t) {
		return -ENOMEM;
	}
	thread_copy(t, args);
	if (args->flags & CLONE_PARENT_SETTID) {
		copy_out(args->parent_tid, &tid, sizeof(tid));
	}
	lock(&tree_lock);
	if (thread_current()->must_end) {
		unlock(&tree_lock);
		page_put(t);
		return -EAGAIN;		/* nobody would end that one */
	}
	t->sibling = p->threads;
	p->threads = t;
	unlock(&tree_lock);
	thread_wake(t);
	return tid;
}

static void wait_vfork(struct process *child)
{
	struct thread *self = thread_current();

	lock(&tree_lock);
	self->in_vfork = true;
	child->vfork_parent = self;
	unlock(&tree_lock);
	thread_wake(child->threads);
	lock(&tree_lock);
	while (self->in_vfork) {
		/* Whatever comes: the child runs on our stack. */
		waitq_sleep_through(&vforking, &tree_lock);
	}
	unlock(&tree_lock);
}

void process_vfork_end(struct process *p)
{
	lock(&tree_lock);
	if (p->vfork_parent) {
		p->vfork_parent->in_vfork = false;
		p->vfork_parent = NULL;
		waitq_wake(&vforking, ~0U);
	}
	unlock(&tree_lock);
}

long process_clone(const struct clone_args *args)
{
	struct process *p;
	struct thread *t;
	int pid;

	if (args->flags & CLONE_THREAD) {
		return clone_thread(args);
	}
	p = process_copy(process_current(), args->flags & CLONE_VM);
	if (!p) {
		return -ENOMEM;
	}
	t = thread_of_user(p, p->pid);
	if (!t) {
		process_drop(p);
		return -ENOMEM;
	}
	thread_copy(t, args);
	pid = p->pid;
	if (args->flags & CLONE_PARENT_SETTID) {
		copy_out(args->parent_tid, &pid, sizeof(pid));
	}
	process_publish(p, t);
	if (args->flags & CLONE_VFORK) {
		wait_vfork(p);
	} else {
		thread_wake(t);
	}
	return pid;
}

/* ---- the end ---- */

/* Everything but the place in the tree. */
static void process_release(struct process *p)
{
	for (unsigned int fd = 0; fd < MAX_FILES; fd++) {
		if (p->file[fd]) {
			file_put(p->file[fd]);
			p->file[fd] = NULL;
		}
	}
	if (p->space) {
		space_put(p->space);
		p->space = NULL;
	}
}

static void process_drop(struct process *p)
{
	process_release(p);
	page_put(p);
}

/* Children go to process 1, the parent hears of the end. */
static void process_to_zombie(struct process *p)
{
	lock(&tree_lock);
	while (p->children) {
		struct process *c = p->children;

		p->children = c->sibling;
		c->parent = init_process;
		c->sibling = init_process->children;
		init_process->children = c;
		if (c->zombie) {
			waitq_wake(&init_process->child_ended, ~0U);
		}
	}
	p->zombie = true;
	waitq_wake(&p->parent->child_ended, ~0U);
	signal_send_locked(p->parent, SIGCHLD);
	unlock(&tree_lock);
}

void process_exit_thread(int code)
{
	struct thread *t = thread_current(), **link;
	struct process *p = t->process;
	uint32_t zero = 0;
	bool last;

	if (t->clear_tid && copy_out(t->clear_tid, &zero, sizeof(zero))) {
		futex_wake(t->clear_tid, 1);
	}
	/* Whoever is the last gives back the tables: off them before that. */
	t->user.tables = NULL;
	cpu_load(&t->user);
	lock(&tree_lock);
	for (link = &p->threads; *link != t; link = &(*link)->sibling) {
	}
	*link = t->sibling;
	waitq_wake(&p->thread_ended, ~0U);
	last = !p->threads;
	if (last && !p->exiting) {
		p->status = (code & 0xff) << 8;
	}
	unlock(&tree_lock);
	t->process = NULL;
	if (last) {
		if (p == init_process) {
			printk("process 1 has ended, status %x\n", p->status);
			power_off();
		}
		process_release(p);
		process_vfork_end(p);
		process_to_zombie(p);
	}
	thread_exit();
}

static void end_others(struct thread *self)
{
	for (struct thread *t = self->process->threads; t; t = t->sibling) {
		if (t != self) {
			WRITE_ONCE(t->must_end, true);
			thread_interrupt(t);
		}
	}
}

bool process_end_others(void)
{
	struct thread *self = thread_current();
	struct process *p = self->process;
	bool alone;

	lock(&tree_lock);
	if (!self->must_end) {
		end_others(self);
	}
	while ((p->threads != self || self->sibling) && !self->must_end) {
		waitq_sleep_through(&p->thread_ended, &tree_lock);
	}
	alone = !self->must_end;
	if (alone) {
		self->tid = p->pid;
	}
	unlock(&tree_lock);
	return alone;
}

void process_exit(int status)
{
	struct thread *self = thread_current();
	struct process *p = self->process;

	lock(&tree_lock);
	if (!p->exiting) {
		p->exiting = true;
		p->status = status;
		end_others(self);
	}
	unlock(&tree_lock);
	process_exit_thread(0);
}

static void remove_from_tree(struct process *p)
{
	struct process **link = &p->parent->children;

	while (*link != p) {
		link = &(*link)->sibling;
	}
	*link = p->sibling;
	for (link = &all; *link != p; link = &(*link)->next) {
	}
	*link = p->next;
}

/* A child that has ended; *any tells whether there is a child at all. */
static struct process *find_ended(struct process *p, int pid, bool *any)
{
	struct process *c = p->children;

	*any = false;
	for (; c; c = c->sibling) {
		if (pid <= 0 || c->pid == pid) {
			*any = true;
			if (c->zombie) {
				break;
			}
		}
	}
	return c;
}

long process_wait(int pid, unsigned long status_at, unsigned int options)
{
	struct process *p = process_current(), *c;
	long result = 0;
	int status = 0;
	bool any;

	lock(&tree_lock);
	while (!(c = find_ended(p, pid, &any)) && !result) {
		result = !any ? -ECHILD : options & WNOHANG ? 1 :
			 signal_waits() ? -ERESTART : 0;
		if (!result) {
			waitq_sleep(&p->child_ended, &tree_lock, FOREVER);
		}
	}
	if (c) {
		remove_from_tree(c);
		result = c->pid;
		status = c->status;
	}
	unlock(&tree_lock);
	if (!c) {
		return result == 1 ? 0 : result;
	}
	page_put(c);
	if (status_at && !copy_out(status_at, &status, sizeof(status))) {
		return -EFAULT;
	}
	return result;
}

/* ---- the machine's end, as its owner wants it ---- */

/*
 * Process 1 hears of it as under Linux, from the power supply or from
 * Ctrl-Alt-Del; if it does not listen, that is all there is to wait for.
 */
void kernel_power_wanted(bool restart)
{
	int signal = restart ? SIGINT : SIGPWR;
	bool listens;

	lock(&tree_lock);
	listens = init_process &&
		  init_process->action[signal - 1].handler != SIG_DFL;
	if (listens) {
		signal_send_locked(init_process, signal);
	}
	unlock(&tree_lock);
	if (!listens && restart) {
		power_reset();
	} else if (!listens) {
		power_off();
	}
}
