#!/bin/sh
# Prints the folder that holds the controllers of e2e/examples that are named ("kube-controller-manager", "kube-scheduler"), and
# builds those that are missing from Go modules first, which takes minutes, once. Standard output carries that folder alone.
set -eu

hack=$(cd "$(dirname "$0")" && pwd)
kubernetes=$(awk '$1 == "k8s.io/kubernetes" { print $2; exit }' "$hack/controlplane/go.mod")
folder="${XDG_CACHE_HOME:-$HOME/.cache}/interregnum/operators/$kubernetes-$(go env GOHOSTOS)-$(go env GOHOSTARCH)"
mkdir -p "$folder"
work=$(mktemp -d "$folder/.work-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

for program; do
	[ ! -x "$folder/$program" ] || continue
	"$hack/controlplane/build.sh" "$work" "$program"
	mv "$work/$program" "$folder/$program" # At once, whoever else is building it.
done
echo "$folder"
