#!/bin/sh
# Prints the folder that holds the controllers of e2e/examples that are named ("kube-controller-manager", "kube-scheduler", "kro"),
# and builds those that are missing from Go modules first, which takes minutes, once. Standard output carries that folder alone.
#
# kro is a folder of its own, with what its release has beside the program: crds.yaml.
set -eu

hack=$(cd "$(dirname "$0")" && pwd)
version() { awk -v module="$2" '{ sub(/^require /, ""); sub(/^\t/, "") } $1 == module { print $2; exit }' "$hack/$1/go.mod"; }
kubernetes=$(version controlplane k8s.io/kubernetes)
folder="${XDG_CACHE_HOME:-$HOME/.cache}/interregnum/operators/$kubernetes-$(go env GOHOSTOS)-$(go env GOHOSTARCH)"
mkdir -p "$folder"
work=$(mktemp -d "$folder/.work-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# kro builds the folder of its version, and has "kro" lead there.
kro() {
	versioned=kro-$(version operators/kro github.com/kubernetes-sigs/kro)
	if [ ! -d "$folder/$versioned" ]; then
		mkdir "$work/$versioned"
		"$hack/controlplane/build.sh" "$work/$versioned" kro
		source=$(cd "$hack/operators/kro" && GOWORK=off go list -m -f '{{.Dir}}' github.com/kubernetes-sigs/kro)
		for definition in "$source"/helm/crds/*.yaml; do
			echo ---
			cat "$definition"
		done >"$work/$versioned/crds.yaml"
		mv "$work/$versioned" "$folder/" 2>/dev/null || [ -d "$folder/$versioned" ] # Somebody else may have been quicker.
	fi
	ln -sfn "$versioned" "$folder/kro"
}

for program; do
	if [ "$program" = kro ]; then
		kro
	elif [ ! -x "$folder/$program" ]; then
		"$hack/controlplane/build.sh" "$work" "$program"
		mv "$work/$program" "$folder/$program" # At once, whoever else is building it.
	fi
done
echo "$folder"
