/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* The system calls about files. */
#include "kernel/process.h"
#include "kernel/syscall.h"

#define MAX_IOVEC	64

static long do_read(unsigned int fd, unsigned long to, size_t n)
{
	struct file *f = fd_get(fd);
	long result;

	if (!f) {
		return -EBADF;
	}
	result = f->ops->read(f, to, n);
	file_put(f);
	return result;
}

static long do_write(unsigned int fd, unsigned long from, size_t n)
{
	struct file *f = fd_get(fd);
	long result;

	if (!f) {
		return -EBADF;
	}
	result = f->ops->write(f, from, n);
	file_put(f);
	return result;
}

long sys_read(struct regs *r)
{
	return do_read(r->rdi, r->rsi, r->rdx);
}

long sys_write(struct regs *r)
{
	return do_write(r->rdi, r->rsi, r->rdx);
}

/* A list of buffers, until one is not filled. */
static long each_buffer(struct regs *r, long (*fn)(unsigned int fd,
						   unsigned long at, size_t n))
{
	struct linux_iovec v;
	long done = 0;

	if (r->rdx > MAX_IOVEC) {
		return -EINVAL;
	}
	for (unsigned int i = 0; i < r->rdx; i++) {
		long n;

		if (!copy_in(&v, r->rsi + i * sizeof(v), sizeof(v))) {
			return done ? done : -EFAULT;
		}
		n = v.len ? fn(r->rdi, v.base, v.len) : 0;
		if (n < 0) {
			return done ? done : n;
		}
		done += n;
		if ((uint64_t)n < v.len) {
			break;
		}
	}
	return done;
}

long sys_readv(struct regs *r)
{
	return each_buffer(r, do_read);
}

long sys_writev(struct regs *r)
{
	return each_buffer(r, do_write);
}

static long do_open(unsigned long path_at, unsigned int flags)
{
	char path[PATH_SIZE];
	long err = copy_in_string(path, path_at, sizeof(path));
	struct file *f;

	if (err < 0) {
		return err;
	}
	f = file_open(path, flags & ~O_CLOEXEC, &err);
	return f ? fd_install(f, 0, flags & O_CLOEXEC) : err;
}

long sys_open(struct regs *r)
{
	return do_open(r->rdi, r->rsi);
}

long sys_openat(struct regs *r)
{
	return do_open(r->rsi, r->rdx);
}

long sys_close(struct regs *r)
{
	return fd_close(r->rdi);
}

static long put_stat(long err, const struct linux_stat *st, unsigned long to)
{
	return err ? err : copy_out(to, st, sizeof(*st)) ? 0 : -EFAULT;
}

static long stat_fd(unsigned int fd, unsigned long to)
{
	struct linux_stat st = { .nlink = 1, .blksize = PAGE_SIZE };
	struct file *f = fd_get(fd);

	if (!f) {
		return -EBADF;
	}
	f->ops->stat(f, &st);
	file_put(f);
	return put_stat(0, &st, to);
}

static long stat_path(const char *path, unsigned long to)
{
	struct linux_stat st = { .nlink = 1, .blksize = PAGE_SIZE };

	return put_stat(file_stat_path(path, &st), &st, to);
}

long sys_fstat(struct regs *r)
{
	return stat_fd(r->rdi, r->rsi);
}

long sys_stat(struct regs *r)
{
	char path[PATH_SIZE];
	long err = copy_in_string(path, r->rdi, sizeof(path));

	return err < 0 ? err : stat_path(path, r->rsi);
}

long sys_newfstatat(struct regs *r)
{
	char path[PATH_SIZE];
	long n = copy_in_string(path, r->rsi, sizeof(path));

	if (n < 0) {
		return n;
	}
	return !n && (r->r10 & AT_EMPTY_PATH) ? stat_fd(r->rdi, r->rdx)
					       : stat_path(path, r->rdx);
}

long sys_access(struct regs *r)
{
	struct linux_stat st = { 0 };
	char path[PATH_SIZE];
	long err = copy_in_string(path, r->rdi, sizeof(path));

	return err < 0 ? err : file_stat_path(path, &st);
}

long sys_lseek(struct regs *r)
{
	struct file *f = fd_get(r->rdi);
	long result;

	if (!f) {
		return -EBADF;
	}
	result = file_seek(f, r->rsi, r->rdx);
	file_put(f);
	return result;
}

/* The same at another place, which is the file's own only meanwhile. */
static long at_place(struct regs *r, bool write)
{
	struct file *f = fd_get(r->rdi), there;
	long result = -ESPIPE;

	if (!f) {
		return -EBADF;
	}
	if (f->ops->size) {
		there = *f;
		there.position = r->r10;
		result = (int64_t)r->r10 < 0 ? -EINVAL :
			 write ? f->ops->write(&there, r->rsi, r->rdx)
			       : f->ops->read(&there, r->rsi, r->rdx);
	}
	file_put(f);
	return result;
}

long sys_pread64(struct regs *r)
{
	return at_place(r, false);
}

long sys_pwrite64(struct regs *r)
{
	return at_place(r, true);
}

long sys_fsync(struct regs *r)
{
	struct file *f = fd_get(r->rdi);
	long result;

	if (!f) {
		return -EBADF;
	}
	result = f->ops->sync ? f->ops->sync(f) : -EINVAL;
	file_put(f);
	return result;
}

long sys_ioctl(struct regs *r)
{
	struct file *f = fd_get(r->rdi);

	if (!f) {
		return -EBADF;
	}
	file_put(f);
	return -ENOTTY;
}

static long make_pipe(unsigned long to, unsigned int flags)
{
	struct file *ends[2];
	int fds[2];
	long err = pipe_create(&ends[0], &ends[1]);

	if (err) {
		return err;
	}
	for (int i = 0; i < 2; i++) {
		ends[i]->flags |= flags & O_NONBLOCK;
		fds[i] = fd_install(ends[i], 0, flags & O_CLOEXEC);
	}
	if (fds[0] >= 0 && fds[1] >= 0 && copy_out(to, fds, sizeof(fds))) {
		return 0;
	}
	err = fds[0] < 0 ? fds[0] : fds[1] < 0 ? fds[1] : -EFAULT;
	fd_close(fds[0]);
	fd_close(fds[1]);
	return err;
}

long sys_pipe(struct regs *r)
{
	return make_pipe(r->rdi, 0);
}

long sys_pipe2(struct regs *r)
{
	return make_pipe(r->rdi, r->rsi);
}

long sys_dup(struct regs *r)
{
	struct file *f = fd_get(r->rdi);

	return f ? fd_install(f, 0, false) : -EBADF;
}

long sys_dup2(struct regs *r)
{
	struct file *f = r->rdi == r->rsi ? fd_get(r->rdi) : NULL;

	if (f) {
		file_put(f);
		return r->rsi;
	}
	return fd_dup(r->rdi, r->rsi, false);
}

long sys_dup3(struct regs *r)
{
	return r->rdi == r->rsi ? -EINVAL
				: fd_dup(r->rdi, r->rsi, r->rdx & O_CLOEXEC);
}

long sys_fcntl(struct regs *r)
{
	struct process *p = process_current();
	struct file *f = fd_get(r->rdi);
	uint64_t bit = 1UL << (r->rdi % 64);
	long result = -EINVAL;

	if (!f) {
		return -EBADF;
	}
	switch (r->rsi) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		/* The new descriptor takes over our use of the file. */
		return fd_install(f, r->rdx, r->rsi == F_DUPFD_CLOEXEC);
	case F_GETFD:
		result = (p->close_on_exec & bit) != 0;
		break;
	case F_SETFD:
		lock(&p->lock);
		p->close_on_exec = r->rdx & 1 ? p->close_on_exec | bit
					      : p->close_on_exec & ~bit;
		unlock(&p->lock);
		result = 0;
		break;
	case F_GETFL:
		result = f->flags;
		break;
	case F_SETFL:
		f->flags = (f->flags & ~O_NONBLOCK) | (r->rdx & O_NONBLOCK);
		result = 0;
		break;
	}
	file_put(f);
	return result;
}

long sys_getcwd(struct regs *r)
{
	return r->rsi < 2 ? -ERANGE : copy_out(r->rdi, "/", 2) ? 2 : -EFAULT;
}

/* There is nothing to link to, make or mount: files are as they came. */
long sys_no_such_file(struct regs *r)
{
	(void)r;
	return -ENOENT;
}

long sys_read_only(struct regs *r)
{
	(void)r;
	return -EROFS;
}
