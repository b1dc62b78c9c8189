#!/bin/sh
# Builds a node image for kind from source and puts it into the local docker: build.sh [TAG]
#
# For machines that can reach no container registry, only Debian packages and Go modules. The tag's default is
# interregnum/node:<version of Kubernetes>. An image that was built from the same inputs is left as it is.
#
# Where the parts come from:
#   - programs: the Go modules beside this file, and Kubernetes and etcd at the versions of hack/controlplane/go.mod;
#   - the system around them: Debian packages (root.sh) and kind's own files, at the version of kind in the root go.mod;
#   - container images: those programs again (archive.sh), under the names by which kubeadm and containerd ask for them.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
label=interregnum.node-image.inputs
work='' container='' base='' child='' fetcher=''

say() { printf 'node image: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

clean_up() {
	for process in $child $fetcher; do { kill "$process" && wait "$process"; } 2>/dev/null || :; done
	[ -z "$container" ] || docker rm -f -v "$container" >/dev/null 2>&1 || :
	[ -z "$base" ] || docker rmi "$base" >/dev/null 2>&1 || : # refused, rightly, once the image is built upon it
	[ -z "$work" ] || rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# step DESCRIPTION COMMAND...: in the background, so that a signal is heard at once and not only when COMMAND ends. A
# function as COMMAND hands over to its program by exec, so that the program gets the signal and not a shell before it.
step() {
	say "$1"
	description=$1 begun=$(date +%s)
	shift
	"$@" &
	child=$!
	wait "$child" || { child='' && fail "failed: $description; the lines above say why"; }
	child=''
	say "  took $(($(date +%s) - begun)) s"
}

need() { command -v "$1" >/dev/null || fail "$1 is not in PATH
  expected: $1, to build a node image
  to do:    $2"; }

need go "install Go"
need docker "make docker, on Debian and Ubuntu; elsewhere install docker"
said=$(docker version --format '{{.Server.Version}}' 2>&1) || fail "docker does not answer
  expected: a docker daemon
  seen:     $(printf '%s\n' "$said" | tail -n 1)
  to do:    start docker; 'make docker' does it on Debian and Ubuntu"

# The inputs: everything in these folders, the versions of the rest, and the machine's architecture.
export GOWORK=off
module() { # FORMAT MODULE; of the root module
	go -C "$root" mod download "$2" && go -C "$root" list -m -f "$1" "$2"
}
kubernetes=$(awk '$1 == "k8s.io/kubernetes" { print $2; exit }' "$here/../controlplane/go.mod")
kind=$(module '{{.Version}}' sigs.k8s.io/kind) || fail "cannot get kind's files: see above"
kind_files=$(module '{{.Dir}}' sigs.k8s.io/kind)/images/base/files
architecture=$(go env GOHOSTARCH)
inputs=$(
	cd "$here/.."
	{
		find nodeimage controlplane/go.mod controlplane/go.sum -type f | LC_ALL=C sort | xargs sha256sum
		echo "$kind $architecture $(go env GOVERSION)"
	} | sha256sum | cut -c 1-16
)
tag=${1:-interregnum/node:$kubernetes}

built() { [ "$(docker image inspect -f "{{index .Config.Labels \"$label\"}}" "$tag" 2>/dev/null)" = "$inputs" ]; }
enough() { say "$tag is there already, built from the same inputs ($inputs); nothing to do"; }
if built; then
	enough
	exit
fi

need mmdebstrap "apt-get install mmdebstrap. A node image can be built on Debian and Ubuntu only; elsewhere let kind
            download one (kind's release page names it)"

# Two builds at once would each take twice as long, for the same image. The kernel frees this lock with its holder.
cache="${XDG_CACHE_HOME:-$HOME/.cache}/interregnum"
mkdir -p "$cache"
exec 9>"$cache/node-image.lock"
if ! flock -n 9; then
	say "another build is under way; waiting for it (lock: $cache/node-image.lock)"
	flock 9 &
	child=$!
	wait "$child"
	child=''
	if built; then
		enough
		exit
	fi
fi

started=$(date +%s)
find "$cache"/.node-image-* -prune -mtime +1 -exec rm -rf {} + 2>/dev/null || : # left by those who were killed
work=$(mktemp -d "$cache/.node-image-XXXXXX")
chmod 755 "$work" # mmdebstrap may work as another user
say "building $tag from source: about 20 minutes on two cores, or 4 when all is compiled already"

# Fetching waits for the network, and compiling for the processor: together they take as long as the longer.
"$here/root.sh" "$work" "$cache/packages" >"$work/root.log" 2>&1 &
fetcher=$!
step "compiling; fetching Debian packages at the same time" "$here/compile.sh" "$work/bin"
fetched() { while kill -0 "$fetcher" 2>/dev/null; do sleep 1; done; }
step "waiting for the Debian packages" fetched
wait "$fetcher" || { fetcher='' && tail -n 20 "$work/root.log" >&2 && fail "fetching Debian packages failed; the lines above say why"; }
fetcher=''

# What goes over the packages: kind's files, with the modes that kind's Dockerfile gives them, and the programs.
overlay="$work/overlay"
put() { install -D -m "$1" "$2" "$overlay$3"; }
(cd "$kind_files" && find . -type f) | while read -r file; do
	case $file in
	./usr/local/bin/* | ./kind/bin/*) put 755 "$kind_files/$file" "/$file" ;;
	*) put 644 "$kind_files/$file" "/$file" ;;
	esac
done
for program in kubeadm kubectl kubelet; do put 755 "$work/bin/$program" "/usr/bin/$program"; done
for program in containerd containerd-shim-runc-v2 ctr crictl; do put 755 "$work/bin/$program" "/usr/local/bin/$program"; done
for program in host-local loopback portmap ptp; do put 755 "$work/bin/$program" "/opt/cni/bin/$program"; done
for manifest in default-cni default-storage; do put 644 "$here/manifests/$manifest.yaml" "/kind/manifests/$manifest.yaml"; done
printf '%s' "$kubernetes" >"$overlay/kind/version"
tar -C "$overlay" --owner=0 --group=0 --numeric-owner -cf "$work/overlay.tar" .
rm -r "$overlay"

# Which images a cluster asks for is kubeadm's business, but for pause, which containerd's configuration names.
pause=$(awk -F '"' '/sandbox_image/ { print $2 }' "$kind_files/etc/containerd/config.toml")
others=$("$work/bin/kubeadm" config images list --kubernetes-version "$kubernetes" | grep -v /pause:)
own=$(awk '$1 == "image:" { print $2 }' "$here/manifests/default-cni.yaml")
# shellcheck disable=SC2086 # words
images() { exec "$here/archive.sh" "$work/bin" "$work/tools.tar" "$work/images" $others "$pause" "$own" >"$work/images.tar"; }
step "packing the container images" images
rm -r "$work/images"

import() { exec docker import "$work/node.tar" >"$work/base"; }
step "bringing the system into docker" import
base=$(cat "$work/base")

# The rest happens in a container of that system; kind does the same.
container="interregnum-node-image-$$"
run() {
	# The signal and the variable are systemd's; the image has them from this container.
	docker run -d --name "$container" --stop-signal SIGRTMIN+3 --env container=docker \
		--entrypoint sleep --security-opt seccomp=unconfined "$base" infinity >/dev/null
	docker exec -i "$container" tar -C / -xf - <"$work/overlay.tar"
	docker exec -i "$container" sh <"$here/finish.sh" >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2 && return 1; }
}
step "putting the programs into the system" run

# containerd itself fills its store.
fill() {
	docker exec -d "$container" containerd
	seconds=0
	until docker exec "$container" ctr version >"$work/log" 2>&1; do
		[ "$seconds" -lt 60 ] || { cat "$work/log" >&2 && echo "containerd does not answer within 60 s" >&2 && return 1; }
		sleep 1
		seconds=$((seconds + 1))
	done
	docker exec -i "$container" ctr --namespace=k8s.io images import --label=io.cri-containerd.pinned=pinned \
		--all-platforms --no-unpack --digests - <"$work/images.tar" >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2 && return 1; }
	docker exec "$container" sh -c 'pkill -x containerd; while pgrep -x containerd >/dev/null; do sleep 0.1; done; rm -rf /run/containerd /tmp/*'
}
step "filling containerd with the images" fill

previous=$(docker image inspect -f '{{.Id}}' "$tag" 2>/dev/null) || previous=''
commit() {
	exec docker commit --change 'ENTRYPOINT [ "/usr/local/bin/entrypoint", "/sbin/init" ]' --change "LABEL $label=$inputs" \
		"$container" "$tag" >/dev/null
}
step "saving the image" commit
[ -z "$previous" ] || docker rmi "$previous" >/dev/null 2>&1 || : # a cluster may still use it
say "built $tag in $(($(date +%s) - started)) s: $(docker image inspect -f '{{.Size}}' "$tag" | awk '{ printf "%.0f MB", $1 / 1e6 }')"
