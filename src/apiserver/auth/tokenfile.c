/* SPDX-License-Identifier: Apache-2.0 */
/* kube-apiserver's --token-auth-file: CSV lines token,user,uid,"group1,group2". */
#include "apiserver/auth/auth_private.h"
#include "base/fs.h"

#define TOKEN_FILE_MAX ((size_t)16 << 20)
#define COLUMNS_MAX 4

/* Reads one field at *cursor (RFC 4180: quotes around, doubled within) into the arena and moves behind it. NULL: quotes
 * do not match, or memory is out. */
static char *read_field(struct arena *a, const char **cursor) {
        const char *p = *cursor;
        if (*p != '"') {
                size_t n = strcspn(p, ",\r\n");
                *cursor = p + n;
                return memchr(p, '"', n) ? NULL : arena_strndup(a, p, n);
        }
        char *field = arena_alloc(a, strlen(p)), *to = field;
        if (!field)
                return NULL;
        for (p++;; p++) {
                if (*p == '\0')
                        return NULL;
                if (*p == '"' && *++p != '"')
                        break;
                *to++ = *p;
        }
        *to = '\0';
        *cursor = p;
        return *p == ',' || *p == '\r' || *p == '\n' || *p == '\0' ? field : NULL;
}

/* Splits "a,b" and drops blanks around each. */
static const char **split_groups(struct arena *a, char *text) {
        const char **groups = arena_zalloc(a, 1, sizeof(*groups));
        size_t n = 0;
        for (char *save = NULL, *g = strtok_r(text, ",", &save); groups && g; g = strtok_r(NULL, ",", &save)) {
                g += strspn(g, " \t");
                size_t len = strlen(g);
                while (len > 0 && (g[len - 1] == ' ' || g[len - 1] == '\t'))
                        g[--len] = '\0';
                if (len)
                        groups = rbac_strings_add(a, groups, n++, g);
        }
        return groups;
}

static int add_user(struct auth *x, char *const columns[static COLUMNS_MAX], size_t n, struct err *err) {
        struct rbac_user *u = arena_make(x->arena, struct rbac_user);
        const char *const *groups = n > 3 ? split_groups(x->arena, columns[3]) : rbac_no_strings;
        if (!u || !groups)
                return err_oom(err);
        *u = (struct rbac_user){.name = columns[1], .uid = columns[2], .groups = groups};
        if (strmap_set(&x->static_tokens, columns[0], strlen(columns[0]), u) < 0)
                return err_oom(err);
        return 0;
}

static int read_line(struct auth *x, const char **cursor, const char *path, unsigned line, struct err *err) {
        char *columns[COLUMNS_MAX];
        size_t n = 0;
        do {
                if (n == COLUMNS_MAX)
                        return err_set(err, ERR_INVALID, "%s:%u: more than %d columns", path, line, COLUMNS_MAX);
                *cursor += n > 0; /* the comma */
                columns[n] = read_field(x->arena, cursor);
                if (!columns[n++])
                        return err_set(err, ERR_INVALID, "%s:%u: bad quotes", path, line);
        } while (**cursor == ',');
        *cursor += strspn(*cursor, "\r\n");
        if (n == 1 && !columns[0][0])
                return 0;
        if (n < 3)
                return err_set(err, ERR_INVALID,
                               "%s:%u: expected at least 3 columns (token, user name, user uid), found %zu", path, line,
                               n);
        if (!columns[0][0])
                return 0; /* an empty token is nobody's */
        return add_user(x, columns, n, err);
}

int token_file_read(struct auth *x, const char *path, struct err *err) {
        _cleanup_free_ char *text = NULL;
        size_t n;
        if (fs_read(AT_FDCWD, path, TOKEN_FILE_MAX, &text, &n, err) < 0)
                return -1;
        const char *cursor = text;
        for (unsigned line = 1; *cursor; line++)
                if (read_line(x, &cursor, path, line, err) < 0)
                        return -1;
        return 0;
}
