package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/interregnum/interregnum/e2e/binary"
	"github.com/interregnum/interregnum/e2e/explore"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject/manager"
	"github.com/interregnum/interregnum/envtest/simcluster"
	"github.com/interregnum/interregnum/envtest/simcluster/bubble"
)

// asWorker is the command by which this program runs schedules for another of its kind.
const asWorker = "explore-worker"

func workerCommand() *cobra.Command {
	return &cobra.Command{
		Use: asWorker, Hidden: true, Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return serve(func(in io.Reader, out io.Writer, within func(func(context.Context))) error {
				return explore.Serve(in, out, world(simcluster.Controller, within))
			})
		},
	}
}

// serve has this program be a worker, in virtual time.
func serve(work func(in io.Reader, out io.Writer, within func(func(context.Context))) error) error {
	signal.Ignore(os.Interrupt, syscall.SIGTERM) // It ends when the one does that it works for.
	debug.SetTraceback("all")
	in, out := os.Stdin, os.Stdout // Within the bubbles, standard output is none.
	var served error
	if err := bubble.Host(func(within func(func(context.Context))) { served = work(in, out, within) }); err != nil {
		return failed(err)
	}
	if served != nil {
		return failed(served)
	}
	return nil
}

// world is virtual time.
func world(runs simcluster.Manager, within func(func(context.Context))) explore.World {
	return explore.World{
		Subject: manager.New(binary.ThisProgram(), nil),
		Open: func(s explore.Schedule, observer *observe.Observer) scenario.Cluster {
			cluster := simcluster.New(observer, runs)
			cluster.Lay(func(replica string) simcluster.Way {
				link := s.Links[replica]
				return simcluster.Way{Latency: link.Latency, Jitter: link.Jitter, Seed: s.Seed}
			})
			cluster.Wind(func(replica string) float64 { return s.Clocks[replica] })
			return cluster
		},
		Within: within,
	}
}

// patience is how long a run may take: one of eight faults takes a tenth of a second.
const patience = 60 * time.Second

// workers are so many of this program.
func workers(count int) *explore.Workers {
	return explore.NewWorkers(count, patience, func() *exec.Cmd { return itselfAs(asWorker) })
}

// itselfAs is a command of this very program.
func itselfAs(args ...string) *exec.Cmd {
	path, err := os.Executable()
	if err != nil {
		path = os.Args[0]
	}
	return exec.Command(path, args...)
}
