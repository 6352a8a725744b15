/* SPDX-License-Identifier: Apache-2.0 */
#include "apiserver/registry/addresses.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>

#include "base/clock.h"

#define PREFIX_MIN 12
#define PREFIX_MAX 28
#define PORT_FIRST 30000 /* to 32767, kube-apiserver's default */
#define PORT_COUNT 2768
#define HOLD_NS (60 * NSEC_PER_SEC)

struct slot {
        unsigned users;     /* Services in the store that have it */
        int64_t held_until; /* monotonic; for a write on its way */
};

struct addresses {
        struct store *store;
        struct store_resource *services;
        pthread_mutex_t lock; /* everything below */
        struct store_cursor cursor;
        bool loaded;
        unsigned next_ip, next_port;
        struct address_range range;
        struct slot ports[PORT_COUNT];
        struct slot ips[]; /* one for each address of the range; pages that no Service touches cost nothing */
};

int address_range_parse(const char *text, struct address_range *ret, struct err *err) {
        char address[INET_ADDRSTRLEN], *end = NULL;
        const char *slash = strchr(text, '/');
        size_t n = slash ? (size_t)(slash - text) : sizeof(address);
        struct in_addr ip;
        if (n < sizeof(address)) {
                memcpy(address, text, n);
                address[n] = '\0';
                unsigned long prefix = strtoul(slash + 1, &end, 10);
                if (inet_pton(AF_INET, address, &ip) == 1 && end != slash + 1 && !*end && prefix >= PREFIX_MIN &&
                    prefix <= PREFIX_MAX) {
                        ret->count = UINT32_C(1) << (32 - prefix);
                        ret->first = ntohl(ip.s_addr) & ~(ret->count - 1);
                        return 0;
                }
        }
        return err_set(err, ERR_INVALID, "the range of service addresses '%s': expected an IPv4 network of /%d to /%d",
                       text, PREFIX_MIN, PREFIX_MAX);
}

int addresses_new(struct store *s, const struct address_range *range, struct addresses **ret, struct err *err) {
        struct addresses *a = calloc(1, sizeof(*a) + range->count * sizeof(*a->ips));
        if (!a)
                return err_oom(err);
        a->range = *range;
        pthread_mutex_init(&a->lock, NULL);
        a->store = s;
        a->services = store_resource(s, "", "services");
        if (!a->services) {
                free(a);
                return err_oom(err);
        }
        *ret = a;
        return 0;
}

struct addresses *addresses_free(struct addresses *a) {
        free(a);
        return NULL;
}

static struct slot *ip_slot(struct addresses *a, const char *text) {
        struct in_addr ip;
        if (!text || inet_pton(AF_INET, text, &ip) != 1)
                return NULL;
        uint32_t offset = ntohl(ip.s_addr) - a->range.first;
        return offset > 0 && offset < a->range.count - 1 ? &a->ips[offset] : NULL;
}

static struct slot *port_slot(struct addresses *a, int64_t port) {
        return port >= PORT_FIRST && port < PORT_FIRST + PORT_COUNT ? &a->ports[port - PORT_FIRST] : NULL;
}

static void count(struct slot *slot, int by) {
        if (!slot)
                return;
        if (by > 0)
                slot->users++;
        else if (slot->users > 0)
                slot->users--;
        slot->held_until = 0;
}

/* Adds (or takes away) what a Service has. */
static int follow(struct addresses *a, struct arena *arena, const struct object *service, int by, struct err *err) {
        struct value tree;
        arena_reset(arena);
        if (object_tree(service, arena, &tree, err) < 0)
                return -1;
        const struct value *spec = value_get(&tree, "spec");
        const struct value *ips = value_get(spec, "clusterIPs"), *ports = value_get(spec, "ports");
        if (value_is_list(ips) && ips->len > 0)
                VALUE_EACH_ITEM(ip, ips)
                        count(ip_slot(a, value_string_or(ip, NULL)), by);
        else
                count(ip_slot(a, value_get_str(spec, "clusterIP")), by);
        if (value_is_list(ports))
                VALUE_EACH_ITEM(port, ports)
                        count(port_slot(a, value_int_or(value_get(port, "nodePort"), 0)), by);
        count(port_slot(a, value_int_or(value_get(spec, "healthCheckNodePort"), 0)), by);
        return 0;
}

static int load(struct addresses *a, struct arena *arena, struct err *err) {
        struct store_range range = {.namespace_ = ""};
        _cleanup_store_list_ struct store_list list = {0};
        if (store_list(a->store, a->services, &range, &list, err) < 0)
                return -1;
        for (size_t i = 0; i < a->range.count; i++)
                if (a->ips[i].users)
                        a->ips[i].users = 0;
        for (size_t i = 0; i < PORT_COUNT; i++)
                a->ports[i].users = 0;
        for (size_t i = 0; i < list.n; i++)
                if (follow(a, arena, list.items[i], 1, err) < 0)
                        return -1;
        a->cursor = (struct store_cursor){.resource = a->services, .rv = list.rv};
        a->loaded = true;
        return 0;
}

/* Reads what has been written since the last time; starts over when that is forgotten. */
static int catch_up(struct addresses *a, struct err *err) {
        _cleanup_arena_ struct arena *arena = arena_new(0);
        if (!arena)
                return err_oom(err);
        if (!a->loaded)
                return load(a, arena, err);
        struct ring_event e;
        int n;
        while ((n = store_next(a->store, &a->cursor, &e, 1, NULL)) > 0) {
                int status = e.previous ? follow(a, arena, e.previous, -1, err) : 0;
                if (status == 0 && e.type != RING_DELETED)
                        status = follow(a, arena, e.object, 1, err);
                store_event_done(&e);
                if (status < 0)
                        return -1;
        }
        return n < 0 ? load(a, arena, err) : 0;
}

static bool is_free(const struct slot *slot, int64_t now) {
        return slot->users == 0 && slot->held_until < now;
}

/* The first free one of n slots from `start` on, round from `next`. */
static struct slot *draw(struct slot *slots, unsigned start, unsigned n, unsigned *next, int64_t now) {
        for (unsigned i = 0; i < n; i++) {
                struct slot *slot = &slots[start + (*next + i) % n];
                if (is_free(slot, now)) {
                        *next = (*next + i + 1) % n;
                        return slot;
                }
        }
        return NULL;
}

/* Addresses are drawn from the upper part of the range first, so that those chosen by hand rarely collide: above a
 * sixteenth of it, but no less than 16 and no more than 256 (kube-apiserver). */
static unsigned dynamic_part(const struct addresses *a) {
        unsigned sixteenth = a->range.count / 16;
        return sixteenth < 16 ? a->range.count > 32 ? 16 : 2 : sixteenth > 256 ? 256 : sixteenth;
}

static int pick_ip(struct addresses *a, const char *wanted, int64_t now, struct slot **ret, struct err *err) {
        unsigned dynamic = dynamic_part(a);
        struct slot *slot =
                wanted ? ip_slot(a, wanted) : draw(a->ips, dynamic, a->range.count - 1 - dynamic, &a->next_ip, now);
        if (!slot && !wanted && dynamic > 2)
                slot = draw(a->ips, 2, dynamic - 2, &a->next_ip, now);
        if (!slot)
                return wanted ? err_set(err, ERR_INVALID,
                                        "failed to allocate IP %s: the provided network does not match the current "
                                        "range",
                                        wanted)
                              : err_set(err, ERR_INTERNAL, "failed to allocate a serviceIP: range is full");
        if (!is_free(slot, now))
                return err_set(err, ERR_INVALID, "failed to allocate IP %s: provided IP is already allocated", wanted);
        *ret = slot;
        return 0;
}

static int pick_port(struct addresses *a, const char *wanted, int64_t now, struct slot **ret, struct err *err) {
        struct slot *slot =
                wanted ? port_slot(a, strtol(wanted, NULL, 10)) : draw(a->ports, 0, PORT_COUNT, &a->next_port, now);
        if (!slot)
                return wanted ? err_set(err, ERR_INVALID,
                                        "provided port is not in the valid range. The range of valid ports is "
                                        "%d-%d",
                                        PORT_FIRST, PORT_FIRST + PORT_COUNT - 1)
                              : err_set(err, ERR_INTERNAL, "failed to allocate a nodePort: range is full");
        if (!is_free(slot, now))
                return err_set(err, ERR_INVALID, "provided port is already allocated");
        *ret = slot;
        return 0;
}

static int allocate(struct addresses *a, enum strategy_address what, const char *wanted, bool dry_run, char text[64],
                    struct err *err) {
        int64_t now = clock_monotonic_ns();
        struct slot *slot = NULL;
        if (catch_up(a, err) < 0)
                return -1;
        if (what == STRATEGY_CLUSTER_IP) {
                if (pick_ip(a, wanted, now, &slot, err) < 0)
                        return -1;
                struct in_addr ip = {.s_addr = htonl(a->range.first + (uint32_t)(slot - a->ips))};
                if (!inet_ntop(AF_INET, &ip, text, 64))
                        return err_errno(err, errno, "an address");
        } else {
                if (pick_port(a, wanted, now, &slot, err) < 0)
                        return -1;
                snprintf(text, 64, "%d", PORT_FIRST + (int)(slot - a->ports));
        }
        if (!dry_run)
                slot->held_until = now + HOLD_NS;
        return 0;
}

int addresses_allocate(struct addresses *a, enum strategy_address what, const char *wanted, bool dry_run, char text[64],
                       struct err *err) {
        pthread_mutex_lock(&a->lock);
        int status = allocate(a, what, wanted, dry_run, text, err);
        pthread_mutex_unlock(&a->lock);
        return status;
}
