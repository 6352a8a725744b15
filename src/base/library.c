/* SPDX-License-Identifier: Apache-2.0 */
#include "base/library.h"

#include "base/util.h"

#include <dlfcn.h>

int library_open(const char *soname, const struct library_function *functions, size_t n, struct err *err) {
        void *library = dlopen(soname, RTLD_LAZY | RTLD_LOCAL);
        if (!library)
                return err_set(err, ERR_UNAVAILABLE, "cannot load %s: %s; install the package that holds it", soname,
                               dlerror());
        for (size_t i = 0; i < n; i++) {
                void *address = dlsym(library, functions[i].name);
                if (!address) {
                        dlclose(library);
                        return err_set(err, ERR_UNAVAILABLE, "%s has no function %s: it is too old", soname,
                                       functions[i].name);
                }
                memcpy(functions[i].to, &address, sizeof(address));
        }
        return 0;
}
