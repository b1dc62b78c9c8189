#!/bin/sh
# Builds kube-apiserver and etcd from Go modules into the folder $1, with progress on standard error.
#
# For machines that can reach a Go module proxy and nothing else: setup-envtest downloads
# binaries from a release page, which such machines cannot. Takes about five minutes on two cores.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
dest=${1:?"usage: build.sh DEST"}
cd "$here"

kubernetes=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
minor=${kubernetes#v1.}
minor=${minor%%.*}

# The version is stamped by the linker in Kubernetes' own release builds (hack/lib/version.sh); without it
# kube-apiserver calls itself v0.0.0 and refuses to start its feature gates.
stamp="-s -w"
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
	stamp="$stamp -X $package.gitVersion=$kubernetes -X $package.gitMajor=1 -X $package.gitMinor=$minor"
done

# compile NAME PACKAGE: go build -v names each package that it has compiled; one line in fifty is progress enough.
compile() {
	echo "building $1 from $2" >&2
	status=$(mktemp)
	{
		CGO_ENABLED=0 go build -v -trimpath -ldflags "$stamp" -o "$dest/$1" "$2" 2>&1 && echo ok >"$status"
	} | awk '
		/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/ { if (++n % 50 == 0) { printf "  %d packages compiled (%s)\n", n, $0; fflush() } next }
		{ print; fflush() }' >&2
	test -s "$status" || { rm -f "$status"; echo "building $1 failed; the lines above say why" >&2; exit 1; }
	rm -f "$status"
}

mkdir -p "$dest"
compile etcd go.etcd.io/etcd/server/v3
compile kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver
