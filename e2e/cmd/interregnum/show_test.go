package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

// oneRun is a folder with one run, and its history.
func oneRun(t *testing.T) (folder, path string) {
	t.Helper()
	folder = t.TempDir()
	out, errs, code := said(t, "run", "--focus", "leader killed", "--report-dir", folder)
	NewWithT(t).Expect(code).To(Equal(exitHeld), out+errs)
	return folder, filepath.Join(folder, "sim-production", "leader-killed", "history.jsonl")
}

func TestARunIsDrawn(t *testing.T) {
	folder, path := oneRun(t)
	g := NewWithT(t)
	beside := filepath.Dir(path)
	for _, name := range []string{"timeline.html", "timeline.svg", "verdict.json"} {
		g.Expect(filepath.Join(beside, name)).To(BeARegularFile(), "each run does")
	}
	index := filepath.Join(folder, "index.html")
	g.Expect(os.ReadFile(index)).To(ContainSubstring(`<a href="./sim-production/leader-killed/timeline.html">leader killed</a>`))

	page, picture := filepath.Join(beside, "timeline.html"), filepath.Join(beside, "timeline.svg")
	for _, file := range []string{page, picture, index} {
		g.Expect(os.Remove(file)).To(Succeed())
	}
	out, errs, code := said(t, "show", path)
	g.Expect(code).To(Equal(exitHeld), out+errs)
	g.Expect(errs).To(Equal("written: " + page + "\n"))
	g.Expect(os.ReadFile(page)).To(HavePrefix("<!doctype html>"))
	g.Expect(picture).NotTo(BeAnExistingFile())

	_, errs, code = said(t, "show", "--svg", path)
	g.Expect(code).To(Equal(exitHeld), errs)
	g.Expect(os.ReadFile(picture)).To(HavePrefix("<svg "))

	out, errs, code = said(t, "show", "--svg", "-o", "-", path)
	g.Expect(code).To(Equal(exitHeld), errs)
	g.Expect(out).To(HavePrefix("<svg "))
	elsewhere := filepath.Join(t.TempDir(), "picture.html")
	_, errs, code = said(t, "show", "-o", elsewhere, path)
	g.Expect(code).To(Equal(exitHeld), errs)
	g.Expect(os.ReadFile(elsewhere)).To(Equal(content(t, page)))

	_, errs, code = said(t, "show", folder)
	g.Expect(code).To(Equal(exitHeld), errs)
	g.Expect(errs).To(Equal("written: " + index + "\n"))
	g.Expect(index).To(BeARegularFile())
}

func content(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return text
}

func TestWhatCannotBeShown(t *testing.T) {
	folder, path := oneRun(t)
	torn := filepath.Join(t.TempDir(), "history.jsonl")
	NewWithT(t).Expect(os.WriteFile(torn, content(t, path)[:5000], 0o600)).To(Succeed())
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"nothing":                     {[]string{"show"}, exitUsage, "requires at least 1 arg"},
		"two histories in one file":   {[]string{"show", "-o", "x.html", path, path}, exitUsage, "--output: expected one history, got 2"},
		"a folder as a still picture": {[]string{"show", "--svg", folder}, exitUsage, "expected a history with --output or --svg, got the folder"},
		"what is not there":           {[]string{"show", "/nowhere"}, exitUnknown, "expected a history or a folder with some"},
		"a folder without runs":       {[]string{"show", t.TempDir()}, exitUnknown, "found no history.jsonl below"},
		"a history that is cut short": {[]string{"show", torn}, exitUnknown, "it is cut short"},
	} {
		t.Run(name, func(t *testing.T) {
			_, errs, code := said(t, c.args...)
			NewWithT(t).Expect(code).To(Equal(c.code), errs)
			NewWithT(t).Expect(errs).To(ContainSubstring(c.says))
		})
	}
	// What can be drawn is, beside what cannot.
	_, errs, code := said(t, "show", torn, path)
	NewWithT(t).Expect(code).To(Equal(exitUnknown))
	NewWithT(t).Expect(errs).To(ContainSubstring("written: "))
}

// Opening is the system's: this one has a browser that writes down what it is given.
func TestOpen(t *testing.T) {
	_, path := oneRun(t)
	g := NewWithT(t)
	bin := t.TempDir()
	given := filepath.Join(bin, "given")
	for _, name := range []string{"xdg-open", "open"} {
		g.Expect(os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\nprintf %s \"$1\" >"+given+"\n"), 0o700)).To(Succeed()) //nolint:gosec // It is to be run.
	}
	c := command(t, "show", "--open", path)
	c.Env = append(c.Env, "PATH="+bin+":"+os.Getenv("PATH"))
	_, errs, code := saidBy(t, c)
	g.Expect(code).To(Equal(exitHeld), errs)
	g.Expect(string(content(t, given))).To(Equal(strings.TrimSuffix(path, "history.jsonl") + "timeline.html"))

	c = command(t, "show", "--open", path)
	c.Env = append(c.Env, "PATH="+t.TempDir())
	_, errs, code = saidBy(t, c)
	g.Expect(code).To(Equal(exitUnknown))
	g.Expect(errs).To(And(ContainSubstring("--open: "), ContainSubstring("open "+filepath.Dir(path))))
}

// Skips take one line; -v tells which, and why.
func TestSkipsTakeOneLine(t *testing.T) {
	g := NewWithT(t)
	out, errs, code := said(t, "run", "--focus", "leader's node", "--report-dir", t.TempDir())
	g.Expect(code).To(Equal(exitHeld), errs)
	g.Expect(out).To(And(MatchRegexp(`\n\d+ skipped, because the cluster or the subject is not made for them \(-v tells which; with make: VERBOSE=1\)\n`), Not(ContainSubstring("virtual time"))))
	out, _, _ = said(t, "run", "-v", "--focus", "leader's node", "--report-dir", t.TempDir())
	g.Expect(out).To(ContainSubstring("skipped: leader's node drained: needs"))
}
