// SPDX-License-Identifier: Apache-2.0
// RE2 for C: the only C++ of the program. Everything that is more than a call stands in regex.c.
#include "lang/re2.h"

#include <re2/re2.h>

#include <cstring>
#include <memory>
#include <new>
#include <vector>

static const RE2 *as_re2(const void *re) {
        return static_cast<const RE2 *>(re);
}

static enum re2_error error_of(RE2::ErrorCode code) {
        switch (code) {
        case RE2::NoError:
                return RE2_OK;
        case RE2::ErrorBadEscape:
                return RE2_BAD_ESCAPE;
        case RE2::ErrorBadCharClass:
                return RE2_BAD_CLASS;
        case RE2::ErrorBadCharRange:
                return RE2_BAD_RANGE;
        case RE2::ErrorMissingBracket:
                return RE2_MISSING_BRACKET;
        case RE2::ErrorMissingParen:
                return RE2_MISSING_PAREN;
        case RE2::ErrorUnexpectedParen:
                return RE2_UNEXPECTED_PAREN;
        case RE2::ErrorTrailingBackslash:
                return RE2_TRAILING_BACKSLASH;
        case RE2::ErrorRepeatArgument:
                return RE2_REPEAT_ARGUMENT;
        case RE2::ErrorRepeatSize:
                return RE2_REPEAT_SIZE;
        case RE2::ErrorRepeatOp:
                return RE2_REPEAT_OPERATOR;
        case RE2::ErrorBadPerlOp:
                return RE2_BAD_PERL;
        case RE2::ErrorBadUTF8:
                return RE2_BAD_UTF8;
        case RE2::ErrorBadNamedCapture:
                return RE2_BAD_NAME;
        case RE2::ErrorPatternTooLarge:
                return RE2_TOO_LARGE;
        default:
                return RE2_INTERNAL;
        }
}

void *re2_compile(const char *pattern, size_t n, enum re2_error *ret_error, char *arg, size_t arg_size) try {
        RE2::Options options;
        options.set_log_errors(false);
        auto re = std::make_unique<RE2>(re2::StringPiece(pattern, n), options);
        if (re->ok())
                return re.release();
        *ret_error = error_of(re->error_code());
        size_t len = std::min(re->error_arg().size(), arg_size - 1);
        std::memcpy(arg, re->error_arg().data(), len);
        arg[len] = '\0';
        return nullptr;
} catch (const std::bad_alloc &) {
        *ret_error = RE2_NO_MEMORY;
        return nullptr;
}

void re2_destroy(void *re) {
        delete as_re2(re);
}

size_t re2_groups(const void *re) {
        return static_cast<size_t>(as_re2(re)->NumberOfCapturingGroups());
}

bool re2_each_name(const void *re, bool (*each)(void *, size_t, const char *), void *context) try {
        for (const auto &[index, name] : as_re2(re)->CapturingGroupNames())
                if (!each(context, static_cast<size_t>(index), name.c_str()))
                        return false;
        return true;
} catch (const std::bad_alloc &) {
        return false;
}

bool re2_search(const void *re, const char *text, size_t n, size_t from, struct re2_span *spans, size_t n_spans) try {
        re2::StringPiece few[8];
        std::vector<re2::StringPiece> many;
        re2::StringPiece *found = few;
        if (n_spans > sizeof(few) / sizeof(few[0])) {
                many.resize(n_spans);
                found = many.data();
        }
        if (!as_re2(re)->Match(re2::StringPiece(text, n), from, n, RE2::UNANCHORED, found, static_cast<int>(n_spans)))
                return false;
        for (size_t i = 0; i < n_spans; i++) {
                bool took_part = found[i].data() != nullptr;
                spans[i].start = took_part ? found[i].data() - text : -1;
                spans[i].end = took_part ? spans[i].start + static_cast<long>(found[i].size()) : -1;
        }
        return true;
} catch (const std::bad_alloc &) {
        return false;
}
