# Every command of the project. `make` alone prints them; the comments behind `##` and `#?` are that help.

#? CLUSTER     where the scenarios run: sim (virtual time), envtest (real API server, real processes) or kind (real pods)
#? FOCUS       only scenarios and known bugs whose name contains this, in any case; where it is in none, other specs
#? LABELS      only what matches this Ginkgo label filter, of what the target runs
#? PROFILE     lease timings: quick (whole seconds) or production (15s/10s/2s); default: production on sim, else quick
#? CONTROLLER  another controller binary in the manager's place (not on sim; see controller/journal)
#? CONTROLLER_BEFORE  another version of it, which the replicas begin with in the rollout of a version (not on sim)
#? SUBJECT     the file of a subject that is run in the manager's place, on envtest or kind (see e2e/examples)
#? EXAMPLES    the subjects that `make test-operators` runs; default: all of e2e/examples
#? RUNS        folder for histories, journals and logs
#? HISTORY     the saved history that `make check` judges again, `make show` draws, or `make attack` edits; for both also a folder with some
#? EDITS       how often `make attack` tries each kind of edit on each history; default: 3
#? SEED        where its edits begin, or where `make explore` begins to draw; drawn anew, if it is not given
#? FOR         how long `make explore` explores, as in 5m; default: 1m, or as long as COUNT runs take
#? UNSAFE=1    `make explore` with timings, too, with which a leader outlives its lease
#? VERBOSE=1   tell of each scenario that is skipped, and why
#? PROCS       how many scenarios run at once; default: 12 on envtest, 4 on kind
#? COUNT       how often `make deflake` repeats
#? SUITE_TIMEOUT  when a suite is ended that hangs; default: 2h
#? SUITES      what `make deflake` repeats
#? NODE_IMAGE  the kind cluster's node image; default: kind's own where it can be had, else the one of `make node-image`
#? CLUSTER_NAME, KEEP=1  the kind cluster's name; keep it for the next run, until `make e2e-down`
CLUSTER ?= sim
RUNS ?= .runs
COUNT ?= 20
SUITES ?= sim envtest

# A path is meant from where make was called: with `make -C` that is $(PWD), which also differs from $(CURDIR) where a
# program has changed folder without telling the environment; so $(PWD) counts only if the path is there.
absolute = $(if $(filter /%,$(firstword $(1))),$(1),$(if $(shell test -e '$(PWD)/$(1)' && echo y),$(PWD),$(CURDIR))/$(1))
override RUNS := $(if $(filter /%,$(firstword $(RUNS))),$(RUNS),$(CURDIR)/$(RUNS))
override CONTROLLER := $(if $(CONTROLLER),$(call absolute,$(CONTROLLER)))
override SUBJECT := $(if $(SUBJECT),$(call absolute,$(SUBJECT)))
override CONTROLLER_BEFORE := $(if $(CONTROLLER_BEFORE),$(call absolute,$(CONTROLLER_BEFORE)))
override HISTORY := $(if $(HISTORY),$(call absolute,$(HISTORY)))
export FOCUS LABELS SUBJECT CONTROLLER CONTROLLER_BEFORE RUNS HISTORY NODE_IMAGE CLUSTER_NAME KEEP

# Ginkgo colours its output even in a file; make says here whether this is a terminal.
ifneq ($(NO_COLOR)$(if $(MAKE_TERMOUT),,piped),)
export GINKGO_NO_COLOR = TRUE
endif

# The suites, one for each cluster. `go -C ... test` without a package argument, because with one it keeps what a
# passing suite prints, and the table of verdicts is what people come for. A filter that matches nothing fails.
# Each leaves a JUnit report among its histories.
clusters = sim envtest kind
# Virtual time runs our own manager only, which would run, and pass, in the place of what a subject's file says.
no-subject = { test -z "$$SUBJECT" || { echo 'SUBJECT: expected CLUSTER=envtest or CLUSTER=kind with a subject'"'"'s file' >&2; exit 1; }; }
suite.sim = $(no-subject) && mkdir -p "$$RUNS" && PROFILE="$(or $(PROFILE),production)" \
	go -C envtest/simcluster test -count=1 -run '^TestScenarios$$' -timeout 30m \
	-ginkgo.fail-on-empty -ginkgo.label-filter="$$LABELS" -ginkgo.junit-report="$$RUNS/junit-sim.xml"
ginkgo = go tool ginkgo run --procs=$(or $(PROCS),$(1)) --timeout=$(or $(SUITE_TIMEOUT),2h) --grace-period=3m --fail-on-empty \
	--label-filter="$$LABELS" --output-dir="$$RUNS" --junit-report=junit-$(2).xml
suite.envtest = mkdir -p "$$RUNS" && $(control-plane) && export PROFILE="$(or $(PROFILE),quick)" && $(call ginkgo,12,envtest) ./envtest
suite.kind = mkdir -p "$$RUNS" && export PROFILE="$(or $(PROFILE),quick)" && hack/with-progress.sh $(call ginkgo,4,kind) ./e2e
control-plane = KUBEBUILDER_ASSETS=$$(hack/control-plane.sh) && export KUBEBUILDER_ASSETS

# The race detector needs a C compiler; go knows whether there is one.
race = $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)
# ./envtest and ./e2e are the suites; ./hack reads the tree, so its results must not be cached.
units = packages=$$(go list ./...) && packages=$$(echo "$$packages" | grep -v -e '/envtest$$' -e '/e2e$$' -e '/hack/')
# A workspace of the caller's (go.work) is meant for the code under test, not for the tools.
golangci-lint = GOWORK=off go tool -modfile=hack/tools/golangci-lint/go.mod golangci-lint

actionlint = GOWORK=off go tool -modfile=hack/tools/actionlint/go.mod actionlint

.DEFAULT_GOAL := help
# Scenarios measure time: two suites at once would disturb each other, also under `make -j`.
.NOTPARALLEL:
.PHONY: help scenarios track-record explore explore-proof explore-nightly advise-check test test-unit test-sim test-envtest test-operators test-e2e e2e-down check show attack bench lint deflake \
	control-plane image node-image docker clean

help: ## this text
	@echo 'usage: make TARGET [VARIABLE=value ...]'; echo; echo targets:
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' Makefile
	@echo; echo variables:
	@awk '/^#\? / { print "  " substr($$0, 4) }' Makefile

# The catalogue holds; the track record, which expects known bugs to show, is a matter of its own. Without override, LABELS
# on the command line would take the place of what keeps them apart.
also = $(if $(LABELS),($(LABELS)) && )
scenarios: override export LABELS := $(also)!track-record
scenarios: ## run the catalogue and print the verdicts (CLUSTER, FOCUS, LABELS, PROFILE, CONTROLLER)
	$(if $(suite.$(CLUSTER)),,$(error unknown CLUSTER "$(CLUSTER)"; known clusters: $(clusters)))
	@$(suite.$(CLUSTER))

track-record: override export LABELS := $(also)track-record
track-record: ## show the bugs that the harness has found in today's libraries (CLUSTER, FOCUS, LABELS, CONTROLLER)
	$(if $(suite.$(CLUSTER)),,$(error unknown CLUSTER "$(CLUSTER)"; known clusters: $(clusters)))
	@$(suite.$(CLUSTER))

# RUNS is a folder elsewhere; here it may be a number, too, as everybody would type it.
explore-runs = $(if $(filter-out $(CURDIR)/%,$(RUNS)),,$(shell printf %s '$(notdir $(RUNS))' | grep -x '[0-9][0-9]*'))
explore: ## draw failovers that nobody thought of, in virtual time, and cut down what does not hold (SEED, RUNS=number, FOR, PROFILE, UNSAFE)
	@mkdir -p .runs/bin && go build -o .runs/bin/interregnum ./e2e/cmd/interregnum && \
	exec .runs/bin/interregnum explore $(if $(SEED),--seed "$(SEED)") $(if $(explore-runs),--runs "$(explore-runs)") $(if $(FOR),--for "$(FOR)") \
		$(if $(PROFILE),--profile "$(PROFILE)") $(if $(UNSAFE),--unsafe)

# Each bug of the track record, and each wrong manager of the tests. COUNT is how many seeds.
explore-proof: ## how many runs exploration takes to find each of what is known, as a table in RUNS (COUNT, FOCUS)
	@mkdir -p "$$RUNS"; GODEBUG=asyncpreemptoff=1 go -C envtest/simcluster test -count=1 -v -timeout 12h -run '^TestExplorationProof$$' \
		-explore.seeds "$(COUNT)" -explore.focus "$$FOCUS" -explore.table "$$RUNS/explore-proof.md"

# Fixed seeds, so that what fails once fails again; SEED has others.
advise-check: ## hold each number of `interregnum advise` against 1,000 failovers in virtual time, and try to refute it (SEED, FOCUS)
	@mkdir -p "$$RUNS"; go -C e2e/advise test -count=1 -v -timeout 3h -run "$${FOCUS:-^TestAdvice}" -advise.runs 1000 -advise.seed "$(or $(SEED),1)" >"$$RUNS/advise-check.log"; \
	code=$$?; grep -e 'said' -e 'expected' -e '^--- ' -e '^ok' -e '^FAIL' "$$RUNS/advise-check.log"; exit $$code

explore-nightly: ## 100,000 runs with safe timings, and the proof with 20 seeds: an hour or two on four processors
	@$(MAKE) --no-print-directory explore RUNS=100000 SEED=$$(date -u +%Y%m%d); came=$$?; \
		$(MAKE) --no-print-directory explore-proof COUNT=20 RUNS=.runs/explore-proof && exit $$came

test: test-unit test-sim test-envtest ## everything that needs no container

test-unit: ## unit tests and the layout rules
	@echo '==> unit tests$(if $(race), with the race detector, without the race detector: no C compiler)'
	@$(units) && go test $(race) -skip '^(TestScenarios|TestAttack|TestExploration.*|TestAdvice.*|Test.*ByWritesAlone)$$' $$packages
	@echo '==> layout: who may import whom'
	@go test -count=1 ./hack/layout

test-sim: ## the catalogue in virtual time (FOCUS, LABELS, PROFILE)
	@echo '==> the catalogue in virtual time'
	@$(suite.sim)
	@echo '==> the attack on its histories, and what they tell by writes alone'
	@go test -count=1 ./envtest/simcluster -run '^(TestAttack|Test.*ByWritesAlone)$$'
	@echo '==> exploration: it repeats, finds what is known, and suspects nobody'
	@GODEBUG=asyncpreemptoff=1 go test -count=1 ./envtest/simcluster -run '^TestExploration'
	@echo '==> advice: each number against a few failovers'
	@go test -count=1 ./e2e/advise -run '^TestAdvice'

test-envtest: ## the catalogue on a real API server with real processes (FOCUS, LABELS, PROFILE, CONTROLLER)
	@echo '==> the catalogue on a real API server'
	@$(suite.envtest)
	@echo '==> the command, on a real API server'
	@$(control-plane) && go test -count=1 ./e2e/cmd/interregnum -run '^TestEnvtest'

# See hack/operators.sh.
EXAMPLES ?= kube-controller-manager kube-scheduler kro
test-operators: ## the catalogue against controllers that nobody here wrote, unmodified (EXAMPLES, FOCUS, PROFILE, PROCS)
	@mkdir -p "$$RUNS/bin"; $(control-plane) && OPERATORS=$$(hack/operators.sh $(EXAMPLES)) && export OPERATORS && \
	go build -o "$$RUNS/bin/interregnum" ./e2e/cmd/interregnum && failed='' && \
	for example in $(EXAMPLES); do \
		echo "==> the catalogue against $$example"; \
		"$$RUNS/bin/interregnum" run -f "e2e/examples/$$example/interregnum.yaml" --report-dir "$$RUNS/$$example" \
			--focus "$$FOCUS" --profile "$(PROFILE)" --procs "$(or $(PROCS),12)" || failed="$$failed $$example"; \
	done; \
	test -z "$$failed" || { echo "not held:$$failed"; exit 1; }

test-e2e: ## the catalogue on a kind cluster with real pods; needs Docker (FOCUS, LABELS, PROFILE, CONTROLLER, KEEP)
	@echo '==> the catalogue on a kind cluster'
	@$(suite.kind)

e2e-down: ## remove a kind cluster that was kept (CLUSTER_NAME)
	@go run ./e2e/kindcluster/provider/cmd/down

check: ## judge a saved history again, without a cluster (HISTORY)
	$(if $(HISTORY),,$(error make check needs HISTORY=path; a run prints where its history file is))
	@go run ./e2e/cmd/interregnum judge "$$HISTORY"

show: ## draw a saved history as a page, or a folder of runs with a page over all of them (HISTORY; default: RUNS)
	@go run ./e2e/cmd/interregnum show "$(or $(HISTORY),$(RUNS))"

attack: ## edit real histories in every way, and see whether it is noticed as it must be (HISTORY, SEED, EDITS, FOCUS)
ifdef HISTORY
	@go run ./e2e/cmd/attack -seed "$(or $(SEED),0)" -edits "$(or $(EDITS),3)" -focus "$$FOCUS" "$$HISTORY"
else
	@go -C envtest/simcluster test -count=1 -v -run '^TestAttack$$' -attack.seed "$(or $(SEED),0)" -attack.edits "$(or $(EDITS),3)" -attack.focus "$$FOCUS"
endif

bench: ## how fast virtual time is (runs/s of one failover, of 3 to 100 replicas, and of exploration), and how long a million facts take to read and to judge
	@go test ./envtest/simcluster -run '^$$' -bench '^BenchmarkFailover$$' -benchtime 5s -count 1
	@go test ./envtest/simcluster -run '^$$' -bench '^BenchmarkGrowth$$' -benchtime 10x -count 1
	@go test ./envtest/simcluster -run '^$$' -bench '^BenchmarkExploration$$' -benchtime 300x -count 1
	@go test ./e2e/history ./e2e/invariant -run '^$$' -bench '^Benchmark(Read|Judge)$$' -benchtime 1x -count 1

lint: ## gofmt, go vet, golangci-lint and actionlint
	@echo '==> gofmt'; badly=$$(gofmt -l .) && test -z "$$badly" || { echo "not formatted: $$badly"; exit 1; }
	@echo '==> go vet'; go vet ./...
	@echo '==> golangci-lint (built at first use, which takes a minute or two)'; $(golangci-lint) run
	@echo '==> actionlint'; $(actionlint)

deflake: ## repeat suites until the first failure (SUITES, COUNT, FOCUS, LABELS, PROFILE)
	@mkdir -p "$$RUNS"; log="$$RUNS/deflake.log"; round=0; $(control-plane) || exit 1; \
	while [ $$round -lt $(COUNT) ]; do \
		round=$$((round + 1)); began=$$(date +%s); printf 'round %d of %d: ' $$round $(COUNT); \
		for suite in $(SUITES); do \
			( case $$suite in sim) $(suite.sim) ;; envtest) $(suite.envtest) ;; kind) $(suite.kind) ;; \
				*) echo "unknown suite $$suite; known: $(clusters)"; exit 1 ;; esac ) >"$$log" 2>&1 || \
				{ echo "$$suite FAILED"; cat "$$log"; echo "failed in round $$round of $(COUNT), on $$suite; also in $$log"; exit 1; }; \
		done; \
		echo "passed in $$(($$(date +%s) - began)) s"; \
	done

control-plane: ## get kube-apiserver and etcd now (else the first envtest run does) and print their folder
	@hack/control-plane.sh

image: ## build the manager's container image and print its name (CONTROLLER)
	@go run ./e2e/kindcluster/provider/cmd/image "$$RUNS/bin/image"

node-image: ## build a kind node image from source, for machines without a registry; Debian, a quarter of an hour
	@hack/nodeimage/build.sh

docker: ## install and start Docker on a Debian machine that has none; as root
	@hack/docker.sh

clean: ## remove the output of runs and built binaries
	rm -rf .runs bin
	@echo "The cache of control-plane binaries stays; to remove it: rm -r $${XDG_CACHE_HOME:-$$HOME/.cache}/interregnum"
