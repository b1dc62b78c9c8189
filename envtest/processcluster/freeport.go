package processcluster

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// Ports for replicas to listen on are taken from below those that the kernel gives to outgoing connections (on Linux from 32768 on,
// net.ipv4.ip_local_port_range): such a connection would take a port between when it was found free and when the replica listens.
const (
	lowestPort  = 20000
	highestPort = 32000
)

// handedOut are the ports that this process has given to some replica: no other gets them.
var handedOut = struct {
	sync.Mutex
	ports map[int]bool
}{ports: map[int]bool{}}

// freePort is a port of the loopback address that is free, and that nobody else in this process was given.
func freePort() (int, error) {
	handedOut.Lock()
	defer handedOut.Unlock()
	// At random, since other processes look for ports, too.
	for range highestPort - lowestPort {
		port := lowestPort + rand.IntN(highestPort-lowestPort) //nolint:gosec // Nothing is secret about it.
		if handedOut.ports[port] || !bindable(port) {
			continue
		}
		handedOut.ports[port] = true
		return port, nil
	}
	return 0, errors.New("expected a free TCP port from " + strconv.Itoa(lowestPort) + " to " + strconv.Itoa(highestPort) + ", found none")
}

// bindable says whether somebody could listen on a port now.
func bindable(port int) bool {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	return err == nil && listener.Close() == nil
}
