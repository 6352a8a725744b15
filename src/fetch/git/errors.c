/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/git/errors.h"

#include <signal.h>

/* What git, curl and ssh say in the C locale, the most telling first. */
static const struct {
        const char *sign;
        enum err_class class;
        const char *text; /* NULL: git's own words */
} signs[] = {
        {"Authentication failed", ERR_UNAUTHORIZED, "authentication required"},
        {"could not read Username", ERR_UNAUTHORIZED, "authentication required"},
        {"could not read Password", ERR_UNAUTHORIZED, "authentication required"},
        {"returned error: 401", ERR_UNAUTHORIZED, "authentication required"},
        {"returned error: 403", ERR_FORBIDDEN, "authorization failed"},
        {"returned error: 404", ERR_NOT_FOUND, "repository not found"},
        {"Host key verification failed", ERR_UNAUTHORIZED, "ssh: handshake failed: knownhosts: key is unknown"},
        {"Permission denied (", ERR_UNAUTHORIZED, "ssh: handshake failed: ssh: unable to authenticate"},
        {"couldn't find remote ref", ERR_NOT_FOUND, NULL},
        {"' not found", ERR_NOT_FOUND, "repository not found"},
        {"does not appear to be a git repository", ERR_NOT_FOUND, "repository not found"},
        {"File too large", ERR_TOO_LARGE, "the pack is larger than the limit"},
        {"File size limit exceeded", ERR_TOO_LARGE, "the pack is larger than the limit"},
        {"index-pack died of signal 25", ERR_TOO_LARGE, "the pack is larger than the limit"},
        {"index-pack died of signal 24", ERR_TIMEOUT, "the pack takes more processor time than the limit"},
        {"Out of memory", ERR_MEMORY, "the pack needs more memory than the limit"},
        {"Could not resolve host", ERR_UNAVAILABLE, NULL},
        {"Couldn't connect", ERR_UNAVAILABLE, NULL},
        {"Failed to connect", ERR_UNAVAILABLE, NULL},
        {"Connection refused", ERR_UNAVAILABLE, NULL},
        {"Connection timed out", ERR_UNAVAILABLE, NULL},
        {"unable to access", ERR_UNAVAILABLE, NULL},
};

/* The last line of git's own that names the failure: "fatal: ..." without its prefix. Lines of the server begin with
 * "remote:" and are not looked at. */
static char *fatal_line(char *text) {
        char *found = NULL;
        for (char *line = text, *next; line; line = next) {
                next = strchr(line, '\n');
                if (next)
                        *next++ = '\0';
                if (str_has_prefix(line, "fatal: "))
                        found = line + strlen("fatal: ");
                else if (!found && str_has_prefix(line, "error: "))
                        found = line + strlen("error: ");
        }
        return found;
}

static void make_printable(char *text) {
        for (; *text; text++)
                if ((unsigned char)*text < 0x20 || *text == 0x7f)
                        *text = ' ';
}

/* go-git quotes the ref: couldn't find remote ref "refs/heads/x". */
static int missing_ref(const struct git_request *r, const char *what, const char *line, struct err *err) {
        static const char sign[] = "couldn't find remote ref ";
        const char *ref = strstr(line, sign) + strlen(sign);
        return err_set(err, ERR_NOT_FOUND, "%s '%s': couldn't find remote ref \"%s\"", what, r->safe_url, ref);
}

/* The server's lines out, so that it cannot choose what its failure is taken for. */
static void drop_remote_lines(char *text) {
        char *to = text;
        for (char *line = text, *next; *line; line = next) {
                char *end = strchr(line, '\n');
                next = end ? end + 1 : line + strlen(line);
                if (str_has_prefix(line, "remote:"))
                        continue;
                memmove(to, line, (size_t)(next - line));
                to += next - line;
        }
        *to = '\0';
}

int git_error(const struct git_request *r, const char *what, const struct proc_exit *ended, char *standard_error,
              struct err *err) {
        if (ended->signal)
                return err_set(err, ended->signal == SIGXFSZ ? ERR_TOO_LARGE : ERR_INTERNAL, "%s '%s': git: %s", what,
                               r->safe_url, strsignal(ended->signal));
        if (!standard_error)
                return err_set(err, ERR_IO, "%s '%s': git failed with exit status %d", what, r->safe_url,
                               ended->status);
        git_request_redact(r, standard_error);
        drop_remote_lines(standard_error);
        size_t sign = 0;
        while (sign < ARRAY_LEN(signs) && !strstr(standard_error, signs[sign].sign))
                sign++;
        enum err_class class = sign < ARRAY_LEN(signs) ? signs[sign].class : ERR_IO;
        if (sign < ARRAY_LEN(signs) && signs[sign].text)
                return err_set(err, class, "%s '%s': %s", what, r->safe_url, signs[sign].text);
        char *line = fatal_line(standard_error);
        if (!line)
                return err_set(err, class, "%s '%s': git failed with exit status %d", what, r->safe_url, ended->status);
        make_printable(line);
        if (strstr(line, "couldn't find remote ref "))
                return missing_ref(r, what, line, err);
        return err_set(err, class, "%s '%s': %s", what, r->safe_url, line);
}
