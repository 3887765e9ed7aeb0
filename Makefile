# make run | test | test-plugin | ktls | bench | budgets | fuzz | sanitize | core. README.md says what each is for.

PORT ?= 8080
DB ?= sqlite
ARGS ?=
SECONDS ?= 60
SWIFT_BIN := $(or $(patsubst %/swift,%,$(shell command -v swift)),/opt/swift/usr/bin)
SWIFT := $(SWIFT_BIN)/swift
CLANG := $(shell test -x $(SWIFT_BIN)/clang && echo $(SWIFT_BIN)/clang || command -v clang || command -v cc)
export PATH := $(SWIFT_BIN):$(PATH)

.PHONY: help run test test-plugin ktls bench budgets fuzz sanitize core deps swift clean

help:
	@echo "make run [PORT=8080] [ARGS=...]  build and serve Examples/Products on 127.0.0.1, on SQLite in memory"
	@echo "make run DB=postgres             the same on a PostgreSQL server of its own, gone with it"
	@echo "make test                        every test, from a clean clone in minutes"
	@echo "make test-plugin                 a package of somebody else's that is built with KatanaPlugin"
	@echo "make ktls                        kernel TLS in a virtual machine, where .ci/install vm has put one"
	@echo "make bench                       load tests beside a floor server, nginx, h2o and Hummingbird"
	@echo "make budgets                     instructions, allocations, system calls, memory against their budgets"
	@echo "make fuzz [SECONDS=60]           each fuzzer for so long"
	@echo "make sanitize                    the tests under ASan, UBSan and TSan"
	@echo "make core                        the C library alone, through cmake"
	@echo "make deps                        installs what all of these need from the system"
	@echo "make clean                       removes what was built"

swift:
	@test -x $(SWIFT) || { echo "Swift 6.2 or newer is needed: put swift into PATH (https://www.swift.org/install)" >&2; exit 1; }
	@$(SWIFT) --version 2>/dev/null | awk '/Swift version/ { sub(/.*Swift version /, ""); split($$0, v, /[^0-9]+/); \
	  found = 1; exit !(v[1] > 6 || v[1] == 6 && v[2] >= 2) } END { if (!found) exit 1 }' || \
	  { echo "Swift 6.2 or newer is needed; $(SWIFT) is older (https://www.swift.org/install)" >&2; exit 1; }

ifeq ($(DB),postgres)
run: swift
	@.ci/install build postgres
	$(SWIFT) build -c release --product products
	$(SWIFT) build -c release --product katana
	@exec .build/release/katana db run -i Sources/Examples/Products/db -- \
	  .build/release/products --port $(PORT) --db {} $(ARGS)
else
run: swift
	@.ci/install build
	$(SWIFT) build -c release --product products
	@exec .build/release/products --port $(PORT) $(ARGS)
endif

core:
	@.ci/install build
	cmake -S cmake -B .build-c -G Ninja -DCMAKE_C_COMPILER=$(CLANG) >/dev/null
	cmake --build .build-c

deps:
	@.ci/install build test bench

test: swift
	@.ci/install build test
	@Tests/run

test-plugin: swift
	@.ci/install build test
	@/usr/bin/python3 Tests/Plugin/plugin_test.py

ktls: swift
	$(SWIFT) build -c release --product raw
	@Tests/VM/ktls

bench: swift
	@.ci/install build test bench
	$(SWIFT) build -c release
	$(SWIFT) build -c release --package-path bench/hummingbird-hello
	python3 bench/load/run.py $(ARGS)
	python3 bench/load/http2.py
	python3 bench/load/files.py
	python3 bench/load/websockets.py

budgets: swift
	@.ci/install build bench
	@bench/budgets.py
	$(SWIFT) build -c release --product raw
	python3 bench/load/run.py --allocations
	python3 bench/load/run.py --idle 10000

fuzz: swift
	@.ci/install build
	@fuzz/run $(CLANG) $(SECONDS)

sanitize: swift
	@.ci/install build test
	@Tests/sanitize

clean:
	rm -rf .build .build-*
