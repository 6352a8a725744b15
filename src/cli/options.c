/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include "base/clock.h"

static const struct option *find_long(const struct option *options, const char *name, size_t n) {
        for (const struct option *o = options; o->name; o++)
                if (strlen(o->name) == n && strncmp(o->name, name, n) == 0)
                        return o;
        return NULL;
}

static const struct option *find_letter(const struct option *options, char letter) {
        for (const struct option *o = options; o->name; o++)
                if (o->letter && o->letter == letter)
                        return o;
        return NULL;
}

static int add_items(struct option_list *list, char *text) {
        for (char *item = text, *next; item; item = next) {
                next = strchr(item, ',');
                if (next)
                        *next++ = '\0';
                if (list->len == ARRAY_LEN(list->items))
                        return -1;
                list->items[list->len++] = item;
        }
        return 0;
}

static bool parse_bool(const char *text, bool *ret) {
        *ret = streq(text, "true") || streq(text, "1");
        return *ret || streq(text, "false") || streq(text, "0");
}

static int refuse(const struct option *o, struct err *err) {
        return err_set(err, ERR_UNSUPPORTED, "--%s is refused: %s", o->name, o->help);
}

static int set(const struct option *o, char *value, struct err *err) {
        char *end;
        bool ok = true;
        switch (o->type) {
        case OPTION_BOOL:
                ok = parse_bool(value, o->to);
                break;
        case OPTION_STRING:
                *(const char **)o->to = value;
                break;
        case OPTION_LIST:
                ok = add_items(o->to, value) == 0;
                break;
        case OPTION_DURATION:
                ok = duration_parse(value, o->to, NULL) == 0;
                break;
        case OPTION_REFUSED:
                if (!streq(value, "false"))
                        return refuse(o, err);
                break;
        case OPTION_UNSIGNED: {
                unsigned long n = strtoul(value, &end, 10);
                ok = *value && !*end && *value != '-' && n <= UINT32_MAX;
                if (ok)
                        *(unsigned *)o->to = (unsigned)n;
                break;
        }
        }
        if (ok)
                return 0;
        static const char *const expected[] = {"true or false", "text", "at most 64 items", "a duration like 30s or 5m",
                                               "a whole number"};
        return err_set(err, ERR_BAD_REQUEST, "invalid argument \"%s\" for \"--%s\" flag: expected %s", value, o->name,
                       expected[o->type]);
}

/* One option at argv[*at]; *at moves over what it used. */
static int parse_one(int argc, char **argv, int *at, const struct option *options, struct err *err) {
        char *arg = argv[*at], *value = NULL;
        const struct option *o;
        if (arg[1] == '-') {
                char *equals = strchr(arg, '=');
                size_t n = equals ? (size_t)(equals - arg) - 2 : strlen(arg) - 2;
                o = find_long(options, arg + 2, n);
                if (!o)
                        return err_set(err, ERR_BAD_REQUEST, "unknown flag: --%.*s", (int)n, arg + 2);
                value = equals ? equals + 1 : NULL;
        } else {
                o = find_letter(options, arg[1]);
                if (!o)
                        return err_set(err, ERR_BAD_REQUEST, "unknown shorthand flag: '%c' in %s", arg[1], arg);
                value = arg[2] == '=' ? arg + 3 : arg[2] ? arg + 2 : NULL;
        }
        if (!value && o->type == OPTION_REFUSED)
                return refuse(o, err);
        if (!value && o->type == OPTION_BOOL) {
                *(bool *)o->to = true;
                return 0;
        }
        if (!value) {
                if (*at + 1 >= argc)
                        return err_set(err, ERR_BAD_REQUEST, "flag needs an argument: --%s", o->name);
                value = argv[++*at];
        }
        return set(o, value, err);
}

int options_parse(int argc, char **argv, const struct option *options, struct option_list *positional,
                  struct err *err) {
        bool only_positional = false;
        positional->len = 0;
        for (int at = 1; at < argc; at++) {
                if (!only_positional && streq(argv[at], "--")) {
                        only_positional = true;
                } else if (!only_positional && argv[at][0] == '-' && argv[at][1]) {
                        if (parse_one(argc, argv, &at, options, err) < 0)
                                return -1;
                } else if (positional->len == ARRAY_LEN(positional->items)) {
                        return err_set(err, ERR_BAD_REQUEST, "more than %zu arguments", positional->len);
                } else {
                        positional->items[positional->len++] = argv[at];
                }
        }
        return 0;
}

void options_help(const char *usage, const struct option *options) {
        printf("Usage: weir %s\n", usage);
        if (options->name)
                printf("\nFlags:\n");
        for (const struct option *o = options; o->name; o++) {
                char letter[8] = "    ";
                if (o->letter)
                        snprintf(letter, sizeof(letter), "-%c, ", o->letter);
                printf("  %s--%-28s %s%s\n", letter, o->name, o->type == OPTION_REFUSED ? "refused: " : "", o->help);
        }
}

bool options_want_help(int argc, char **argv, const char *usage, const struct option *options) {
        for (int i = 1; i < argc && !streq(argv[i], "--"); i++)
                if (streq(argv[i], "--help") || streq(argv[i], "-h")) {
                        options_help(usage, options);
                        return true;
                }
        return false;
}
