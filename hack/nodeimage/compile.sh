#!/bin/sh
# Compiles every Go program of the node image into the folder $1, with progress on standard error.
#
# The versions are those of the go.mod files in the folders beside this file, and of hack/controlplane/go.mod.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "${1:?"usage: compile.sh DEST"}"
dest=$(cd "$1" && pwd)

# For the machine's own architecture, whatever the caller cross-compiles for; and from these modules, whatever
# workspace the caller works in.
GOOS=linux GOARCH=$(go env GOHOSTARCH) GOWORK=off CGO_ENABLED=0 GOFLAGS=''
export GOOS GOARCH GOWORK CGO_ENABLED GOFLAGS

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

version() { go list -m -f '{{.Version}}' "$1"; }

# compile FOLDER FLAGS PACKAGE...: the packages of one module. In the background, so that progress is told by the clock
# and a signal is heard at once: go build -v names what it has compiled, but says nothing while it downloads or links.
compile() {
	name=$(basename "$1") flags=$2
	cd "$1"
	shift 2
	go build -v -trimpath -buildvcs=false -ldflags "-s -w $flags" -tags no_aufs,no_btrfs,no_devmapper,no_zfs -o "$dest/" "$@" 2>"$log" &
	builder=$!
	seconds=0
	while kill -0 "$builder" 2>/dev/null; do
		sleep 1
		seconds=$((seconds + 1))
		[ $((seconds % 15)) -ne 0 ] || echo "  $name: $seconds s, $(wc -l <"$log" | tr -d ' ') steps done, last: $(tail -n 1 "$log")" >&2
	done
	finished=$builder builder=''
	wait "$finished" || {
		tail -n 40 "$log" >&2
		echo "compiling $name failed; the lines above say why" >&2
		exit 1
	}
	echo "compiled $name in $seconds s" >&2
}

compile "$here/pause" '' .
compile "$here/nodenet" '' .
compile "$here/coredns" '' .

plugins=github.com/containernetworking/plugins
cd "$here/cni"
compile "$here/cni" "-X $plugins/pkg/utils/buildversion.BuildVersion=$(version $plugins)" \
	$plugins/plugins/ipam/host-local $plugins/plugins/main/loopback $plugins/plugins/main/ptp $plugins/plugins/meta/portmap

cd "$here/crictl"
compile "$here/crictl" "-X sigs.k8s.io/cri-tools/pkg/version.Version=$(version sigs.k8s.io/cri-tools)" sigs.k8s.io/cri-tools/cmd/crictl

containerd=github.com/containerd/containerd/v2
cd "$here/containerd"
compile "$here/containerd" "-X $containerd/version.Version=$(version $containerd)" \
	$containerd/cmd/containerd $containerd/cmd/containerd-shim-runc-v2 $containerd/cmd/ctr

# The version is stamped by the linker in Kubernetes' own release builds (hack/lib/version.sh); without it they all call
# themselves v0.0.0, and kubeadm refuses to work with its own kubelet.
cd "$here/../controlplane"
kubernetes=$(version k8s.io/kubernetes)
minor=${kubernetes#v1.}
stamp=''
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
	stamp="$stamp -X $package.gitVersion=$kubernetes -X $package.gitMajor=1 -X $package.gitMinor=${minor%%.*}"
done
packages=''
for program in kubeadm kubectl kubelet kube-apiserver kube-controller-manager kube-proxy kube-scheduler; do
	packages="$packages k8s.io/kubernetes/cmd/$program"
done
# shellcheck disable=SC2086 # words
compile "$here/../controlplane" "$stamp" $packages go.etcd.io/etcd/server/v3
mv "$dest/server" "$dest/etcd" # go names a program after the last folder of its path
