package processcluster

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"syscall"
)

// heldPort is kept from others for a server that is to come back to it: in the meantime the system might give it to anybody who
// asks for a free one. It does not listen, so that who connects is refused, as if nobody had it.
type heldPort struct{ socket int }

// holdPort holds a port of an IPv4 address.
func holdPort(address, port string) (*heldPort, error) {
	ip, err := netip.ParseAddr(address)
	if err != nil || !ip.Is4() {
		return nil, fmt.Errorf("holding a port: expected an IPv4 address, got %q: %w", address, err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("holding a port: %w", err)
	}
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, fmt.Errorf("holding a port: %w", err)
	}
	syscall.CloseOnExec(socket)
	// The connections of the server that has gone may not be at their ends.
	err = errors.Join(
		syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1),
		syscall.Bind(socket, &syscall.SockaddrInet4{Port: number, Addr: ip.As4()}))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("holding port %d: %w", number, err), syscall.Close(socket))
	}
	return &heldPort{socket: socket}, nil
}

// release gives it up. None needs none, and once is enough.
func (h *heldPort) release() error {
	if h == nil || h.socket < 0 {
		return nil
	}
	socket := h.socket
	h.socket = -1
	if err := syscall.Close(socket); err != nil {
		return fmt.Errorf("giving a port up: %w", err)
	}
	return nil
}
