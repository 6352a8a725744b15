/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kustomize/field/quote.h"

#include "kube/quote.h"

const char *quote_text(struct arena *a, const char *text) {
        _cleanup_buf_ struct buf b = BUF_INIT(SIZE_MAX / 2);
        quote_go(&b, text);
        return buf_failed(&b) ? NULL : arena_strndup(a, buf_str(&b), b.len);
}
