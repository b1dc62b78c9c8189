#!/bin/sh
# The last steps of the node's root filesystem, inside it: what kind's images/base/Dockerfile does with RUN.
set -eu

# Units that make no sense in a container, or reach out of it.
rm -f /lib/systemd/system/sysinit.target.wants/systemd-tmpfiles-setup.service
rm -f /lib/systemd/system/multi-user.target.wants/* /etc/systemd/system/*.wants/* /lib/systemd/system/local-fs.target.wants/*
rm -f /lib/systemd/system/sockets.target.wants/*udev* /lib/systemd/system/sockets.target.wants/*initctl*
rm -f /lib/systemd/system/basic.target.wants/*
systemctl mask systemd-binfmt.service # binfmt_misc is the whole machine's
echo 'ReadKMsg=no' >>/etc/systemd/journald.conf

systemctl enable kubelet.service containerd.service undo-mount-hacks.service
mkdir -p /etc/kubernetes/manifests

# What every container starts from.
ctr oci spec >/tmp/spec
jq '.hooks.createContainer[.hooks.createContainer | length] |= . + {"path": "/kind/bin/mount-product-files.sh"} | del(.process.rlimits)' \
	/tmp/spec >/etc/containerd/cri-base.json
rm /tmp/spec
