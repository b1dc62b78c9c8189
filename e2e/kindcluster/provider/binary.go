package provider

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"strings"
)

// checkBinary says what keeps a binary from running in an image that has nothing else in it, on the platform given, like
// "linux/amd64".
func checkBinary(content []byte, platform string) error {
	file, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		return fmt.Errorf("expected a binary for Linux: %w", err)
	}
	// Linux has a number of its own, but nearly everybody leaves it at none.
	if file.OSABI != elf.ELFOSABI_NONE && file.OSABI != elf.ELFOSABI_LINUX {
		return fmt.Errorf("expected a binary for Linux, but it is for %v", file.OSABI)
	}
	if file.Type != elf.ET_EXEC && file.Type != elf.ET_DYN {
		return fmt.Errorf("expected a program, but it is %v", file.Type)
	}
	wanted := strings.TrimPrefix(platform, "linux/")
	if got := goarch(file.FileHeader); got != wanted {
		return fmt.Errorf("expected a binary for %s, which the Docker daemon runs, but it is for %s", wanted, got)
	}
	for _, part := range file.Progs {
		if part.Type == elf.PT_INTERP {
			return errors.New("expected a static binary, but it wants a dynamic loader and libraries, which its image does not have")
		}
	}
	return nil
}

// goarch is Go's name for the machine, or ELF's where there is none.
func goarch(header elf.FileHeader) string {
	little := header.Data == elf.ELFDATA2LSB
	switch header.Machine {
	case elf.EM_X86_64:
		return "amd64"
	case elf.EM_AARCH64:
		return "arm64"
	case elf.EM_386:
		return "386"
	case elf.EM_ARM:
		return "arm"
	case elf.EM_PPC64:
		if little {
			return "ppc64le"
		}
		return "ppc64"
	case elf.EM_S390:
		return "s390x"
	case elf.EM_RISCV:
		return "riscv64"
	case elf.EM_LOONGARCH:
		return "loong64"
	default:
		return header.Machine.String()
	}
}

func howToBuild(platform string) string {
	return "build it with CGO_ENABLED=0 GOOS=linux GOARCH=" + strings.TrimPrefix(platform, "linux/") + " go build"
}
