/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/git/verify.h"

#include "base/limits.h"

#define GPGV_PROGRAM "/usr/bin/gpgv"
#define SSH_KEYGEN_PROGRAM "/usr/bin/ssh-keygen"

static int run(struct git_setup *s, const char *const *argv, const struct git_signed *object, struct buf *out,
               struct proc_exit *ret, struct err *err) {
        static const char *const env[] = {"LC_ALL=C", "HOME=/nonexistent", "PATH=/usr/bin:/bin", NULL};
        _cleanup_buf_ struct buf errors = BUF_INIT(LIMIT_PROC_STDERR);
        struct proc_spec spec = PROC_SPEC_INIT;
        spec.argv = argv;
        spec.env = env;
        spec.inherit = s->fds;
        spec.n_inherit = s->n_fds;
        spec.cwd_fd = s->staging;
        return proc_run(&spec, object->payload, object->payload_len, s->deadline_ns, out, &errors, ret, err);
}

/* The words of a status line "[GNUPG:] KEYWORD ...", or NULL. */
static const char *status_of(const char *output, const char *keyword) {
        static const char prefix[] = "[GNUPG:] ";
        size_t n = strlen(keyword);
        for (const char *line = output; line; line = strchr(line, '\n')) {
                line += *line == '\n';
                if (str_has_prefix(line, prefix) && strncmp(line + strlen(prefix), keyword, n) == 0 &&
                    line[strlen(prefix) + n] == ' ')
                        return line + strlen(prefix) + n + 1;
        }
        return NULL;
}

/* The last word of VALIDSIG is the primary key's fingerprint; its last 16 digits are the long key id. */
static const char *primary_key_id(struct arena *a, const char *words) {
        size_t n = strcspn(words, "\n");
        const char *last = memrchr(words, ' ', n);
        size_t digits = last ? (size_t)(words + n - last - 1) : 0;
        return digits >= 16 ? arena_strndup(a, words + n - 16, 16) : NULL;
}

static int verify_pgp(struct git_setup *s, const struct git_signed *object, const char **ret_key, struct err *err) {
        _cleanup_buf_ struct buf keyring = BUF_INIT(LIMIT_GIT_COMMIT);
        _cleanup_buf_ struct buf out = BUF_INIT(LIMIT_PROC_STDERR);
        const char *keyring_path, *signature_path;
        struct proc_exit ended;
        if (git_keyring(s->request->pgp_keys, &keyring, err) < 0 ||
            git_setup_memory(s, buf_str(&keyring), keyring.len, &keyring_path, err) < 0 ||
            git_setup_memory(s, object->signature, strlen(object->signature), &signature_path, err) < 0)
                return -1;
        const char *argv[] = {GPGV_PROGRAM, "--homedir", "/nonexistent", "--status-fd", "1", "--keyring",
                              keyring_path, "--",        signature_path, "-",           NULL};
        if (run(s, argv, object, &out, &ended, err) < 0)
                return -1;
        /* An expired or revoked key has a VALIDSIG line but no GOODSIG line. */
        const char *valid = status_of(buf_str(&out), "VALIDSIG");
        *ret_key =
                ended.status == 0 && valid && status_of(buf_str(&out), "GOODSIG") ? primary_key_id(s->a, valid) : NULL;
        return *ret_key ? 0 : err_set(err, ERR_INVALID, "unable to verify payload with any of the given key rings");
}

static int verify_ssh(struct git_setup *s, const struct git_signed *object, const char **ret_key, struct err *err) {
        _cleanup_buf_ struct buf allowed = BUF_INIT(LIMIT_GIT_COMMIT);
        _cleanup_buf_ struct buf out = BUF_INIT(LIMIT_PROC_STDERR);
        const char *allowed_path, *signature_path;
        struct proc_exit ended;
        if (git_allowed_signers(s->request->ssh_keys, &allowed, err) < 0 ||
            git_setup_memory(s, buf_str(&allowed), allowed.len, &allowed_path, err) < 0 ||
            git_setup_memory(s, object->signature, strlen(object->signature), &signature_path, err) < 0)
                return -1;
        const char *argv[] = {SSH_KEYGEN_PROGRAM, "-Y", "verify", "-f", allowed_path, "-I", "git", "-n", "git", "-s",
                              signature_path,     NULL};
        if (run(s, argv, object, &out, &ended, err) < 0)
                return -1;
        const char *key = ended.status == 0 ? strstr(buf_str(&out), "SHA256:") : NULL;
        *ret_key = key ? arena_strndup(s->a, key, strcspn(key, " \n")) : NULL;
        return *ret_key ? 0
                        : err_set(err, ERR_INVALID, "unable to verify payload with any of the given authorized keys");
}

int git_verify(struct git_setup *s, const struct git_signed *object, const char **ret_key, struct err *err) {
        const struct git_request *r = s->request;
        switch (object->type) {
        case GIT_SIGNATURE_PGP:
                if (!r->pgp_keys || r->pgp_keys->len == 0)
                        return err_set(err, ERR_INVALID,
                                       "PGP signature detected but no PGP public keys found in secret (keys with .asc "
                                       "suffix)");
                return verify_pgp(s, object, ret_key, err);
        case GIT_SIGNATURE_SSH:
                if (!r->ssh_keys || r->ssh_keys->len == 0)
                        return err_set(err, ERR_INVALID,
                                       "SSH signature detected but no SSH public keys found in secret (keys with "
                                       ".sshpub suffix)");
                return verify_ssh(s, object, ret_key, err);
        case GIT_SIGNATURE_NONE:
                return err_set(err, ERR_INVALID, "unsupported signature type: empty");
        case GIT_SIGNATURE_UNKNOWN:
                break;
        }
        return err_set(err, ERR_INVALID, "unsupported signature type: unknown");
}
