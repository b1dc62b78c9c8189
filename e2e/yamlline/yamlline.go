// Package yamlline says where in a YAML file something stands, for errors that name the line.
package yamlline

import "go.yaml.in/yaml/v3"

// Of is the line of a part of a file, found by its path: names of fields, and numbers of entries in lists (from 0). Of a path whose last
// parts are missing it is that of the last one that is there.
func Of(root *yaml.Node, path ...any) int {
	node := root
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	line := max(node.Line, 1)
	for _, part := range path {
		var next *yaml.Node
		switch part := part.(type) {
		case string:
			for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
				if node.Content[i].Value == part {
					next, line = node.Content[i+1], node.Content[i].Line
				}
			}
		case int:
			if node.Kind == yaml.SequenceNode && part < len(node.Content) {
				next = node.Content[part]
				line = next.Line
			}
		}
		if next == nil {
			return line
		}
		node = next
	}
	return line
}
