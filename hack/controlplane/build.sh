#!/bin/sh
# Builds programs of a control plane from Go modules into the folder $1, with progress on standard error: those that are
# named after it, else kube-apiserver and etcd.
#
# For machines that can reach a Go module proxy and nothing else: setup-envtest downloads
# binaries from a release page, which such machines cannot. Takes five to ten minutes on two cores.
# The versions are those of the go.mod beside this file; kro, which is none of Kubernetes' own, has one in ../operators/kro.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "${1:?"usage: build.sh DEST [PROGRAM...]"}"
dest=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- etcd kube-apiserver
cd "$here"

# A folder is built for the machine that it is built on, whatever the caller cross-compiles for; and from this
# module, whatever workspace the caller works in.
GOOS=$(go env GOHOSTOS) GOARCH=$(go env GOHOSTARCH) GOWORK=off CGO_ENABLED=0
export GOOS GOARCH GOWORK CGO_ENABLED

kubernetes=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
minor=${kubernetes#v1.}
minor=${minor%%.*}

# The version is stamped by the linker in Kubernetes' own release builds (hack/lib/version.sh); without it
# kube-apiserver calls itself v0.0.0 and refuses to start its feature gates.
stamp="-s -w"
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
	stamp="$stamp -X $package.gitVersion=$kubernetes -X $package.gitMajor=1 -X $package.gitMinor=$minor"
done

# A go command that is told to stop leaves its temporary folder behind, so it is given one that is removed here.
GOTMPDIR=$(mktemp -d)
export GOTMPDIR
log="$GOTMPDIR/log"
builder=''
clean_up() {
	[ -z "$builder" ] || { kill "$builder" && wait "$builder"; } 2>/dev/null || :
	rm -rf "$GOTMPDIR" || { sleep 2 && rm -rf "$GOTMPDIR"; } # a last compiler may still have been writing
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# compile NAME PACKAGE. In the background, so that progress is told by the clock and a signal is heard at once:
# go build -v names each package that it has compiled, but says nothing while it downloads or links.
compile() {
	echo "building $1 from $2" >&2
	go build -v -trimpath -ldflags "$stamp" -o "$dest/$1" "$2" 2>"$log" &
	builder=$!
	seconds=0
	while kill -0 "$builder" 2>/dev/null; do
		sleep 1
		seconds=$((seconds + 1))
		[ $((seconds % 15)) -ne 0 ] || echo "  $1: $seconds s, $(wc -l <"$log" | tr -d ' ') steps done, last: $(tail -n 1 "$log")" >&2
	done
	finished=$builder builder=''
	wait "$finished" || {
		tail -n 40 "$log" >&2
		echo "building $1 failed; the lines above say why" >&2
		exit 1
	}
	echo "built $1 in $seconds s" >&2
}

for program; do
	cd "$here"
	case $program in
	kro)
		cd ../operators/kro
		stamp='-s -w' compile kro github.com/kubernetes-sigs/kro/cmd/controller
		;;
	etcd) compile etcd go.etcd.io/etcd/server/v3 ;;
	kube-*) compile "$program" "k8s.io/kubernetes/cmd/$program" ;;
	*) echo "unknown program $program: expected etcd, or one of Kubernetes, such as kube-scheduler, or kro" >&2 && exit 1 ;;
	esac
done
