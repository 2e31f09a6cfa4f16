/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* From the library's main() into the kernel. */
#include "platform/pv/pv.h"
#include "xen/clock.h"
#include "xen/shutdown.h"

/* vCPUs that the domain has: the first that there is not is refused. */
static unsigned int count_cpus(void)
{
	unsigned int n = 1;

	while (n < MAX_CPUS && hc_vcpu_op(VCPUOP_is_up, n, NULL) >= 0) {
		n++;
	}
	return n;
}

int main(void)
{
	boot.platform = is_initial_domain() ? "Xen PV, domain 0" : "Xen PV";
	boot.cmdline = (const char *)start_info->cmd_line;
	boot.initrd = (const void *)start_info->mod_start;
	boot.initrd_size = start_info->mod_len;
	boot.cpus = count_cpus();
	pv_tables_setup();
	pv_cpu_setup();
	kernel_main();
}

void memory_map_all(void)
{
	linear_map_reach(pfn_to_virt(start_info->nr_pages - 1));
}

void timer_set(uint64_t deadline)
{
	clock_set_timer(deadline);
}

void power_off(void)
{
	shutdown(SHUTDOWN_poweroff);
}

void power_reset(void)
{
	shutdown(SHUTDOWN_reboot);
}
