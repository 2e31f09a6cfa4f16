/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Pipes: a page of bytes between two ends. Indexes run freely; what is between
 * `out` and `in` has been written and not yet read.
 */
#include "kernel/file.h"
#include "kernel/page.h"
#include "kernel/process.h"
#include "kernel/space.h"
#include "kernel/thread.h"

struct pipe {
	struct lock lock;
	unsigned int in, out;
	unsigned int readers, writers;
	struct waitq can_read, can_write;
	char *bytes;
};

static long pipe_read(struct file *f, unsigned long to, size_t n)
{
	struct pipe *p = f->pipe;
	long result = 0;

	lock(&p->lock);
	while (n && p->in == p->out) {
		if (!p->writers) {
			goto out_unlock;
		}
		result = f->flags & O_NONBLOCK ? -EAGAIN :
			 signal_waits() ? -ERESTART : 0;
		if (result) {
			goto out_unlock;
		}
		waitq_sleep(&p->can_read, &p->lock, FOREVER);
	}
	while (n && p->in != p->out) {
		unsigned int at = p->out % PAGE_SIZE, step = p->in - p->out;

		step = step < PAGE_SIZE - at ? step : PAGE_SIZE - at;
		step = step < n ? step : n;
		if (!copy_out(to, p->bytes + at, step)) {
			result = result ? result : -EFAULT;
			break;
		}
		p->out += step;
		to += step;
		n -= step;
		result += step;
	}
	waitq_wake(&p->can_write, 1);
out_unlock:
	unlock(&p->lock);
	return result;
}

static long pipe_write(struct file *f, unsigned long from, size_t n)
{
	struct pipe *p = f->pipe;
	long result = 0;

	lock(&p->lock);
	while (n) {
		unsigned int at = p->in % PAGE_SIZE;
		unsigned int step = PAGE_SIZE - (p->in - p->out);

		if (!p->readers) {
			result = result ? result : -EPIPE;
			break;
		}
		/* Up to a page goes in whole, or waits until it can. */
		if (!step || (!result && n <= PAGE_SIZE && step < n)) {
			long err = f->flags & O_NONBLOCK ? -EAGAIN :
				   signal_waits() ? -ERESTART : 0;

			if (err) {
				result = result ? result : err;
				break;
			}
			waitq_sleep(&p->can_write, &p->lock, FOREVER);
			continue;
		}
		step = step < PAGE_SIZE - at ? step : PAGE_SIZE - at;
		step = step < n ? step : n;
		if (!copy_in(p->bytes + at, from, step)) {
			result = result ? result : -EFAULT;
			break;
		}
		p->in += step;
		from += step;
		n -= step;
		result += step;
		waitq_wake(&p->can_read, 1);
	}
	if (p->in - p->out < PAGE_SIZE) {
		waitq_wake(&p->can_write, 1);
	}
	unlock(&p->lock);
	if (result == -EPIPE) {
		signal_send_thread(thread_current(), SIGPIPE);
	}
	return result;
}

static void pipe_close(struct pipe *p, unsigned int *side)
{
	bool gone;

	lock(&p->lock);
	(*side)--;
	waitq_wake(&p->can_read, ~0U);
	waitq_wake(&p->can_write, ~0U);
	gone = !p->readers && !p->writers;
	unlock(&p->lock);
	if (gone) {
		page_put(p->bytes);
		object_free(p, sizeof(*p));
	}
}

static void close_reader(struct file *f)
{
	pipe_close(f->pipe, &f->pipe->readers);
}

static void close_writer(struct file *f)
{
	pipe_close(f->pipe, &f->pipe->writers);
}

static long wrong_end(struct file *f, unsigned long address, size_t n)
{
	(void)f;
	(void)address;
	(void)n;
	return -EBADF;
}

static void pipe_stat(struct file *f, struct linux_stat *st)
{
	st->mode = S_IFIFO | 0600;
	st->ino = (uintptr_t)f->pipe;
}

static const struct file_ops reader_ops = {
	.read = pipe_read, .write = wrong_end, .close = close_reader,
	.stat = pipe_stat,
};
static const struct file_ops writer_ops = {
	.read = wrong_end, .write = pipe_write, .close = close_writer,
	.stat = pipe_stat,
};

int pipe_create(struct file **reader, struct file **writer)
{
	struct pipe *p = object_alloc(sizeof(*p));

	if (!p) {
		return -ENOMEM;
	}
	p->bytes = pages_alloc(0);
	*reader = file_create(&reader_ops, O_RDONLY);
	*writer = file_create(&writer_ops, O_WRONLY);
	if (p->bytes && *reader && *writer) {
		p->readers = p->writers = 1;
		(*reader)->pipe = (*writer)->pipe = p;
		return 0;
	}
	if (*reader) {
		object_free(*reader, sizeof(**reader));
	}
	if (*writer) {
		object_free(*writer, sizeof(**writer));
	}
	if (p->bytes) {
		page_put(p->bytes);
	}
	object_free(p, sizeof(*p));
	return -ENOMEM;
}
