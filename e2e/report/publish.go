package report

import (
	"errors"
	"os"
	"path/filepath"
)

// Publish keeps a text as the file, whose folder it makes, and adds it to a summary, which other steps of a job and other suites write
// to as well; empty for none. For a job of GitHub's that is the file that GITHUB_STEP_SUMMARY names.
func Publish(text, file, summary string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return err
	}
	if summary == "" {
		return nil
	}
	all, err := os.OpenFile(summary, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = all.WriteString(text)
	return errors.Join(err, all.Close())
}
