package file

import (
	"fmt"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// kustomized is what kubectl kustomize prints of a folder.
func kustomized(folder string) (string, error) {
	made, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		return "", fmt.Errorf("expected a folder with a kustomization: %w", err)
	}
	text, err := made.AsYaml()
	return string(text), err
}
