#!/bin/sh
# Prints the folder that holds kube-apiserver and etcd, and gets them first where they are missing.
#
# Standard output carries that folder and nothing else, so that a caller can write
#	KUBEBUILDER_ASSETS=$(hack/control-plane.sh) && export KUBEBUILDER_ASSETS
#
# Where they come from, in this order:
#   1. $KUBEBUILDER_ASSETS: whoever sets it means it, so a wrong one is an error and not a reason to look elsewhere;
#   2. the user's cache folder, under the versions that hack/controlplane/go.mod asks for;
#   3. setup-envtest, which downloads the binaries that the Kubernetes project builds for tests;
#   4. the source, through the Go module proxy: for machines that can reach nothing else. Takes minutes, once.
set -eu

hack=$(cd "$(dirname "$0")" && pwd)
build_seconds=7200 download_seconds=600 tool_seconds=300 index_seconds=30
child='' heartbeat='' work='' lock=''

say() { printf 'control plane: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
present() { [ -f "$1/kube-apiserver" ] && [ -x "$1/kube-apiserver" ] && [ -f "$1/etcd" ] && [ -x "$1/etcd" ]; }
last_line() { awk 'NF { line = $0 } END { print line }' "$1"; }

# flaw FOLDER: what keeps FOLDER from being used, or nothing. It runs the binaries: one for another machine is there, too.
flaw() {
	[ -d "$1" ] || { echo "there is no folder $1"; return; }
	for binary in kube-apiserver etcd; do
		[ -e "$1/$binary" ] || { echo "$1 holds no $binary"; return; }
		if [ ! -f "$1/$binary" ] || [ ! -x "$1/$binary" ]; then echo "$1/$binary is not an executable file" && return; fi
		output=$("$1/$binary" --version 2>&1) || { echo "$1/$binary --version fails: $output"; return; }
	done
}

# bounded SECONDS COMMAND...: runs a command and stops it when the time is up. macOS has no timeout(1).
# The child's number is kept where the traps below find it.
bounded() {
	left=$1
	shift
	"$@" &
	child=$!
	while kill -0 "$child" 2>/dev/null; do
		if [ "$left" -le 0 ]; then
			stop_child
			return 124
		fi
		sleep 1
		left=$((left - 1))
	done
	done_child=$child child=''
	wait "$done_child"
}

stop_child() {
	[ -n "$child" ] || return 0
	kill "$child" 2>/dev/null || :
	wait "$child" 2>/dev/null || :
	child=''
}

clean_up() {
	stop_child
	[ -z "$heartbeat" ] || kill "$heartbeat" 2>/dev/null || :
	[ -z "$work" ] || rm -rf "$work"
	[ -z "$heartbeat" ] || rmdir "$lock" 2>/dev/null || :
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Two clones at once must not both build for minutes. A folder as a lock works everywhere. Its holder touches it every few
# seconds, so one that nobody touches is left over from a holder that was killed. (A process number would not tell: it
# is reused, and means nothing across containers that share a cache.) Should two get in all the same, only time is
# lost: each works in a folder of its own.
take_lock() {
	refusals=0 seconds=0
	until refusal=$(mkdir "$lock" 2>&1); do
		if [ ! -d "$lock" ]; then
			refusals=$((refusals + 1))
			[ "$refusals" -lt 5 ] || fail "cannot make the lock: $refusal"
		elif [ -n "$(find "$lock" -prune -mmin +1 2>/dev/null)" ]; then
			say "removing the lock $lock: nobody has touched it for a minute"
			rmdir "$lock" 2>/dev/null || fail "cannot remove the lock $lock; remove it by hand"
			continue
		elif [ $((seconds % 60)) -eq 0 ]; then
			say "another process is getting the binaries; waiting for it (lock: $lock)"
		fi
		sleep 1
		seconds=$((seconds + 1))
	done
	while kill -0 $$ && touch -c "$lock"; do sleep 5; done >/dev/null 2>&1 &
	heartbeat=$!
}

# download FOLDER: by setup-envtest. Bounded at each step, because a network that swallows packets gives no error.
download() {
	line="${kubernetes#v}" && line="${line%.*}.x"
	log="$work/log"
	reason() {
		if [ "$1" -eq 124 ]; then echo "$2 took longer than $3 s"; else last_line "$log"; fi
	}
	bounded $tool_seconds env GOWORK=off go tool -C "$hack/tools/setup-envtest" -n setup-envtest >"$work/tool" 2>"$log" ||
		{ why=$(reason $? "building setup-envtest" $tool_seconds) && return 1; }
	tool=$(cat "$work/tool")
	bounded $index_seconds "$tool" list "$line" --bin-dir "$work/download" >/dev/null 2>"$log" ||
		{ why=$(reason $? "asking for the list of releases" $index_seconds) && return 1; }
	say "downloading Kubernetes $line with setup-envtest (given up after $download_seconds s)"
	bounded $download_seconds "$tool" use "$line" --bin-dir "$work/download" --print path >"$work/path" 2>"$log" ||
		{ why=$(reason $? "the download" $download_seconds) && return 1; }
	found=$(cat "$work/path")
	why=$(flaw "$found")
	[ -z "$why" ] && mkdir "$1" && mv "$found/kube-apiserver" "$found/etcd" "$1"
}

if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
	why=$(flaw "$KUBEBUILDER_ASSETS")
	[ -z "$why" ] || fail "KUBEBUILDER_ASSETS cannot be used
  expected: a folder with kube-apiserver and etcd that run on this machine
  seen:     $why
  to do:    correct KUBEBUILDER_ASSETS, or unset it: then the binaries are downloaded or built"
	cd "$KUBEBUILDER_ASSETS" && pwd
	exit
fi

command -v go >/dev/null || fail "go is not in PATH; install Go, or set KUBEBUILDER_ASSETS to a folder with kube-apiserver and etcd"
version() { awk -v module="$1" '$1 == module { print $2; exit }' "$hack/controlplane/go.mod"; }
kubernetes=$(version k8s.io/kubernetes)
etcd=$(version go.etcd.io/etcd/server/v3)
cache="${XDG_CACHE_HOME:-$HOME/.cache}/interregnum/control-plane"
final="$cache/$kubernetes-$etcd-$(go env GOHOSTOS)-$(go env GOHOSTARCH)"

if ! present "$final"; then
	mkdir -p "$cache" || fail "cannot make the cache folder $cache; XDG_CACHE_HOME chooses another"
	lock="$final.lock"
	take_lock
fi
if ! present "$final"; then # still: whoever held the lock before may have filled it
	find "$cache"/.work-* -prune -mtime +1 -exec rm -rf {} + 2>/dev/null || : # left by those who were killed
	work=$(mktemp -d "$cache/.work-XXXXXX")
	if download "$work/bin"; then
		say "downloaded"
	else
		say "no download ($why); building $kubernetes and etcd $etcd from source instead: some minutes, once"
		rm -rf "${work:?}/bin"
		bounded $build_seconds "$hack/controlplane/build.sh" "$work/bin" >&2 || fail "building from source failed; the lines above say why"
		why=$(flaw "$work/bin")
		[ -z "$why" ] || fail "what was built does not run: $why"
	fi
	rm -rf "$final" # incomplete, and mv would move into it
	mv "$work/bin" "$final"
	say "kept in $final: $("$final/kube-apiserver" --version), $("$final/etcd" --version | sed -n 1p)"
fi
echo "$final"
