/* SPDX-License-Identifier: Apache-2.0 */
/* With libFuzzer: writes the target's seeds into the folder that FUZZ_SEEDS names, before libFuzzer reads its corpora.
 */
#include "fuzz.h"

#include "base/fs.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv) {
        const char *folder = getenv("FUZZ_SEEDS");
        for (size_t i = 0; folder && fuzz_seeds[i]; i++) {
                char path[4096];
                snprintf(path, sizeof(path), "%s/seed-%zu", folder, i);
                if (fs_write_atomic(path, fuzz_seeds[i], strlen(fuzz_seeds[i]), 0644, NULL) < 0)
                        abort();
        }
        return 0;
}
