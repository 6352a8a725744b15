/* SPDX-License-Identifier: Apache-2.0 */
/* How fast the JSON codec reads and writes a list of 10,000 Pods-like objects, in MB/s of JSON text.
 *
 * Build and run, from the repository, after `meson setup build && ninja -C build src/data/libdata.a`:
 *      cc -O2 -D_GNU_SOURCE -Isrc bench/json.c build/src/data/libdata.a build/src/base/libbase.a -lcrypto -lyaml -lm \
 *              -lpthread -o build/bench-json && build/bench-json */
#include "base/clock.h"
#include "data/json/json.h"

#define OBJECTS 10000
#define MAX_TEXT ((size_t)1 << 30)
#define ROUNDS 5

static void add_object(struct buf *b, unsigned i) {
        buf_addf(b,
                 "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"web-%u\",\"namespace\":\"team-%u\","
                 "\"uid\":\"5f6c1a7e-0000-4000-8000-%012u\",\"resourceVersion\":\"%u\",\"labels\":{\"app\":\"web\","
                 "\"pod-template-hash\":\"5d4f8c7b9\",\"tier\":\"frontend\"},\"annotations\":{\"example.com/config\":"
                 "\"line one\\nline two "
                 "\\\"quoted\\\"\\n\",\"note\":\"gr\xC3\xBC\xC3\x9F\x65\"}},\"spec\":{\"containers\":"
                 "[{\"name\":\"app\",\"image\":\"registry.example.com/team/"
                 "web:1.%u.0\",\"ports\":[{\"containerPort\":8080}],"
                 "\"resources\":{\"limits\":{\"cpu\":\"500m\",\"memory\":\"128Mi\"},\"requests\":{\"cpu\":\"100m\","
                 "\"memory\":"
                 "\"64Mi\"}},\"env\":[{\"name\":\"LOG_LEVEL\",\"value\":\"info\"},{\"name\":\"WORKERS\",\"value\":"
                 "\"4\"}]}],"
                 "\"restartPolicy\":\"Always\",\"terminationGracePeriodSeconds\":30},\"status\":{\"phase\":\"Running\","
                 "\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"lastTransitionTime\":\"2026-11-21T10:15:"
                 "30Z\"}],"
                 "\"podIP\":\"10.0.%u.%u\",\"ratio\":0.%u}}",
                 i, i % 50, i, 1000 + i, i % 40, i / 250 % 250, i % 250, 1 + i % 97);
}

static double mb_per_second(size_t bytes, int64_t ns) {
        return (double)bytes / 1e6 / ((double)ns / 1e9);
}

/* The best of some rounds of reading. */
static double read_speed(const struct buf *text, unsigned flags, struct arena *arena, struct value *ret) {
        int64_t best = INT64_MAX;
        for (int i = 0; i < ROUNDS; i++) {
                char *copy = malloc(text->len + 1);
                if (!copy)
                        abort();
                memcpy(copy, text->data, text->len + 1);
                arena_reset(arena);
                int64_t start = clock_monotonic_ns();
                if (json_parse(arena, copy, text->len, flags, NULL, ret, NULL) < 0)
                        abort();
                int64_t ns = clock_monotonic_ns() - start;
                best = ns < best ? ns : best;
                if (i + 1 < ROUNDS || !(flags & JSON_BORROW))
                        free(copy); /* the last borrowed text stays for the writer */
        }
        return mb_per_second(text->len, best);
}

static double write_speed(const struct value *v, unsigned flags) {
        int64_t best = INT64_MAX;
        struct buf out = BUF_INIT(MAX_TEXT);
        for (int i = 0; i < ROUNDS; i++) {
                buf_clear(&out);
                int64_t start = clock_monotonic_ns();
                json_write(&out, v, flags);
                int64_t ns = clock_monotonic_ns() - start;
                best = ns < best ? ns : best;
        }
        double speed = mb_per_second(out.len, best);
        buf_done(&out);
        return speed;
}

int main(void) {
        struct buf text = BUF_INIT(MAX_TEXT);
        struct arena *arena = arena_new(MAX_TEXT);
        struct value v;
        buf_adds(&text, "{\"kind\":\"PodList\",\"items\":[");
        for (unsigned i = 0; i < OBJECTS; i++) {
                if (i)
                        buf_addc(&text, ',');
                add_object(&text, i);
        }
        buf_adds(&text, "]}");
        printf("%zu objects, %.1f MB\n", (size_t)OBJECTS, (double)text.len / 1e6);
        printf("read            %7.0f MB/s\n", read_speed(&text, 0, arena, &v));
        printf("read, strict    %7.0f MB/s\n", read_speed(&text, JSON_REPORT_DUPLICATES, arena, &v));
        printf("read, borrowing %7.0f MB/s, tree %.2f times the text\n", read_speed(&text, JSON_BORROW, arena, &v),
               (double)arena_used(arena) / (double)text.len);
        printf("write           %7.0f MB/s\n", write_speed(&v, 0));
        printf("write, HTML     %7.0f MB/s\n", write_speed(&v, JSON_HTML_ESCAPE));
        printf("write, sorted   %7.0f MB/s\n", write_speed(&v, JSON_HTML_ESCAPE | JSON_SORT_KEYS));
        buf_done(&text);
        arena_free(arena);
        return 0;
}
