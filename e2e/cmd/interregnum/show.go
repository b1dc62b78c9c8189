package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/timeline"
	"github.com/interregnum/interregnum/e2e/timeline/overview"
)

func showCommand() *cobra.Command {
	var s show
	command := &cobra.Command{
		Use:   "show HISTORY...",
		Short: "Draw saved histories as timelines",
		Long: "Draws each history as a timeline: a page that needs no network and no other file, beside the history, or a still picture with --svg.\n" +
			"Of a folder it draws every history in it, and makes a page over all of them (" + overview.File + ").\n\n" +
			"Exit codes: 0 it was drawn, whatever the verdict; 2 something could not be drawn; 3 wrong usage.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, paths []string) error { return s.run(paths) },
	}
	command.Flags().StringVarP(&s.out, "output", "o", "", "the file to write (- for standard output), of one history (default: "+timeline.PageFile+" or "+timeline.PictureFile+" beside it)")
	command.Flags().BoolVar(&s.svg, "svg", false, "draw a still picture (SVG), for a README, an issue or a summary")
	command.Flags().BoolVar(&s.open, "open", false, "open it in the browser")
	return command
}

// show is what interregnum show is told.
type show struct {
	out       string
	svg, open bool
}

func (s show) run(paths []string) error {
	if s.out != "" && len(paths) > 1 {
		return fmt.Errorf("--output: expected one history, got %d", len(paths))
	}
	var failures error
	last := ""
	for _, path := range paths {
		written, err := s.one(path)
		if _, wrong := errors.AsType[usage](err); wrong {
			return err
		}
		if err != nil {
			failures = errors.Join(failures, failed(err))
			continue
		}
		if written != "" {
			fmt.Fprintln(os.Stderr, "written:", written)
			last = written
		}
	}
	if s.open && last != "" {
		if err := openInBrowser(last); err != nil {
			failures = errors.Join(failures, failed(fmt.Errorf("--open: %w: open %s yourself", err, last)))
		}
	}
	return failures
}

// one draws what is at a path, and says where.
func (s show) one(path string) (written string, err error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", fmt.Errorf("expected a history or a folder with some: %w", err)
	case info.IsDir() && (s.out != "" || s.svg):
		return "", usage{fmt.Errorf("expected a history with --output or --svg, got the folder %s", path)}
	case info.IsDir():
		return overview.Draw(path)
	}
	saved, err := history.Load(path)
	if err != nil {
		return "", err
	}
	verdict, err := invariant.Judge(saved)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	drawn := timeline.New(saved, verdict)
	write, name := drawn.Page, timeline.PageFile
	if s.svg {
		write, name = drawn.SVG, timeline.PictureFile
	}
	out := s.out
	switch out {
	case "-":
		return "", write(os.Stdout)
	case "":
		out = filepath.Join(filepath.Dir(path), name)
	}
	return out, timeline.Save(out, write)
}

// openInBrowser has the system open a file; it does not wait until it is closed.
func openInBrowser(path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	name, args := "xdg-open", []string{path}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", path}
	}
	command := exec.Command(name, args...)
	command.Stdout, command.Stderr = io.Discard, io.Discard
	return command.Run()
}
