#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""embed.py IN OUT.S SYMBOL: an assembler file that holds IN's bytes as SYMBOL, SYMBOL_end (and a NUL behind)."""
import hashlib
import os
import sys

source, target, symbol = sys.argv[1:4]
source = os.path.abspath(source)
with open(source, "rb") as f:
    digest = hashlib.sha256(f.read()).hexdigest()
with open(target, "w") as f:
    f.write(f"""/* sha256 {digest} */
        .section .rodata
        .balign 16
        .global {symbol}
        .global {symbol}_end
{symbol}:
        .incbin "{source}"
{symbol}_end:
        .byte 0
        .section .note.GNU-stack,"",%progbits
""")
