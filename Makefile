# make run needs Go and nothing else: what Debian or Ubuntu lack is installed.
# What that is, and why, says .ci/packages.

# With gpl the program has libx264 in it and is under the GPL; empty, it is
# under the MIT licence and encodes H.264 with OpenH264.
TAGS    ?= gpl
# What `make run` passes to the host.
ARGS    ?=
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION)

.PHONY: help run build test check bench fmt

help: ## lists the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## builds the host and starts it; flags go into ARGS='--virtual 1920x1080'
	@bash .ci/install run
	@$(MAKE) --no-print-directory build
	bin/host $(ARGS)

build: ## builds bin/host
	@bash .ci/install build
	go build -trimpath -tags '$(TAGS)' -ldflags '$(LDFLAGS)' -o bin/ ./cmd/...

test: ## vets every build, checks the page's types, runs all tests
	@bash .ci/install test
	bash .ci/vet
	bash .ci/typecheck
	go test -race -tags '$(TAGS)' -count=1 -p 1 -timeout 25m ./...

check: ## format, vet, lint, types and the rules of repo_test.go
	@bash .ci/install test
	@test -z "$$(go tool gofumpt -l . | tee /dev/stderr)" || { echo 'make fmt would change these'; exit 1; }
	bash .ci/vet
	go tool staticcheck -tags '$(TAGS)' ./...
	@if command -v golangci-lint >/dev/null; then golangci-lint run --build-tags '$(TAGS)'; else echo 'golangci-lint is not on the PATH: skipped'; fi
	bash .ci/typecheck
	go test -count=1 .

bench: ## measures; the last accepted numbers are in bench/README.md
	@bash .ci/install bench
	go test ./bench -tags '$(TAGS)' -run '^$$' -bench . -benchtime 1x -timeout 40m

fmt: ## formats the Go code
	go tool gofumpt -w .
