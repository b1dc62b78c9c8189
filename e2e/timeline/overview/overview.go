// Package overview draws a folder of runs: the timeline of each, and a page over all of them.
package overview

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/report"
	"github.com/interregnum/interregnum/e2e/timeline"
)

// How the files are called: the page over all runs, and in the folder of each run its history and its row.
const (
	File        = "index.html"
	HistoryFile = "history.jsonl"
	RowFile     = "verdict.json"
)

// run is a run in the folder.
type run struct {
	// place is its folder, relative to the page, with slashes; cluster that of all runs beside it.
	place, cluster string
	row            report.Row
	// thumbnail is an element of a page; empty, where there is no history. path is that of the history.
	thumbnail, path string
}

// Keep keeps a row in the folder of its run, for the page over all runs: a history alone does not tell that a run was skipped, or that
// what broke is known.
func Keep(folder string, row report.Row) error {
	text, err := json.MarshalIndent(row, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, RowFile), append(text, '\n'), 0o644)
}

// Draw draws every history below a folder, and the page over them. It returns where that page is.
func Draw(folder string) (string, error) { return write(folder, true) }

// Write makes the page over all runs below a folder, whose timelines are drawn already, but for those that are not.
func Write(folder string) (string, error) { return write(folder, false) }

func write(folder string, anew bool) (string, error) {
	var runs []run
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		found, err := look(folder, path, anew)
		if found != nil {
			runs = append(runs, *found)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	if len(runs) == 0 {
		return "", fmt.Errorf("expected a folder with runs, found no %s below %s", HistoryFile, folder)
	}
	page := filepath.Join(folder, File)
	return page, timeline.Save(page, newPage(runs).write)
}

// look reads the run in a folder; nil, where there is none.
func look(top, folder string, anew bool) (*run, error) {
	place, err := filepath.Rel(top, folder)
	if err != nil {
		return nil, err
	}
	r := &run{place: filepath.ToSlash(place), cluster: filepath.ToSlash(filepath.Dir(place))}
	kept, err := os.ReadFile(filepath.Join(folder, RowFile))
	told := err == nil
	if told {
		if err := json.Unmarshal(kept, &r.row); err != nil {
			return nil, fmt.Errorf("%s: expected the row of a run: %w", filepath.Join(folder, RowFile), err)
		}
	}
	path := filepath.Join(folder, HistoryFile)
	if _, err := os.Stat(path); err != nil {
		if told {
			return r, nil
		}
		return nil, nil //nolint:nilnil // Most folders hold no run.
	}
	r.path = HistoryFile
	drawn, verdict, err := timelineOf(path)
	if err != nil {
		if !told { // What cannot be read has no verdict; the others have.
			r.row = report.Failed(r.place, err, path)
		}
		return r, nil
	}
	if !told {
		r.row = report.Judged(verdict, path)
	}
	r.thumbnail = drawn.Thumbnail(240, 54)
	_, missing := os.Stat(filepath.Join(folder, timeline.PageFile))
	if anew || errors.Is(missing, fs.ErrNotExist) {
		return r, drawn.SaveBeside(folder)
	}
	return r, nil
}

func timelineOf(path string) (*timeline.Timeline, invariant.Verdict, error) {
	saved, err := history.Load(path)
	if err != nil {
		return nil, invariant.Verdict{}, err
	}
	verdict, err := invariant.Judge(saved)
	if err != nil {
		return nil, verdict, err
	}
	return timeline.New(saved, verdict), verdict, nil
}
