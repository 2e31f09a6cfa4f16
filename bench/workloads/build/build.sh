# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
#
# The workload "build": each file by a compiler process of its own, as make
# would do it.
cd /lib/bench || exit 1
for f in *.c; do
    /bin/tcc -nostdinc -c "$f" -o "/tmp/${f%.c}.o" || exit 1
done
