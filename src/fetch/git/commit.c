/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/git/commit.h"

/* "Name <email> 1700000000 +0100": taken apart in place; what is malformed stays empty, as old histories have it. */
static struct git_signature parse_signature(char *line) {
        struct git_signature s = {.name = "", .email = ""};
        char *open = strchr(line, '<'), *close = open ? strchr(open, '>') : NULL;
        if (!close)
                return s;
        *close = '\0';
        s.email = open + 1;
        s.when = strtoll(close + 1, NULL, 10);
        while (open > line && open[-1] == ' ')
                open--;
        *open = '\0';
        s.name = line;
        return s;
}

int git_commit_parse(char *text, struct git_commit *ret, struct err *err) {
        struct git_commit c = {
                .message = "", .author = {.name = "", .email = ""}, .committer = {.name = "", .email = ""}};
        char *line = text;
        while (*line && *line != '\n') {
                char *end = strchr(line, '\n');
                if (!end)
                        return err_set(err, ERR_INVALID, "the commit object is broken");
                *end = '\0';
                if (str_has_prefix(line, "tree "))
                        c.tree = line + strlen("tree ");
                else if (str_has_prefix(line, "author "))
                        c.author = parse_signature(line + strlen("author "));
                else if (str_has_prefix(line, "committer "))
                        c.committer = parse_signature(line + strlen("committer "));
                else if (str_has_prefix(line, "gpgsig ") || str_has_prefix(line, "gpgsig-sha256 "))
                        c.is_signed = true;
                line = end + 1;
        }
        if (*line == '\n')
                c.message = line + 1;
        if (!c.tree)
                return err_set(err, ERR_INVALID, "the commit object is broken");
        *ret = c;
        return 0;
}
