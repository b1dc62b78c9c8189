#!/bin/sh
# Packs the programs in the folder BINARIES into container images, as one archive of the kind that `docker save` makes:
#	archive.sh BINARIES TOOLS.tar WORK NAME... >images.tar
#
# By hand, because `docker build` would put these images, whose names are those of the real ones, among the user's.
# Layers are not compressed: every new node unpacks them, and would be slower by seconds.
set -eu

binaries=$1 tools=$2 work=$3
shift 3
mkdir -p "$work"
architecture=$(go env GOHOSTARCH)
manifest=''

pack() { tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$1" -cf "$2" .; }
digest() { sha256sum "$1" | cut -d ' ' -f 1; }

# image NAME ENTRYPOINT LAYER...: adds one image to the archive. Layers are files in $work.
image() {
	name=$1 entrypoint=$2
	shift 2
	diffs='' layers=''
	for layer; do
		diffs="$diffs,\"sha256:$(digest "$work/$layer")\"" layers="$layers,\"$layer\""
	done
	printf '{"architecture":"%s","os":"linux","config":{"Env":["PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],"Entrypoint":["%s"]},"rootfs":{"type":"layers","diff_ids":[%s]}}' \
		"$architecture" "$entrypoint" "${diffs#,}" >"$work/config"
	config=$(digest "$work/config").json
	mv "$work/config" "$work/$config"
	manifest="$manifest,{\"Config\":\"$config\",\"RepoTags\":[\"$name\"],\"Layers\":[${layers#,}]}"
}

# program NAME PATH: a layer with that one file.
program() {
	mkdir -p "$work/$1$(dirname "$2")"
	cp "$binaries/$1" "$work/$1$2"
	pack "$work/$1" "$work/$1.tar"
	rm -r "${work:?}/$1"
}

ln "$tools" "$work/tools.tar" 2>/dev/null || cp "$tools" "$work/tools.tar"
for name; do
	base=${name##*/}
	base=${base%%:*}
	case $base in
	kube-apiserver | kube-controller-manager | kube-scheduler | etcd)
		program "$base" "/usr/local/bin/$base"
		image "$name" "/usr/local/bin/$base" "$base.tar"
		;;
	kube-proxy)
		program kube-proxy /usr/local/bin/kube-proxy
		image "$name" /usr/local/bin/kube-proxy tools.tar kube-proxy.tar
		;;
	node-net)
		program nodenet /usr/local/bin/nodenet
		image "$name" /usr/local/bin/nodenet tools.tar nodenet.tar
		;;
	coredns | pause)
		program "$base" "/$base"
		image "$name" "/$base" "$base.tar"
		;;
	*)
		echo "archive.sh: kubeadm or kind wants the image $name, which this script cannot make; teach it" >&2
		exit 1
		;;
	esac
done
printf '[%s]' "${manifest#,}" >"$work/manifest.json"
cd "$work"
find . -type f -printf '%P\n' | sort | tar -cf - -T -
