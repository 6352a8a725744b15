/* SPDX-License-Identifier: Apache-2.0 */
#include "http/parse.h"

#include "base/limits.h"
#include "base/url.h"

#include <strings.h>

/* RFC 9110 section 5.6.2: what names and methods are made of. */
static bool is_token(const char *s, size_t n) {
        static const char others[] = "!#$%&'*+-.^_`|~";
        for (size_t i = 0; i < n; i++) {
                char c = s[i];
                bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
                if (!alphanumeric && (c == '\0' || !strchr(others, c)))
                        return false;
        }
        return n > 0;
}

size_t http_head_length(const char *data, size_t n, size_t searched) {
        size_t from = searched > 3 ? searched - 3 : 0;
        if (n < from + 4)
                return 0;
        const char *end = memmem(data + from, n - from, "\r\n\r\n", 4);
        return end ? (size_t)(end - data) + 4 : 0;
}

/* Puts a NUL in the place of the CRLF at the end of the line at *cursor and moves on. NULL: no proper line. */
static char *next_line(char **cursor, const char *end) {
        char *line = *cursor;
        char *cr = memchr(line, '\r', (size_t)(end - line));
        if (!cr || cr[1] != '\n' || memchr(line, '\n', (size_t)(cr - line)) || memchr(line, '\0', (size_t)(cr - line)))
                return NULL;
        *cr = '\0';
        *cursor = cr + 2;
        return line;
}

/* True when a path has a segment "." or "..": clients resolve them, and two readers may do so differently. */
static bool has_dot_segment(const char *path) {
        for (const char *s = path; s; s = strchr(s + 1, '/')) {
                const char *segment = s + (*s == '/');
                size_t n = strcspn(segment, "/");
                if ((n == 1 && segment[0] == '.') || (n == 2 && segment[0] == '.' && segment[1] == '.'))
                        return true;
        }
        return false;
}

static int parse_target(struct arena *a, const char *target, struct http_head *h, const char **problem) {
        *problem = "the request target is not a path";
        if (target[0] != '/')
                return 400;
        for (const unsigned char *p = (const unsigned char *)target; *p; p++)
                if (*p <= ' ' || *p >= 0x7f || *p == '#')
                        return 400;
        size_t n = strcspn(target, "?"), len;
        char *path = "";
        if (url_decode(a, target, n, false, &path, &len) < 0)
                return path ? 400 : 500;
        if (strlen(path) != len || has_dot_segment(path))
                return 400;
        h->target = target;
        h->path = path;
        h->query = target[n] == '?' ? target + n + 1 : "";
        return 0;
}

static int parse_request_line(struct arena *a, char *line, struct http_head *h, const char **problem) {
        *problem = "malformed request line";
        char *target = strchr(line, ' ');
        if (!target)
                return 400;
        *target++ = '\0';
        char *version = strchr(target, ' ');
        if (!version)
                return 400;
        *version++ = '\0';
        if (!is_token(line, strlen(line)) || strlen(line) > 32)
                return 400;
        if (!streq(version, "HTTP/1.1") && !streq(version, "HTTP/1.0")) {
                *problem = "unsupported protocol version";
                return str_has_prefix(version, "HTTP/") ? 505 : 400;
        }
        h->method = line;
        h->http11 = h->keep_alive = streq(version, "HTTP/1.1");
        return parse_target(a, target, h, problem);
}

/* Splits "Name: value" in place. */
static bool parse_field(char *line, struct http_header *ret) {
        char *colon = strchr(line, ':');
        if (!colon || !is_token(line, (size_t)(colon - line)))
                return false;
        *colon = '\0';
        for (char *p = line; *p; p++)
                if (*p >= 'A' && *p <= 'Z')
                        *p = (char)(*p - 'A' + 'a');
        char *value = colon + 1 + strspn(colon + 1, " \t");
        char *end = value + strlen(value);
        while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
                *--end = '\0';
        for (const unsigned char *p = (const unsigned char *)value; *p; p++)
                if ((*p < ' ' && *p != '\t') || *p == 0x7f)
                        return false;
        *ret = (struct http_header){line, value};
        return true;
}

/* Decimal digits only, at most 18 of them. */
static bool parse_length(const char *s, int64_t *ret) {
        size_t n = strspn(s, "0123456789");
        if (n == 0 || n > 18 || s[n])
                return false;
        *ret = strtoll(s, NULL, 10);
        return true;
}

/* True when a comma-separated list holds the token, whatever its case. */
static bool list_has(const char *list, const char *token) {
        size_t want = strlen(token);
        for (const char *p = list; *p;) {
                p += strspn(p, " \t,");
                size_t n = strcspn(p, " \t,");
                if (n == want && strncasecmp(p, token, n) == 0)
                        return true;
                p += n;
        }
        return false;
}

/* What the header says about the framing and the connection. hosts: Host headers so far. */
static int apply_field(const struct http_header *f, struct http_head *h, unsigned *hosts, const char **problem) {
        if (streq(f->name, "host")) {
                (*hosts)++;
        } else if (streq(f->name, "content-length")) {
                *problem = "bad Content-Length";
                if (h->content_length >= 0 || h->chunked || !parse_length(f->value, &h->content_length))
                        return 400;
        } else if (streq(f->name, "transfer-encoding")) {
                *problem = "unsupported transfer encoding";
                if (strcasecmp(f->value, "chunked") != 0)
                        return 501;
                if (h->content_length >= 0 || h->chunked || !h->http11)
                        return 400;
                h->chunked = true;
        } else if (streq(f->name, "connection")) {
                if (list_has(f->value, "close"))
                        h->keep_alive = false;
        } else if (streq(f->name, "expect")) {
                *problem = "unsupported expectation";
                if (strcasecmp(f->value, "100-continue") != 0)
                        return 417;
                h->expect_continue = h->http11;
        }
        return 0;
}

int http_head_parse(struct arena *a, char *data, size_t n, struct http_head *ret, const char **ret_problem) {
        struct http_head h = {.content_length = -1};
        char *cursor = data, *end = data + n - 2; /* the empty line is left out */
        *ret_problem = "malformed request line";
        char *line = next_line(&cursor, end);
        int status = line ? parse_request_line(a, line, &h, ret_problem) : 400;
        if (status)
                return status;

        unsigned hosts = 0;
        struct http_header fields[LIMIT_HTTP_HEADERS];
        while (cursor < end) {
                if (h.n_headers == LIMIT_HTTP_HEADERS) {
                        *ret_problem = "too many headers";
                        return 431;
                }
                *ret_problem = "malformed header";
                struct http_header *f = &fields[h.n_headers];
                line = next_line(&cursor, end);
                if (!line || !parse_field(line, f))
                        return 400;
                h.n_headers++;
                status = apply_field(f, &h, &hosts, ret_problem);
                if (status)
                        return status;
        }
        if (hosts > 1 || (h.http11 && hosts == 0)) {
                *ret_problem = "a request has exactly one Host header";
                return 400;
        }
        h.headers = arena_memdup(a, fields, h.n_headers * sizeof(*fields));
        *ret_problem = "out of memory";
        if (!h.headers)
                return 500;
        *ret = h;
        return 0;
}
