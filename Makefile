# make run needs Go and nothing else: what Debian or Ubuntu lack is installed.
# What that is, and why, says .ci/packages.

# With gpl the program has libx264 in it and is under the GPL; empty, it is
# under the MIT licence and encodes H.264 with OpenH264.
TAGS    ?= gpl
# What `make run` passes to the host.
ARGS    ?=
# Which benchmarks `make bench` runs, and how long; those that rivals take part in.
BENCH   ?= .
SHORT   ?=
DESKTOP := Game|KeyQuiet|KeyMotion|Scroll|Sharpness|Idle
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION)

.PHONY: help run build test check bench bench-rivals bench-accept fmt

help: ## lists the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## builds the host and starts it; flags go into ARGS='--virtual 1920x1080'
	@bash .ci/install run
	@$(MAKE) --no-print-directory build
	bin/host $(ARGS)

build: ## builds bin/host
	@bash .ci/install build
	go build -trimpath -tags '$(TAGS)' -ldflags '$(LDFLAGS)' -o bin/ ./cmd/...

# Tests wait more than they compute, so two packages run at a time. go test does
# not vet them again.
test: ## vets every build, checks the page's types, runs all tests
	@bash .ci/install test
	bash .ci/vet
	bash .ci/typecheck
	go test -race -tags '$(TAGS)' -count=1 -p 2 -vet=off -timeout 25m ./...

check: ## format, vet, lint, types and the rules of repo_test.go
	@bash .ci/install test
	@test -z "$$(go tool gofumpt -l . | tee /dev/stderr)" || { echo 'make fmt would change these'; exit 1; }
	bash .ci/vet
	go tool staticcheck -tags '$(TAGS)' ./...
	@if command -v golangci-lint >/dev/null; then golangci-lint run --build-tags '$(TAGS)'; else echo 'golangci-lint is not on the PATH: skipped'; fi
	bash .ci/typecheck
	go test -count=1 .

bench: ## measures, in under fifteen minutes; BENCH='Game/720p' a part, SHORT=-short a quarter of the time
	@bash .ci/install bench
	go test ./bench -tags '$(TAGS)' -run '^$$' -bench '$(BENCH)' -benchtime 1x -timeout 40m $(SHORT)

bench-rivals: ## measures TigerVNC with noVNC and GStreamer beside us, in as long again
	@bash .ci/install rivals
	go test ./bench -tags '$(TAGS)' -run '^$$' -bench '$(if $(filter .,$(BENCH)),$(DESKTOP),$(BENCH))' -benchtime 1x -timeout 40m $(SHORT) -args -rivals

bench-accept: ## makes the results of today the ones that later ones are compared with
	go test ./bench -run '^$$' -args -accept

fmt: ## formats the Go code
	go tool gofumpt -w .
