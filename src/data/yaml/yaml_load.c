/* SPDX-License-Identifier: Apache-2.0 */
/* libyaml's events into nodes. Iterative, so that depth costs no stack. */
#include "data/yaml/yaml_node.h"

#include "base/limits.h"

#define POOLED_MAX 46 /* bytes of a text worth looking for: three allocation units */

static size_t limit(size_t wanted, size_t fallback) {
        return wanted ? wanted : fallback;
}

int yaml_loader_init(struct yaml_loader *l, const char *text, size_t n, const struct yaml_options *options,
                     struct err *err) {
        static const struct yaml_options defaults;
        if (!options)
                options = &defaults;
        *l = (struct yaml_loader){
                .dialect = options->dialect,
                .pool = options->pool,
                .max_nodes = limit(options->max_nodes, LIMIT_YAML_NODES),
                .max_depth = limit(options->max_depth, LIMIT_YAML_DEPTH),
                .max_documents = limit(options->max_documents, LIMIT_YAML_DOCUMENTS),
                .line = 1,
        };
        size_t max_bytes = limit(options->max_bytes, LIMIT_YAML_BYTES);
        if (n > max_bytes)
                return err_set(err, ERR_TOO_LARGE, "yaml: %zu bytes are more than the limit of %zu", n, max_bytes);
        l->nodes = arena_new(0);
        if (!l->nodes || !yaml_parser_initialize(&l->parser))
                return err_oom(err);
        l->parser_live = true;
        l->source = (struct yaml_source){.text = text, .n = n};
        if (options->notes)
                l->comments = l->source;
        l->noting = options->notes && yaml_comment_any(text, n);
        yaml_parser_set_input_string(&l->parser, (const unsigned char *)(text ? text : ""), n);
        return 0;
}

void yaml_loader_done(struct yaml_loader *l) {
        if (l->parser_live)
                yaml_parser_delete(&l->parser);
        l->parser_live = false;
        strmap_done(&l->anchors);
        l->nodes = arena_free(l->nodes);
        l->ended = true;
}

static int fail_at(const yaml_mark_t *mark, struct err *err) {
        return err_at(err, (unsigned)mark->line + 1, (unsigned)mark->column + 1);
}

int yaml_syntax_error(size_t line, const yaml_mark_t *mark, const char *text, struct err *err) {
        if (line)
                err_set(err, ERR_SYNTAX, "yaml: line %zu: %s", line, text);
        else
                err_set(err, ERR_SYNTAX, "yaml: %s", text);
        return fail_at(mark, err);
}

#define TOKENS_AHEAD 3 /* v3 has always scanned the token that its parser looks at and two more */

/* False after a scanner's error among the next n tokens. */
static bool scan_ahead(yaml_parser_t *p, int n) {
        for (int i = 0; i < n; i++) {
                yaml_token_t token;
                p->error = YAML_NO_ERROR;
                if (!yaml_parser_scan(p, &token))
                        return false;
                yaml_token_type_t type = token.type;
                yaml_token_delete(&token);
                if (type == YAML_STREAM_END_TOKEN || type == YAML_NO_TOKEN)
                        break;
        }
        return true;
}

/* A scanner's error among these tokens comes before the parser's. */
static void look_ahead(yaml_parser_t *p) {
        const char *problem = p->problem, *context = p->context;
        yaml_mark_t problem_mark = p->problem_mark, context_mark = p->context_mark;
        if (!scan_ahead(p, TOKENS_AHEAD))
                return;
        p->error = YAML_PARSER_ERROR;
        p->problem = problem;
        p->context = context;
        p->problem_mark = problem_mark;
        p->context_mark = context_mark;
}

/* go-yaml's two ways to name the line of a syntax error: v2 prefers where the problem is, v3 where the construct
 * began. Both take a line number from 0 for one from 1, except for the scanner's errors; kept, for users search for
 * these texts. err->line is the true one. */
static int syntax_error(struct yaml_loader *l, struct err *err) {
        const yaml_parser_t *p = &l->parser;
        if (l->dialect == YAML_KYAML && p->error == YAML_PARSER_ERROR)
                look_ahead(&l->parser);
        size_t problem = p->problem_mark.line, context = p->context_mark.line, line;
        if (p->error == YAML_MEMORY_ERROR)
                return err_oom(err);
        bool scanner = p->error == YAML_SCANNER_ERROR;
        if (l->dialect == YAML_SIGS)
                line = problem ? problem + scanner : context;
        else
                line = context ? context + scanner : problem ? problem + scanner : 0;
        const char *text = p->problem ? p->problem : "unknown problem parsing YAML content";
        if (p->error == YAML_READER_ERROR) /* it knows no place */
                return err_set(err, ERR_SYNTAX, "yaml: %s", text);
        return yaml_syntax_error(line, &p->problem_mark, text, err);
}

static struct yaml_node *add_node(struct yaml_loader *l, enum yaml_node_kind kind, const yaml_event_t *event,
                                  struct yaml_node *parent, struct err *err) {
        if (++l->n_nodes > l->max_nodes) {
                err_set(err, ERR_TOO_LARGE, "yaml: more than %zu nodes; split it into several files", l->max_nodes);
                return NULL;
        }
        struct yaml_node *n = arena_make(l->nodes, struct yaml_node);
        if (!n) {
                err_oom(err);
                return NULL;
        }
        n->kind = (uint8_t)kind;
        n->line = (uint32_t)event->start_mark.line;
        n->tag = n->text = "";
        n->parent = parent;
        if (parent) {
                if (parent->last)
                        parent->last->next = n;
                else
                        parent->first = n;
                parent->last = n;
                parent->n_children++;
        }
        return n;
}

/* v3 takes a lone "!" for no tag at all. */
static int set_tag(struct yaml_loader *l, struct yaml_node *n, const yaml_char_t *tag, struct err *err) {
        if (tag && l->dialect == YAML_KYAML && streq((const char *)tag, "!"))
                return 0;
        if (tag && !(n->tag = arena_strdup(l->nodes, (const char *)tag)))
                return err_oom(err);
        return 0;
}

static int set_anchor(struct yaml_loader *l, struct yaml_node *n, const yaml_char_t *anchor, struct err *err) {
        if (!anchor)
                return 0;
        const char *name = arena_strdup(l->nodes, (const char *)anchor);
        if (!name || strmap_set(&l->anchors, name, strlen(name), n) < 0)
                return err_oom(err);
        return 0;
}

static enum value_style scalar_style(yaml_scalar_style_t style) {
        switch (style) {
        case YAML_SINGLE_QUOTED_SCALAR_STYLE:
                return VALUE_STYLE_SINGLE;
        case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
                return VALUE_STYLE_DOUBLE;
        case YAML_LITERAL_SCALAR_STYLE:
                return VALUE_STYLE_LITERAL;
        case YAML_FOLDED_SCALAR_STYLE:
                return VALUE_STYLE_FOLDED;
        default:
                return VALUE_STYLE_PLAIN;
        }
}

/* The text in the caller's arena with a letter before it, see struct yaml_node; a short one from the pool. */
static const char *keep_text(struct yaml_loader *l, const char *s, size_t n) {
        bool pooled = l->pool && n <= POOLED_MAX;
        size_t slot = pooled ? value_key_hash(s, n) % ARRAY_LEN(l->pool->slots) : 0;
        if (pooled && l->pool->slots[slot].text && l->pool->slots[slot].len == n &&
            memcmp(l->pool->slots[slot].text, s, n) == 0)
                return l->pool->slots[slot].text;
        char *text = arena_alloc(l->texts, n + 2);
        if (!text)
                return NULL;
        text[0] = 's';
        memcpy(text + 1, s, n);
        text[n + 1] = '\0';
        if (pooled) {
                l->pool->slots[slot].text = text + 1;
                l->pool->slots[slot].len = n;
        }
        return text + 1;
}

static int load_scalar(struct yaml_loader *l, const yaml_event_t *event, struct yaml_node *parent, struct err *err) {
        struct yaml_node *n = add_node(l, YAML_NODE_SCALAR, event, parent, err);
        if (!n || yaml_source_check(l, event, parent, err) < 0)
                return -1;
        size_t len = event->data.scalar.length;
        yaml_source_show_marks(&l->source, (char *)event->data.scalar.value, len);
        n->text = len < UINT32_MAX ? keep_text(l, (const char *)event->data.scalar.value, len) : NULL;
        if (!n->text)
                return err_oom(err);
        l->scalar_start = event->start_mark.index;
        l->scalar_end = event->end_mark.index;
        n->len = (uint32_t)len;
        n->style = (uint8_t)scalar_style(event->data.scalar.style);
        n->implicit = event->data.scalar.plain_implicit;
        if (set_tag(l, n, event->data.scalar.tag, err) < 0)
                return -1;
        return set_anchor(l, n, event->data.scalar.anchor, err);
}

static int load_alias(struct yaml_loader *l, const yaml_event_t *event, struct yaml_node *parent, struct err *err) {
        struct yaml_node *n = add_node(l, YAML_NODE_ALIAS, event, parent, err);
        if (!n)
                return -1;
        const char *name = (const char *)event->data.alias.anchor;
        n->target = strmap_get(&l->anchors, name, strlen(name));
        if (!n->target) {
                err_set(err, ERR_SYNTAX, "yaml: unknown anchor '%s' referenced", name);
                return fail_at(&event->start_mark, err);
        }
        n->text = arena_strdup(l->nodes, name);
        if (!n->text)
                return err_oom(err);
        n->len = (uint32_t)strlen(name);
        return 0;
}

/* libyaml's marks count the runes of this very text. */
static bool has_marks(const struct yaml_loader *l) {
        return l->parser.encoding == YAML_UTF8_ENCODING;
}

static struct yaml_node *load_collection(struct yaml_loader *l, const yaml_event_t *event, struct yaml_node *parent,
                                         struct err *err) {
        bool value = parent->kind == YAML_NODE_MAPPING && parent->n_children % 2;
        bool commented = value && parent->last->kind == YAML_NODE_SCALAR && l->noting && has_marks(l);
        bool map = event->type == YAML_MAPPING_START_EVENT;
        struct yaml_node *n = add_node(l, map ? YAML_NODE_MAPPING : YAML_NODE_SEQUENCE, event, parent, err);
        if (!n)
                return NULL;
        bool flow = map ? event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
                        : event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
        n->style = flow ? VALUE_STYLE_FLOW : VALUE_STYLE_ANY;
        if (set_tag(l, n, map ? event->data.mapping_start.tag : event->data.sequence_start.tag, err) < 0)
                return NULL;
        if (set_anchor(l, n, map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor, err) < 0)
                return NULL;
        if (commented && yaml_comment_of_key(l, n, err) < 0)
                return NULL;
        return n;
}

static int close_collection(struct yaml_loader *l, const yaml_event_t *event, struct yaml_node *n, struct err *err) {
        const struct yaml_node *parent = n->parent;
        bool value = parent->kind == YAML_NODE_MAPPING && parent->n_children % 2 == 0;
        if (!value || n->style != VALUE_STYLE_FLOW || !l->noting || !has_marks(l))
                return 0;
        return yaml_comment_of_flow(l, n, event->end_mark.index, err);
}

/* Where the loader stands inside a document. */
struct position {
        struct yaml_node *parent; /* the open collection */
        struct yaml_node *root;
        size_t depth;
};

/* One event inside a document. 1: the document is complete. */
static int load_event(struct yaml_loader *l, const yaml_event_t *event, struct position *at, struct err *err) {
        struct yaml_node *opened = NULL;
        switch (event->type) {
        case YAML_SCALAR_EVENT:
                if (load_scalar(l, event, at->parent, err) < 0)
                        return -1;
                break;
        case YAML_ALIAS_EVENT:
                if (load_alias(l, event, at->parent, err) < 0)
                        return -1;
                break;
        case YAML_SEQUENCE_START_EVENT:
        case YAML_MAPPING_START_EVENT:
                if (++at->depth > l->max_depth) {
                        err_set(err, ERR_TOO_LARGE, "yaml: exceeded max depth of %zu", l->max_depth);
                        return fail_at(&event->start_mark, err);
                }
                opened = load_collection(l, event, at->parent, err);
                if (!opened)
                        return -1;
                at->parent = opened;
                break;
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_END_EVENT:
                at->depth--;
                if (close_collection(l, event, at->parent, err) < 0)
                        return -1;
                at->parent = at->parent->parent;
                break;
        case YAML_DOCUMENT_END_EVENT:
                l->ahead = event->data.document_end.implicit ? TOKENS_AHEAD : TOKENS_AHEAD - 1;
                return 1;
        default:
                break;
        }
        return 0;
}

static int next_event(struct yaml_loader *l, yaml_event_t *event, struct err *err) {
        if (!yaml_parser_parse(&l->parser, event))
                return syntax_error(l, err);
        /* libyaml looks through one entry per open flow collection for every token it reads. */
        l->flow_work += (size_t)l->parser.flow_level;
        if (l->flow_work > LIMIT_YAML_FLOW_WORK) {
                yaml_event_delete(event);
                return err_set(err, ERR_TOO_LARGE, "yaml: flow collections are nested too deeply for their length");
        }
        return 0;
}

static int load_document(struct yaml_loader *l, struct yaml_node **ret, struct err *err) {
        struct yaml_node document = {.kind = YAML_NODE_SEQUENCE};
        struct position at = {.parent = &document};
        int r;
        do {
                yaml_event_t event;
                if (next_event(l, &event, err) < 0)
                        return -1;
                r = load_event(l, &event, &at, err);
                yaml_event_delete(&event);
        } while (r == 0);
        if (r < 0)
                return -1;
        if (l->comments.text && has_marks(l) && yaml_comment_at_end(l, &document, err) < 0)
                return -1;
        document.first->parent = NULL;
        *ret = document.first;
        return 0;
}

/* libyaml takes YAML 1.2 too. The event is gone after a failure. */
static int check_version(yaml_event_t *event, struct err *err) {
        const yaml_version_directive_t *version = event->data.document_start.version_directive;
        if (!version || (version->major == 1 && version->minor == 1))
                return 0;
        yaml_mark_t mark = event->start_mark;
        yaml_event_delete(event);
        return yaml_syntax_error(mark.line, &mark, "found incompatible YAML document", err);
}

int yaml_loader_next(struct yaml_loader *l, struct arena *texts, struct yaml_node **ret, struct err *err) {
        if (l->ended)
                return 0;
        l->texts = texts;
        l->ended = true;               /* an error ends the stream */
        if (l->dialect == YAML_SIGS) { /* v3 knows the anchors of earlier documents too */
                strmap_done(&l->anchors);
                l->anchors = STRMAP_INIT;
                arena_reset(l->nodes);
        }
        for (;;) {
                yaml_event_t event;
                if (next_event(l, &event, err) < 0)
                        return -1;
                yaml_event_type_t type = event.type;
                if (type == YAML_DOCUMENT_START_EVENT && check_version(&event, err) < 0)
                        return -1;
                l->line = (unsigned)event.start_mark.line + 1;
                yaml_event_delete(&event);
                if (type == YAML_STREAM_END_EVENT)
                        return 0;
                if (type == YAML_DOCUMENT_START_EVENT)
                        break;
        }
        if (++l->n_documents > l->max_documents)
                return err_set(err, ERR_TOO_LARGE, "yaml: more than %zu documents", l->max_documents);
        if (load_document(l, ret, err) < 0)
                return -1;
        l->ended = false;
        return 1;
}

int yaml_loader_look_past(struct yaml_loader *l, struct err *err) {
        return l->dialect == YAML_SIGS || scan_ahead(&l->parser, l->ahead) ? 0 : syntax_error(l, err);
}
