package timeline

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// How the files are called that are kept beside a history.
const (
	PageFile    = "timeline.html"
	PictureFile = "timeline.svg"
)

// Save writes a file, whole or not at all, by a function such as [Timeline.Page].
func Save(path string, write func(io.Writer) error) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("saving a timeline: %w", err)
	}
	defer func() {
		if err != nil {
			_ = file.Close() // It may be closed already; what counts is that it is gone.
			err = errors.Join(fmt.Errorf("saving a timeline: %w", err), os.Remove(file.Name()))
		}
	}()
	if err := write(file); err != nil {
		return err
	}
	if err := file.Chmod(0o644); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// SaveBeside keeps the page and the picture in the folder of a history.
func (t *Timeline) SaveBeside(folder string) error {
	return errors.Join(Save(filepath.Join(folder, PageFile), t.Page), Save(filepath.Join(folder, PictureFile), t.SVG))
}
