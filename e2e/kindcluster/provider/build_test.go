package provider

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
)

// program is the smallest file that passes for one, after the changes given.
func program(t *testing.T, change func(*elf.Header64, *elf.Prog64)) []byte {
	t.Helper()
	header := elf.Header64{
		Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT),
		Ehsize: 64, Phoff: 64, Phentsize: 56, Phnum: 1, Shentsize: 64,
	}
	copy(header.Ident[:], elf.ELFMAG)
	header.Ident[elf.EI_CLASS], header.Ident[elf.EI_DATA], header.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)
	segment := elf.Prog64{Type: uint32(elf.PT_LOAD)}
	if change != nil {
		change(&header, &segment)
	}
	var file bytes.Buffer
	for _, part := range []any{header, segment} {
		if err := binary.Write(&file, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	return file.Bytes()
}

func TestABinaryThatWouldNotRunInItsImageIsRefused(t *testing.T) {
	NewWithT(t).Expect(checkBinary(program(t, nil), "linux/amd64")).To(Succeed())
	for _, c := range []struct {
		name   string
		change func(*elf.Header64, *elf.Prog64)
		why    string
	}{
		{"for another machine", func(h *elf.Header64, _ *elf.Prog64) { h.Machine = uint16(elf.EM_AARCH64) }, "expected a binary for amd64, which the Docker daemon runs, but it is for arm64"},
		{"for an unknown machine", func(h *elf.Header64, _ *elf.Prog64) { h.Machine = uint16(elf.EM_AVR) }, "but it is for EM_AVR"},
		{"for FreeBSD", func(h *elf.Header64, _ *elf.Prog64) { h.Ident[elf.EI_OSABI] = byte(elf.ELFOSABI_FREEBSD) }, "ELFOSABI_FREEBSD"},
		{"no program", func(h *elf.Header64, _ *elf.Prog64) { h.Type = uint16(elf.ET_REL) }, "expected a program"},
		{"dynamic", func(_ *elf.Header64, p *elf.Prog64) { p.Type = uint32(elf.PT_INTERP) }, "expected a static binary"},
	} {
		t.Run(c.name, func(t *testing.T) {
			NewWithT(t).Expect(checkBinary(program(t, c.change), "linux/amd64")).To(MatchError(ContainSubstring(c.why)))
		})
	}
	NewWithT(t).Expect(checkBinary([]byte("#!/bin/sh\n"), "linux/amd64")).To(MatchError(ContainSubstring("expected a binary for Linux")))
	NewWithT(t).Expect(checkBinary(nil, "linux/amd64")).To(MatchError(ContainSubstring("expected a binary for Linux")))
}

func TestAnImageIsNamedAfterItsBinary(t *testing.T) {
	g := NewWithT(t)
	calls := fakeDocker(t, answering+`case "$*" in build*) cat >/dev/null ;; esac`)
	path := filepath.Join(t.TempDir(), "controller")
	g.Expect(os.WriteFile(path, program(t, nil), 0o600)).To(Succeed())
	first, err := BuildImage(t.Context(), path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(first).To(MatchRegexp(`^controller:[0-9a-f]{12}$`))
	g.Expect(calls()).To(ContainElement("build --tag " + first + " -"))
	g.Expect(BuildImage(t.Context(), path)).To(Equal(first))

	g.Expect(os.WriteFile(path, append(program(t, nil), 0), 0o600)).To(Succeed())
	g.Expect(BuildImage(t.Context(), path)).NotTo(Equal(first))
}

func TestABinaryThatCannotBeUsedIsExplained(t *testing.T) {
	g := NewWithT(t)
	fakeDocker(t, answering+unknown)
	how := ContainSubstring("CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build")
	_, err := BuildImage(t.Context(), filepath.Join(t.TempDir(), "nothing"))
	g.Expect(err).To(MatchError(And(ContainSubstring("no such file"), how)))
	path := filepath.Join(t.TempDir(), "controller")
	g.Expect(os.WriteFile(path, program(t, func(_ *elf.Header64, p *elf.Prog64) { p.Type = uint32(elf.PT_INTERP) }), 0o600)).To(Succeed())
	_, err = BuildImage(t.Context(), path)
	g.Expect(err).To(MatchError(And(HavePrefix(path), ContainSubstring("expected a static binary"), how)))
	g.Expect(os.WriteFile(path, program(t, nil), 0o600)).To(Succeed())
	_, err = BuildImage(t.Context(), path)
	g.Expect(err).To(MatchError(And(ContainSubstring("building the image controller:"), ContainSubstring("unknown: build"))))
}
