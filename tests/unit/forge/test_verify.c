/* SPDX-License-Identifier: Apache-2.0 */
/* spec.verify: commits and tags signed with PGP and SSH keys, by the right person, the wrong one, and nobody. */
#include "base/fs.h"
#include "fleet.h"
#include "unit/test.h"

#include <signal.h>

/* One branch for each way to sign a commit, one tag for each way to sign a tag. GnuPG's agent is ended again. */
static const char history[] =
        "ssh-keygen -q -t ed25519 -N '' -C ann -f ann_ssh; ssh-keygen -q -t ed25519 -N '' -C eve -f eve_ssh;"
        "for who in ann eve; do export GNUPGHOME=$PWD/gpg_$who; mkdir -m 700 gpg_$who;"
        "gpg --batch --quiet --passphrase '' --quick-gen-key \"$who <$who@example.com>\" ed25519 sign never "
        "2>/dev/null;"
        "gpg --armor --export >$who.asc; done;"
        "export GNUPGHOME=$PWD/gpg_ann; gpg --list-keys --with-colons | grep ^pub | cut -d: -f5 >ann.id;"
        "git init -q -b plain work; cd work; echo one >a.yaml; git add .; git commit -qm plain;"
        "git checkout -q -b ssh; git -c gpg.format=ssh -c user.signingkey=$PWD/../ann_ssh commit -S -q --allow-empty "
        "-m ssh;"
        "git checkout -q -b pgp; git -c user.signingkey=ann@example.com commit -S -q --allow-empty -m pgp;"
        "git -c user.signingkey=ann@example.com tag -s -m signed v1.0.0;"
        "git -c gpg.format=ssh -c user.signingkey=$PWD/../ann_ssh tag -s -m signed v1.1.0;"
        "git tag -a -m unsigned v2.0.0; git tag v3.0.0;"
        "GNUPGHOME=$PWD/../gpg_ann gpgconf --kill all; GNUPGHOME=$PWD/../gpg_eve gpgconf --kill all;"
        "git push -q $URL plain ssh pgp --tags";

struct fixture {
        struct fleet fleet;
        const char *ann_pgp, *eve_pgp, *ann_ssh, *eve_ssh; /* as the inside of JSON strings */
};

static const char *json_file(struct fleet *f, const char *name) {
        _cleanup_free_ char *text = NULL;
        _cleanup_buf_ struct buf b = BUF_INIT(1 << 20);
        size_t n;
        assert_int_equal(fs_read(AT_FDCWD, arena_printf(f->a, "%s/%s", f->place.path, name), 1 << 20, &text, &n, NULL),
                         0);
        for (const char *p = text; *p; p++)
                if (*p == '\n')
                        buf_adds(&b, "\\n");
                else
                        buf_addc(&b, *p);
        return arena_strdup(f->a, buf_str(&b));
}

static int start(void **state) {
        static struct fixture f;
        fleet_start(&f.fleet, history);
        f.ann_pgp = json_file(&f.fleet, "ann.asc");
        f.eve_pgp = json_file(&f.fleet, "eve.asc");
        f.ann_ssh = json_file(&f.fleet, "ann_ssh.pub");
        f.eve_ssh = json_file(&f.fleet, "eve_ssh.pub");
        *state = &f;
        return 0;
}

static int stop(void **state) {
        fleet_stop(*state);
        return 0;
}

/* ref and verify without their outer braces. */
static const char *request(struct fixture *f, const char *ref, const char *verify) {
        return arena_printf(f->fleet.a, "{'url':'$URL','ref':{%s},'verify':{%s}}", ref, verify);
}

static const char *pgp(struct fixture *f, const char *mode, const char *key) {
        return arena_printf(f->fleet.a, "'mode':'%s','pgp':['%s']", mode, key);
}

static const char *ssh(struct fixture *f, const char *mode, const char *key) {
        return arena_printf(f->fleet.a, "'mode':'%s','ssh':['# comment\\n\\n%s']", mode, key);
}

static void assert_verified(struct fixture *f, const char *text, const char *expected) {
        struct value v;
        _cleanup_err_ struct err err = ERR_INIT;
        if (fleet_fetch(&f->fleet, text, &v, &err) < 0)
                fail_msg("%s: %s", text, err_message(&err));
        assert_string_equal(value_string_or(value_get(&v, "verified"), "nothing"), expected);
}

static void assert_refused(struct fixture *f, const char *text, const char *reason, const char *expected) {
        struct value v;
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(fleet_fetch(&f->fleet, text, &v, &err), -1);
        assert_string_equal(err_message(&err), expected);
        assert_string_equal(err.reason, reason);
        assert_int_equal(access(arena_printf(f->fleet.a, "%s/tree", f->fleet.staging), F_OK), -1);
}

/* The fingerprint as ssh-keygen -l prints it. */
static const char *fingerprint(struct fixture *f) {
        _cleanup_buf_ struct buf out = BUF_INIT(4096);
        assert_int_equal(place_run(&f->fleet.place, "ssh-keygen -lf ann_ssh.pub | cut -d' ' -f2 | tr -d '\\n'", &out),
                         0);
        return arena_strdup(f->fleet.a, buf_str(&out));
}

static const char *key_id(struct fixture *f) {
        _cleanup_buf_ struct buf out = BUF_INIT(4096);
        assert_int_equal(place_run(&f->fleet.place, "tr -d '\\n' <ann.id", &out), 0);
        return arena_strdup(f->fleet.a, buf_str(&out));
}

static void commits_signed_by_the_right_key_pass(void **state) {
        struct fixture *f = *state;
        struct arena *a = f->fleet.a;
        assert_verified(f, request(f, "'branch':'pgp'", pgp(f, "HEAD", f->ann_pgp)),
                        arena_printf(a, "verified signature of\n\t- commit '%s' with key '%s'",
                                     fleet_hash(&f->fleet, "pgp"), key_id(f)));
        assert_verified(f, request(f, "'branch':'ssh'", ssh(f, "head", f->ann_ssh)),
                        arena_printf(a, "verified signature of\n\t- commit '%s' with key '%s'",
                                     fleet_hash(&f->fleet, "ssh"), fingerprint(f)));
        /* one right key among others is enough */
        assert_verified(f, request(f, "'branch':'pgp'", arena_printf(a, "'pgp':['%s','%s']", f->eve_pgp, f->ann_pgp)),
                        arena_printf(a, "verified signature of\n\t- commit '%s' with key '%s'",
                                     fleet_hash(&f->fleet, "pgp"), key_id(f)));
}

static void tags_signed_by_the_right_key_pass(void **state) {
        struct fixture *f = *state;
        struct arena *a = f->fleet.a;
        assert_verified(f, request(f, "'tag':'v1.0.0'", pgp(f, "TagAndHEAD", f->ann_pgp)),
                        arena_printf(a,
                                     "verified signature of\n\t- tag 'v1.0.0@sha1:%s' with key '%s'"
                                     "\n\t- commit '%s' with key '%s'",
                                     fleet_hash(&f->fleet, "v1.0.0"), key_id(f), fleet_hash(&f->fleet, "pgp"),
                                     key_id(f)));
        assert_verified(f, request(f, "'semver':'1.1.x'", ssh(f, "Tag", f->ann_ssh)),
                        arena_printf(a, "verified signature of\n\t- tag 'v1.1.0@sha1:%s' with key '%s'",
                                     fleet_hash(&f->fleet, "v1.1.0"), fingerprint(f)));
}

static void the_wrong_key_fails(void **state) {
        struct fixture *f = *state;
        struct arena *a = f->fleet.a;
        const char *of_pgp = fleet_hash(&f->fleet, "pgp"), *of_ssh = fleet_hash(&f->fleet, "ssh");
        assert_refused(
                f, request(f, "'branch':'pgp'", pgp(f, "HEAD", f->eve_pgp)), "InvalidCommitSignature",
                arena_printf(a,
                             "signature verification of commit '%s' failed: unable to verify payload with any of "
                             "the given key rings",
                             of_pgp));
        assert_refused(
                f, request(f, "'branch':'ssh'", ssh(f, "HEAD", f->eve_ssh)), "InvalidCommitSignature",
                arena_printf(a,
                             "signature verification of commit '%s' failed: unable to verify payload with any of "
                             "the given authorized keys",
                             of_ssh));
        assert_refused(f, request(f, "'tag':'v1.0.0'", pgp(f, "Tag", f->eve_pgp)), "InvalidTagSignature",
                       arena_printf(a,
                                    "signature verification of tag 'v1.0.0@sha1:%s' failed: unable to verify payload "
                                    "with any of the given key rings",
                                    fleet_hash(&f->fleet, "v1.0.0")));
        assert_refused(f, request(f, "'branch':'ssh'", pgp(f, "HEAD", f->ann_pgp)), "InvalidCommitSignature",
                       arena_printf(a,
                                    "signature verification of commit '%s' failed: SSH signature detected but no SSH "
                                    "public keys found in secret (keys with .sshpub suffix)",
                                    of_ssh));
}

static void what_is_not_signed_fails(void **state) {
        struct fixture *f = *state;
        struct arena *a = f->fleet.a;
        assert_refused(f, request(f, "'branch':'plain'", pgp(f, "HEAD", f->ann_pgp)), "InvalidCommitSignature",
                       arena_printf(a,
                                    "signature verification of commit '%s' failed: unsupported signature type: empty",
                                    fleet_hash(&f->fleet, "plain")));
        assert_refused(f, request(f, "'tag':'v2.0.0'", pgp(f, "Tag", f->ann_pgp)), "InvalidGitObject",
                       arena_printf(a, "cannot verify signature of tag 'v2.0.0@sha1:%s' since it is not signed",
                                    fleet_hash(&f->fleet, "v2.0.0")));
        assert_refused(f, request(f, "'tag':'v3.0.0'", pgp(f, "Tag", f->ann_pgp)), "InvalidGitObject",
                       arena_printf(a, "cannot verify signature of tag 'v3.0.0@sha1:%s' since it is not signed",
                                    fleet_hash(&f->fleet, "v3.0.0")));
        assert_refused(f, request(f, "'branch':'pgp'", pgp(f, "Tag", f->ann_pgp)), "InvalidVerificationMode",
                       "cannot verify tag object's signature if a tag reference is not specified");
}

static void broken_keys_fail(void **state) {
        struct fixture *f = *state;
        struct arena *a = f->fleet.a;
        const char *hash = fleet_hash(&f->fleet, "pgp");
        assert_refused(f, request(f, "'branch':'pgp'", pgp(f, "HEAD", "no key")), "InvalidCommitSignature",
                       arena_printf(a,
                                    "signature verification of commit '%s' failed: unable to read armored key ring: no "
                                    "public key block",
                                    hash));
        assert_refused(
                f, request(f, "'branch':'ssh'", ssh(f, "HEAD", "no key")), "InvalidCommitSignature",
                arena_printf(a,
                             "signature verification of commit '%s' failed: unable to parse authorized key: ssh: "
                             "no key found",
                             fleet_hash(&f->fleet, "ssh")));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(commits_signed_by_the_right_key_pass),
                cmocka_unit_test(tags_signed_by_the_right_key_pass),
                cmocka_unit_test(the_wrong_key_fails),
                cmocka_unit_test(what_is_not_signed_fails),
                cmocka_unit_test(broken_keys_fail),
        };
        signal(SIGPIPE, SIG_IGN);
        if (access("/usr/bin/gpg", X_OK) < 0 || access("/usr/bin/gpgv", X_OK) < 0) {
                print_message("1..0 # SKIP no gpg\n");
                return 0;
        }
        return cmocka_run_group_tests(tests, start, stop);
}
