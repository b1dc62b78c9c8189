package provider

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeDocker puts a shell script in docker's place, and the user's cache and home into folders of the test's own. The
// script finds the arguments in "$*". It returns what tells the calls made so far, a line each.
func fakeDocker(t *testing.T, script string) (calls func() []string) {
	t.Helper()
	folder := t.TempDir()
	log := filepath.Join(folder, "calls")
	text := "#!/bin/sh\necho \"$*\" >>'" + log + "'\n" + script + "\n"
	if err := os.WriteFile(filepath.Join(folder, "docker"), []byte(text), 0o755); err != nil { //nolint:gosec // It must be executable.
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+":/usr/bin:/bin")
	privateHome(t)
	return func() []string {
		content, err := os.ReadFile(log)
		if os.IsNotExist(err) {
			return nil
		}
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSpace(string(content)), "\n")
	}
}

// privateHome keeps the test from the user's files, and returns the home.
func privateHome(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", "")
	return home
}

// answering is a daemon that answers. What a script does not know fails, as with docker.
const answering = `
case "$*" in
version*) echo linux/amd64; exit ;;
esac
`

const unknown = `
echo "unknown: $*" >&2
exit 1
`
