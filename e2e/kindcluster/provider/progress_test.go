package provider

import (
	"bytes"
	"testing"

	. "github.com/onsi/gomega"
)

func TestALogFileGetsPlainLines(t *testing.T) {
	var out bytes.Buffer
	logger := newProgress(&out).logger()
	logger.V(0).Infof("Creating cluster %q ...\n", "some")
	logger.V(0).Infof(" • %s  ...\n", "Preparing nodes 📦 📦 ")
	logger.V(0).Infof(" ✓ %s\n", "Preparing nodes 📦 📦 ")
	logger.V(0).Infof(" • %s  ...\n", "Starting control-plane 🕹️")
	logger.V(0).Infof(" ✗ %s\n", "Starting control-plane 🕹️")
	logger.V(1).Info("details")
	logger.Warn("careful:\n\ntwo lines")
	logger.Errorf("%d%%", 7)
	NewWithT(t).Expect(out.String()).To(Equal(`kind: Creating cluster "some" ...
kind: Preparing nodes ...
kind: Starting control-plane ...
kind: failed: Starting control-plane
kind: careful:
kind: two lines
kind: 7%
`))
}

func TestNobodyNeedsToListen(t *testing.T) {
	newProgress(nil).say("%s", "hello")
}
