// Package file reads subjects from files: what anybody writes who points the harness at a controller of his own. See README.md for
// the fields, and e2e/examples for whole files.
package file
