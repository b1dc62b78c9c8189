#!/bin/sh
# Runs a command and shows on standard error, as it comes, what the command writes to the pipe that $PROGRESS names.
#
# Ginkgo shows what a process of a parallel suite prints when the suite is over; a cluster takes a minute to come up.
set -u
folder=$(mktemp -d) || exit
trap 'rm -rf "$folder"' EXIT
# A Ctrl-C is for the command, which then removes what it has made, and tells so.
trap : INT TERM HUP

PROGRESS="$folder/progress"
export PROGRESS
mkfifo "$PROGRESS" || exit
exec 9<>"$PROGRESS" # A writer until the command has ended, so that the reader does not end before.
(trap '' INT TERM HUP && exec cat "$PROGRESS" >&2 9>&-) &

"$@" 9>&-
status=$?
exec 9>&-
wait
exit "$status"
