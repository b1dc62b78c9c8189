package processcluster

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
)

// role is what this test binary is to be instead of the tests: a program that they start.
const role = "INTERREGNUM_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "harness":
		mortalHarness()
	case "etcd":
		healthyEtcd()
	default:
		os.Exit(m.Run())
	}
}

// healthyEtcd is healthy, and nothing else.
func healthyEtcd() {
	for _, arg := range os.Args {
		if url, is := strings.CutPrefix(arg, "--listen-client-urls=http://"); is {
			fmt.Fprintln(os.Stderr, http.ListenAndServe(url, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))) //nolint:gosec // A stub.
		}
	}
	os.Exit(1)
}

// script writes a program.
func script(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
}
