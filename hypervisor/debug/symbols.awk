# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
#
# Turns `nm -n` of the image into assembly: how many functions there are, the
# low 32 bits of each one's address in order, and their names one after the
# other (debug/symbols.c).  With no input: an empty table, for the first link.

BEGIN {
	n = 0
}

$2 ~ /^[tT]$/ && $3 !~ /^(gate_|\.L|image_)/ {
	low[n] = substr($1, length($1) - 7)
	name[n] = $3
	n++
}

END {
	print "\t.section .symtab_hv, \"a\""
	print "\t.balign 4"
	print "\t.globl symbol_count, symbol_addresses, symbol_names"
	print "symbol_count:\n\t.long " n
	print "symbol_addresses:"
	for (i = 0; i < n; i++) {
		print "\t.long 0x" low[i]
	}
	print "symbol_names:"
	for (i = 0; i < n; i++) {
		print "\t.asciz \"" name[i] "\""
	}
	print "\t.byte 0"
	print "\t.section .note.GNU-stack, \"\", %progbits"
}
