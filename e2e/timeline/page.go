package timeline

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"strings"
)

//go:embed page
var page embed.FS

// scripts are the parts of the page's program, in the order in which they are read.
var scripts = []string{
	"data.js", "find.js", "view.js", "colours.js", "lanes.js", "marks.js", "draw.js", "breaches.js", "axis.js",
	"words.js", "verdict.js", "details.js", "table.js", "search.js", "input.js", "keys.js", "main.js",
}

// Page writes the timeline as one HTML file, which needs nothing else: no network, no other file.
//
// Whatever is in a history, it is no program: it stands in the file as JSON, which the page's own program only ever shows as text;
// and the page's content security policy allows that program, by its checksum, and no other.
func (t *Timeline) Page(out io.Writer) error {
	data, err := t.encode()
	if err != nil {
		return fmt.Errorf("putting the timeline into a page: %w", err)
	}
	style, program := part("style.css"), "\n(() => {\n'use strict';\n"
	for _, name := range scripts {
		program += part(name)
	}
	program += "})();\n"
	return Fill(out, part("page.html"), map[string]string{
		"TITLE":  html.EscapeString(fmt.Sprintf("%s: %s", t.Scenario, t.Outcome)),
		"POLICY": html.EscapeString(Policy("script-src "+Checksum(program), "style-src "+Checksum(style))),
		"STYLE":  style, "DATA": string(data), "PROGRAM": program,
	})
}

// Policy is a content security policy that allows what is named, and nothing else.
func Policy(allowed ...string) string {
	return strings.Join(append([]string{"default-src 'none'", "base-uri 'none'", "form-action 'none'"}, allowed...), "; ")
}

// Checksum names a part of a page in its content security policy.
func Checksum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// Fill writes a template in which each name between {{ and }} is replaced, once, so that nothing within what is put in is.
func Fill(out io.Writer, template string, values map[string]string) error {
	var pairs []string
	for name, value := range values {
		pairs = append(pairs, "{{"+name+"}}", value)
	}
	_, err := strings.NewReplacer(pairs...).WriteString(out, template)
	return err
}

// part is a file that is a part of the page. That it is there is known when this is built.
func part(name string) string {
	text, err := page.ReadFile("page/" + name)
	if err != nil {
		panic(err)
	}
	return string(text)
}
