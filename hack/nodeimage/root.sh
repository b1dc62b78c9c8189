#!/bin/sh
# Makes two root filesystems from Debian packages, without a container registry: root.sh DEST CACHE
#	DEST/node.tar   a machine with systemd, as kind's base image is
#	DEST/tools.tar  just the programs by which kube-proxy and nodenet set up the network
# CACHE is a folder in which the packages stay for the next time.
# shellcheck disable=SC2016 # what is quoted is apt's, or for the shell that mmdebstrap starts
set -eu

dest=$1 cache=$2
release=bookworm
options=$(mktemp)
child=''
trap '[ -z "$child" ] || { kill -TERM "-$child" && wait "$child"; } 2>/dev/null || :; rm -f "$options"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir -p "$dest" "$cache"

# The mirrors and proxies of this machine, which may reach no others; on other than Debian, mmdebstrap's own.
mirror() {
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' "Label: $1" | sort -u | head -n 1
}
main=$(mirror Debian) security=$(mirror Debian-Security)
apt-config dump | grep -E '^Acquire::(https?::Proxy|Check-)' >"$options" || :

# debian FILE ARGUMENT...: in the background, so that a signal is heard at once and not only at the end; and in a process
# group of its own, because mmdebstrap ends early, and cleans up, only if all its processes get the signal.
# force-unsafe-io: what a crash would spoil is thrown away anyhow.
debian() {
	file=$1
	shift
	setsid mmdebstrap --quiet --aptopt="$options" \
		--dpkgopt=force-unsafe-io \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-include=/usr/share/doc/*/copyright' \
		--skip=download/empty --skip=essential/unlink \
		--setup-hook='mkdir -p "$1/var/cache/apt/archives"' \
		--setup-hook="sync-in $cache /var/cache/apt/archives" \
		"$@" "$release" "$file" ${main:+"deb $main $release main"} ${security:+"deb $security $release-security main"} &
	child=$!
	wait "$child"
	child=''
}

# What kind's base image has, but for what mounts volumes over a network, and for rootless docker; runc, which kind
# compiles; and /sbin/init, which kind links by hand.
packages=systemd,systemd-sysv,conntrack,iptables,nftables,iproute2,ethtool,util-linux,mount,kmod,libseccomp2,pigz
packages=$packages,e2fsprogs,bash,ca-certificates,curl,jq,procps,runc
echo "getting the node's system as Debian packages" >&2
debian "$dest/node.tar" --variant=essential --include="$packages" \
	--customize-hook="sync-out /var/cache/apt/archives $cache" \
	--customize-hook='rm -rf "$1/var/cache/apt" "$1"/var/lib/apt/lists/* "$1"/var/log/*'

# extract: unpacked, not installed, so nothing that only an installation needs. Hence no alternatives for iptables.
echo "getting the network tools as Debian packages" >&2
debian "$dest/tools.tar" --variant=extract --include=conntrack,iproute2,iptables,kmod,nftables \
	--extract-hook='for name in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
		ln -sf xtables-nft-multi "$1/usr/sbin/$name"
	done' \
	--extract-hook="sync-out /var/cache/apt/archives $cache" \
	--extract-hook='rm -rf "$1/usr/share/locale" "$1/usr/share/man" "$1/var/cache/apt"'
