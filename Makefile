# SPDX-License-Identifier: Apache-2.0
# Meson and Ninja do the work; these targets name it. `make demo` and `make test` install what is missing.

BUILD ?= build
MESON_FLAGS ?=

.PHONY: all build test test-real demo bench fuzz install clean deps deps-demo deps-test

all: build

build: deps $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet

$(BUILD)/build.ninja:
	@meson setup $(BUILD) $(MESON_FLAGS) >/dev/null || { meson setup $(BUILD) $(MESON_FLAGS); exit 1; }

deps:
	@tools/install-packages build

deps-test:
	@tools/install-packages build test

deps-demo:
	@tools/install-packages build demo

# Each asks for all its packages at once, before the build asks for some of them.
test: deps-test
	@$(MAKE) --no-print-directory build
	@tests/run $(BUILD)

test-real: deps-test
	@$(MAKE) --no-print-directory build
	@tests/run $(BUILD) --real

demo: deps-demo
	@$(MAKE) --no-print-directory build
	@examples/two-tenants/demo $(BUILD)/weir

bench: deps-test
	@bench/run

fuzz:
	@tools/install-packages build fuzz
	@$(MAKE) --no-print-directory build
	@WEIR=$(abspath $(BUILD))/weir tests/fuzz/differ 1000 --keep $(BUILD)/differ
	@tests/fuzz/run

install: build
	@meson install -C $(BUILD) --no-rebuild

clean:
	rm -rf build build-*
