/* SPDX-License-Identifier: Apache-2.0 */
/* A Git fetch: a request on the first line, an object behind it. An accepted request holds nothing that could break a
 * line of git's configuration; a tag is its payload and its signature; keys are an error or a keyring. */
#include "fuzz.h"

#include "fetch/git/commit.h"
#include "fetch/git/request.h"
#include "fetch/git/signature.h"

const char *const fuzz_seeds[] = {
        "{\"url\":\"https://ann:pw@host/x.git\",\"ref\":{\"branch\":\"main\",\"semver\":\">1\"},\"auth\":{\"username\":"
        "\"u\",\"password\":\"p\"},\"sparseCheckout\":[\"a\"],\"verify\":{\"mode\":\"Tag\",\"pgp\":[\"x\"]}}\n"
        "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@b> 1 +0000\ncommitter B <c@d> 2 +0000\n"
        "gpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\ngpgsig-sha256 x\n y\n\nmessage\n",
        "{\"url\":\"ssh://git@host/x\",\"auth\":{\"identity\":\"k\",\"knownHosts\":\"h\"}}\n"
        "object 4b82\ntype commit\ntag v1\n\nmessage\n-----BEGIN SSH SIGNATURE-----\nabc\n-----END SSH "
        "SIGNATURE-----\n",
        "{}\n-----BEGIN PGP PUBLIC KEY BLOCK-----\nVersion: 1\n\nmDMEZQ==\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n"
        "command=\"x y\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 comment\n# comment\n",
        NULL,
};

static void check_line(const char *s) {
        for (; s && *s; s++)
                if ((unsigned char)*s < 0x20 || *s == 0x7f)
                        abort();
}

static void check_request(struct arena *a, const char *text, size_t n) {
        struct git_request r;
        if (git_request_parse(a, text, n, &r, NULL) < 0)
                return;
        const char *const lines[] = {r.url,      r.branch,   r.tag,      r.semver,       r.name, r.commit,
                                     r.observed, r.username, r.password, r.bearer_token, r.proxy};
        for (size_t i = 0; i < ARRAY_LEN(lines); i++)
                check_line(lines[i]);
        if (r.safe_url[0] == '-' || (r.branch && r.branch[0] == '-'))
                abort();
        char *said = r.password ? arena_printf(a, "<%s> %s %s", r.password, r.url, r.password) : NULL;
        if (said) {
                git_request_redact(&r, said);
                if (strspn(r.password, "*") != strlen(r.password) && strstr(said, r.password))
                        abort();
        }
}

static void check_object(struct arena *a, const char *text, size_t n) {
        struct git_signed s;
        struct git_commit c;
        if (git_signed_commit(a, text, n, &s, NULL) == 0 && s.payload_len > n)
                abort();
        if (git_signed_tag(a, text, n, &s, NULL) == 0 && memchr(text, '\0', n) == NULL &&
            s.payload_len + strlen(s.signature) != n)
                abort();
        char *copy = arena_strndup(a, text, n);
        if (copy)
                git_commit_parse(copy, &c, NULL);
}

static void check_keys(struct arena *a, const char *text, size_t n) {
        struct value texts = value_list();
        _cleanup_buf_ struct buf keys = BUF_INIT(1 << 20);
        char *copy = arena_strndup(a, text, n);
        if (!copy || !value_append(a, &texts, value_str(copy)))
                return;
        git_keyring(&texts, &keys, NULL);
        buf_clear(&keys);
        if (git_allowed_signers(&texts, &keys, NULL) == 0)
                for (const char *line = buf_str(&keys); *line; line = strchr(line, '\n') + 1)
                        if (!str_has_prefix(line, "git namespaces=\"git\" "))
                                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
        _cleanup_arena_ struct arena *a = arena_new((size_t)16 << 20);
        const char *first, *second;
        size_t first_len, second_len;
        fuzz_split(data, n, &first, &first_len, &second, &second_len);
        if (!a)
                return 0;
        check_request(a, first, first_len);
        check_object(a, second, second_len);
        check_keys(a, second, second_len);
        return 0;
}
