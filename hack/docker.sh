#!/bin/sh
# Makes a docker daemon answer on a Debian or Ubuntu machine that has none: installs docker.io, and starts it.
#
# It changes the machine, so nothing runs it unasked. A daemon that answers already is left as it is.
set -eu

helpers=$(cd "$(dirname "$0")" && pwd)/docker
answer_seconds=90
runtime=/usr/local/libexec/interregnum/runc-without-sys-resource
config=/etc/docker/daemon.json
log=/var/log/dockerd.log
new_config='' output=$(mktemp)

say() { printf 'docker: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
trap 'rm -f "$output" "$new_config"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# macOS has no timeout(1), but has a daemon that answers, or gets no further than that.
answers() {
	limit='timeout 20'
	command -v timeout >/dev/null || limit=''
	$limit docker version --format '{{.Server.Version}}' >"$output" 2>&1
}

if answers; then
	say "a daemon answers already (version $(cat "$output")); nothing to do"
	exit
fi
said=$(tail -n 1 "$output")

[ -z "${DOCKER_HOST:-}" ] || fail "the daemon of DOCKER_HOST does not answer
  expected: a daemon at $DOCKER_HOST
  seen:     $said
  to do:    start that daemon, or unset DOCKER_HOST: then one is started on this machine"
[ -f /etc/debian_version ] || fail "cannot install docker on this system
  expected: Debian or Ubuntu
  seen:     $(uname -s) without /etc/debian_version, and no daemon that answers: $said
  to do:    install and start docker as your system does it; then run this again"
[ "$(id -u)" -eq 0 ] || fail "cannot install or start docker
  expected: root
  seen:     $(id -un), and for that user no daemon that answers: $said
  to do:    run this as root; or, if a daemon runs that only root may use, run what needs docker as root"

# A machine that is itself a container may withhold CAP_SYS_RESOURCE (number 24). A container can then not be given all
# capabilities, which is what --privileged means and kind asks for: runc fails.
sys_resource_withheld() {
	bounding=$(awk '$1 == "CapBnd:" { print $2 }' /proc/self/status)
	[ $((0x$bounding >> 24 & 1)) -eq 0 ]
}

# Before the installation, because installing docker.io can start the daemon.
if sys_resource_withheld; then
	say "this machine withholds CAP_SYS_RESOURCE; making containers go without it"
	mkdir -p "$(dirname "$runtime")" "$(dirname "$config")"
	install -m 755 "$helpers/runc-without-sys-resource" "$runtime"
	wanted='{
  "default-runtime": "runc-without-sys-resource",
  "runtimes": { "runc-without-sys-resource": { "path": "'$runtime'" } }
}'
	if [ ! -e "$config" ]; then
		new_config=$(mktemp "$config.XXXXXX")
		printf '%s\n' "$wanted" >"$new_config"
		chmod 644 "$new_config"
		mv "$new_config" "$config"
	elif ! grep -q "\"$runtime\"" "$config"; then
		fail "docker's configuration lacks what this machine needs
  expected: $config with
$wanted
  seen:     a $config without it, which is not overwritten
  to do:    add those lines to it, or move it away; then run this again"
	fi
fi

install_packages() {
	say "installing $*"
	DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@" >"$output" 2>&1 && return
	tail -n 20 "$output" >&2
	fail "apt-get install $* failed; the lines above say why"
}

if ! command -v dockerd >/dev/null || ! command -v iptables >/dev/null; then
	apt-get -qq -o DPkg::Lock::Timeout=300 update >"$output" 2>&1 || { cat "$output" >&2 && fail "apt-get update failed; the lines above say why"; }
	# dockerd refuses containers on a kernel with AppArmor and without its tools.
	apparmor=''
	! grep -q Y /sys/module/apparmor/parameters/enabled 2>/dev/null || apparmor=apparmor
	# shellcheck disable=SC2086 # one word or none
	install_packages docker.io iptables ca-certificates $apparmor
fi
command -v docker >/dev/null || install_packages docker-cli # a package of its own since Debian 13

daemon=''
if answers; then
	: # the installation started it
elif [ -d /run/systemd/system ]; then
	say "starting docker.service"
	systemctl enable --now docker.service || fail "systemd cannot start docker.service; see: journalctl -u docker.service"
	log='journalctl -u docker.service'
else
	say "starting dockerd; its log is $log"
	# In a session of its own: it is to outlive this script, and the terminal.
	setsid nohup dockerd >>"$log" 2>&1 </dev/null &
	daemon=$!
fi

seconds=0
until answers; do
	why=''
	if [ -n "$daemon" ] && ! kill -0 "$daemon" 2>/dev/null && ! answers; then
		why="dockerd ended: $(tail -n 1 "$log")"
	elif [ "$seconds" -ge $answer_seconds ]; then
		why="no answer within $answer_seconds s: $(tail -n 1 "$output")"
	fi
	[ -z "$why" ] || fail "docker does not start
  expected: a daemon that answers 'docker version'
  seen:     $why
  to do:    see $log; when that is mended, run this again"
	sleep 1
	seconds=$((seconds + 1))
	[ $((seconds % 10)) -ne 0 ] || say "waiting for the daemon to answer ($seconds s)"
done
say "the daemon answers (version $(cat "$output"))"
