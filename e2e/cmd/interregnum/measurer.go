package main

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/interregnum/interregnum/e2e/binary"
	"github.com/interregnum/interregnum/e2e/measure"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject/manager"
	"github.com/interregnum/interregnum/e2e/worker"
	"github.com/interregnum/interregnum/envtest/simcluster"
)

// asMeasurer is the command by which this program makes runs for another of its kind.
const asMeasurer = "measure-worker"

// link is how long a request takes in virtual time, and an answer.
const link = time.Millisecond

func measurerCommand() *cobra.Command {
	return &cobra.Command{
		Use: asMeasurer, Hidden: true, Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return serve(func(in io.Reader, out io.Writer, within func(func(context.Context))) error {
				runs := measure.Virtual{
					Subject: manager.New(binary.ThisProgram(), nil), Within: within, Folder: args[0],
					Open: func(observer *observe.Observer) scenario.Cluster {
						cluster := simcluster.New(observer, simcluster.Controller)
						// Where requests took no time, one that is made again at once would be made for ever.
						cluster.Lay(func(string) simcluster.Way { return simcluster.Way{Latency: link} })
						return cluster
					},
				}
				return worker.Serve(in, out, runs.Run)
			})
		},
	}
}
