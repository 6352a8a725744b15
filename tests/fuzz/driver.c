/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target without libFuzzer: the kept inputs of a folder, then mutations of the seeds. Prints TAP.
 * FUZZ_ROUNDS sets the number of mutations. */
#include "fuzz.h"

#include <dirent.h>

#define INPUT_MAX ((size_t)1 << 16)
#ifndef FUZZ_ROUNDS
#define FUZZ_ROUNDS 4000
#endif

static uint64_t random_state = UINT64_C(0x9E3779B97F4A7C15); /* fixed: a failure comes again */

static uint64_t next_random(void) {
        random_state ^= random_state << 13;
        random_state ^= random_state >> 7;
        random_state ^= random_state << 17;
        return random_state;
}

static size_t below(size_t n) {
        return n ? next_random() % n : 0;
}

/* Runs one input in memory of its exact size, so that sanitizers see a byte read behind it. */
static void run(const uint8_t *data, size_t n) {
        uint8_t *copy = malloc(n ? n : 1);
        if (!copy)
                abort();
        memcpy(copy, data, n);
        LLVMFuzzerTestOneInput(copy, n);
        free(copy);
}

/* One change: a byte set, inserted or removed, a piece doubled, or a piece of another seed put in. */
static size_t mutate(uint8_t *data, size_t n, size_t max, const char *other) {
        static const char interesting[] = "{}[]()\"'\\,:.*?$%#/-+!<>=|&@~^0919eExX \t\n\r\xC3\xA9\xED\xA0\xFF";
        size_t at = below(n + 1), len = below(16);
        switch (below(5)) {
        case 0:
                if (at < n)
                        data[at] = (uint8_t)next_random();
                break;
        case 1:
                if (n < max) {
                        memmove(data + at + 1, data + at, n - at);
                        data[at] = (uint8_t)interesting[below(sizeof(interesting))];
                        n++;
                }
                break;
        case 2:
                len = len < n - at ? len : n - at;
                memmove(data + at, data + at + len, n - at - len);
                n -= len;
                break;
        case 3:
                len = len < n - at ? len : n - at;
                if (n + len <= max) {
                        memmove(data + at + len, data + at, n - at);
                        n += len;
                }
                break;
        default: {
                size_t from = below(strlen(other)), rest = strlen(other + from);
                len = len < rest ? len : rest;
                if (n + len <= max) {
                        memmove(data + at + len, data + at, n - at);
                        memcpy(data + at, other + from, len);
                        n += len;
                }
        }
        }
        return n;
}

static void run_mutations(size_t rounds) {
        static uint8_t data[INPUT_MAX];
        size_t n_seeds = 0;
        while (fuzz_seeds[n_seeds])
                run((const uint8_t *)fuzz_seeds[n_seeds], strlen(fuzz_seeds[n_seeds])), n_seeds++;
        for (size_t i = 0; i < rounds; i++) {
                const char *seed = fuzz_seeds[below(n_seeds)];
                size_t n = strlen(seed);
                memcpy(data, seed, n);
                for (size_t changes = 1 + below(8); changes; changes--)
                        n = mutate(data, n, sizeof(data), fuzz_seeds[below(n_seeds)]);
                run(data, n);
        }
}

static size_t run_file(const char *path) {
        _cleanup_fclose_ FILE *f = fopen(path, "re");
        static uint8_t data[INPUT_MAX];
        if (!f)
                return 0;
        run(data, fread(data, 1, sizeof(data), f));
        return 1;
}

static size_t run_folder(const char *folder) {
        DIR *dir = opendir(folder);
        size_t n = 0;
        for (struct dirent *e; dir && (e = readdir(dir));) {
                char path[4096];
                if (e->d_name[0] == '.')
                        continue;
                snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
                n += run_file(path);
        }
        if (dir)
                closedir(dir);
        return n;
}

int main(int argc, char **argv) {
        const char *rounds = getenv("FUZZ_ROUNDS");
        size_t n = rounds ? strtoul(rounds, NULL, 10) : FUZZ_ROUNDS, kept = run_folder(FUZZ_CORPUS);
        for (int i = 1; i < argc; i++)
                kept += run_file(argv[i]);
        run_mutations(n);
        printf("1..1\nok 1 - %s: %zu kept inputs, %zu mutations\n", FUZZ_NAME, kept, n);
        return 0;
}
