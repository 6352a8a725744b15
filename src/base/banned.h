/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that weir does not make: using one is a compile error. Included by the build before every C file.
 * The system headers that declare them come first, because a poisoned name may not be declared afterwards. */
#pragma once

#if !defined(__cplusplus) && !defined(__ASSEMBLER__)
#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#undef alloca
#undef strcpy
#undef strcat
#undef sprintf
#undef vsprintf
#undef strtok
#pragma GCC poison strcpy strcat sprintf vsprintf strtok gmtime localtime atoi alloca system popen
#endif
