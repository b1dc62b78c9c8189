package binary

import (
	"bufio"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// machines are the architectures that Go knows, as the header of an ELF file names them.
var machines = map[string]elf.Machine{
	"386": elf.EM_386, "amd64": elf.EM_X86_64, "arm": elf.EM_ARM, "arm64": elf.EM_AARCH64, "loong64": elf.EM_LOONGARCH,
	"ppc64le": elf.EM_PPC64, "riscv64": elf.EM_RISCV, "s390x": elf.EM_S390,
}

// forThisMachine says why this machine cannot run a program: it is for another system or architecture, or a script of an interpreter
// that is not here. What it does not know it leaves to the kernel.
func forThisMachine(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // It was only read.
	here := runtime.GOOS + "/" + runtime.GOARCH
	if is, err := elf.NewFile(file); err == nil {
		if want, known := machines[runtime.GOARCH]; runtime.GOOS == "darwin" || known && is.Machine != want {
			return fmt.Errorf("%s is for another machine (ELF, %v), and this one is %s", path, is.Machine, here)
		}
		return nil
	}
	if is, err := pe.NewFile(file); err == nil && runtime.GOOS != "windows" {
		return fmt.Errorf("%s is for Windows (machine %#x), and this machine is %s", path, is.Machine, here)
	}
	if is, err := macho.NewFile(file); err == nil && runtime.GOOS != "darwin" {
		return fmt.Errorf("%s is for macOS (Mach-O, %v), and this machine is %s", path, is.Cpu, here)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	line, err := bufio.NewReader(io.LimitReader(file, 1024)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	interpreter, is := strings.CutPrefix(line, "#!")
	switch words := strings.Fields(interpreter); {
	case is && len(words) > 0:
		if _, err := exec.LookPath(words[0]); err != nil {
			return fmt.Errorf("%s is a script of %s, which this machine lacks: %w", path, words[0], err)
		}
	case runtime.GOOS == "linux":
		return fmt.Errorf("%s is neither a program (ELF) nor a script that names its interpreter (#!)", path)
	}
	return nil
}
